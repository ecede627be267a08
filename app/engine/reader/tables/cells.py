"""Makes the cells of a table from its lines, rows and columns: those that span columns, and those that span rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.engine.reader.tables.columns import Fragment
from app.engine.reader.tables.rows import Line, goes_on, ruled_below
from app.engine.reader.text_boxes import TextBox


@dataclass(slots=True)
class GridCell:
    """A cell at a row and column, both from 0, with the words of its lines."""

    row: int
    column: int
    row_span: int
    column_span: int
    words: list[Sequence[TextBox]]

    @property
    def text(self) -> str:
        """The words, joined with spaces."""
        return " ".join(word.text for words in self.words for word in words)


def cells_of(lines: Sequence[Line], grouped: Sequence[Sequence[int]], header_rows: int, columns: int) -> list[GridCell]:
    """Return the cells, empty ones included: no position is left without one. `grouped` has each row's lines."""
    grid = _Grid()
    for row, numbers in enumerate(grouped):
        fragments = [f for number in numbers for f in lines[number].fragments]
        for fragment in fragments:
            grid.add(row, fragment, _last_column(fragment, fragments, is_header=row < header_rows))
    ruled = [ruled_below(lines, numbers) for numbers in grouped]
    for column in range(columns):
        # Header cells reach over the header's rows where no rule parts them.
        is_open = [column not in below for below in ruled]
        grid.span_rows(column, range(header_rows), is_open, bool)
    for column in range(columns - 1):
        # Cells of the first columns reach over the rows whose rules leave those columns out.
        others = set(range(column + 1, columns))
        is_open = [column not in below and others <= below for below in ruled]
        grid.span_rows(column, range(header_rows, len(grouped)), is_open, _go_on)
    return grid.filled(len(grouped), columns)


class _Grid:
    """The cells by the place of their top left corner, and which cell has each place."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], GridCell] = {}
        self._owner: dict[tuple[int, int], GridCell] = {}

    def add(self, row: int, fragment: Fragment, last: int) -> None:
        """Add a text to the cell at its first column, or make one up to its last column."""
        first = fragment.first
        if (row, first) not in self._cells:
            cell = self._cells[row, first] = GridCell(row, first, 1, last - first + 1, [])
            self._owner.update({(row, column): cell for column in range(first, last + 1)})
        self._cells[row, first].words.append(fragment.words)

    def span_rows(
        self, column: int, rows: range, is_open: Sequence[bool], are_one: Callable[[Sequence[GridCell]], bool]
    ) -> None:
        """Make one cell of those of a column in successive rows that are open to the next, if they are one."""
        first = rows.start
        while first < rows.stop:
            last = first
            while last + 1 < rows.stop and is_open[last]:
                last += 1
            held = [cell for row in range(first, last + 1) if (cell := self._owner.get((row, column)))]
            if last > first and are_one(held) and all(cell.column_span == 1 for cell in held):
                self._unite(range(first, last + 1), column, held)
            first = last + 1

    def _unite(self, rows: range, column: int, held: Sequence[GridCell]) -> None:
        for cell in held:
            del self._cells[cell.row, cell.column]
        united = GridCell(rows.start, column, len(rows), 1, [words for cell in held for words in cell.words])
        self._cells[rows.start, column] = united
        self._owner.update({(row, column): united for row in rows})

    def filled(self, rows: int, columns: int) -> list[GridCell]:
        """Return the cells, with empty ones at the places that none has."""
        places = [(row, column) for row in range(rows) for column in range(columns)]
        free = [GridCell(*place, 1, 1, []) for place in places if place not in self._owner]
        return [*self._cells.values(), *free]


def _last_column(fragment: Fragment, row: Sequence[Fragment], *, is_header: bool) -> int:
    """Return the last column of a text's cell: its first one if it merely runs over into columns of others."""
    first, last = fragment.first, fragment.last
    if first == last:
        return last
    beside = [f for f in row if f is not fragment and f.first <= last and f.last >= first]
    if any((f.first, f.last) != (first, last) for f in beside):
        return first
    return last if is_header or first or beside else first


def _go_on(cells: Sequence[GridCell]) -> bool:
    """Return whether the texts of cells go on in one another."""
    return bool(cells) and all(goes_on(cell.text) for cell in cells[1:])
