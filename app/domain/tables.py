"""Tables as they stand on an image: rows and columns of cells, some of which span several."""

from dataclasses import dataclass

from app.domain.regions import Box


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `row` and `column` count from 0 and are those of its top left corner, `box` is in pixels."""

    row: int
    column: int
    text: str
    box: Box
    row_span: int = 1
    column_span: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """`cells` by row, then by column; a place that no cell covers is empty. `box` is in pixels."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    box: Box
    is_ruled: bool

    def grid(self) -> list[list[str]]:
        """The texts by row and column; a cell that spans several stands in its first place, the others are empty."""
        texts = [[""] * self.columns for _ in range(self.rows)]
        for cell in self.cells:
            texts[cell.row][cell.column] = cell.text
        return texts
