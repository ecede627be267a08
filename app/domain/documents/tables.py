"""Tables on an image: rows and columns of cells, some of which span several."""

from dataclasses import dataclass

from app.domain.images.geometry import Box


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; `row` and `column` count from 0 and are those of its top left corner, `box` is in pixels."""

    row: int
    column: int
    text: str
    box: Box
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table: `cells` by row, then by column; positions that no cell covers are empty. `box` is in pixels."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    box: Box
    is_ruled: bool

    def grid(self) -> list[list[str]]:
        """Return the texts by row and column; a spanning cell's text is at its first position, the others are empty."""
        texts = [[""] * self.columns for _ in range(self.rows)]
        for cell in self.cells:
            texts[cell.row][cell.column] = cell.text
        return texts
