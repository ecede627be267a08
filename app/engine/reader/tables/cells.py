"""Builds a table from a grid and the text within it."""

from collections.abc import Sequence

from app.domain.documents.tables import Cell, Table
from app.engine.reader.tables.bordered import Grid
from app.engine.reader.tables.text_boxes import Skew, TextBox, cut_at, joined

MIN_FULL, FULL = 3, 0.35
"""Minimum number and fraction of cells with text: a box around a paragraph or the panes of a picture is no table."""
USED = 0.5
"""Minimum fraction of rows, and of columns, in which a text begins; the lines of a picture enclose little text."""


def bordered_table(grid: Grid, text_boxes: Sequence[TextBox], skew: Skew) -> tuple[Table, list[TextBox]] | None:
    """Return the table and the text boxes in it; None if the lines enclose too little text."""
    rows, columns = len(grid.down) - 1, len(grid.across) - 1
    areas = _areas(grid, rows, columns)
    inside = [text_box for text_box in text_boxes if _is_inside(text_box, grid)]
    texts: dict[tuple[int, int], list[TextBox]] = {}
    for text_box in inside:
        row = _interval(grid.down, text_box.middle)
        edges = [grid.across[column + 1] for column in range(columns - 1) if grid.right_of[row, column]]
        for segment in cut_at(text_box, edges):
            column = _interval(grid.across, (segment.left + segment.right) / 2)
            texts.setdefault(areas[row, column], []).append(segment)
    cells = []
    for first in sorted(set(areas.values())):
        positions = [position for position, area in areas.items() if area == first]
        last_row, last_column = max(row for row, _ in positions), max(column for _, column in positions)
        (top, left), bottom, right = first, last_row + 1, last_column + 1
        box = skew.box(grid.across[left], grid.down[top], grid.across[right], grid.down[bottom])
        text = joined(texts.get(first, []))
        cells.append(Cell(top, left, text, box, bottom - top, right - left))
    full = [cell for cell in cells if cell.text]
    if len(full) < max(MIN_FULL, FULL * len(cells)):
        return None
    if len({cell.row for cell in full}) < USED * rows or len({cell.column for cell in full}) < USED * columns:
        return None
    whole = skew.box(grid.across[0], grid.down[0], grid.across[-1], grid.down[-1])
    return Table(rows, columns, tuple(cells), whole, is_ruled=True), inside


def _areas(grid: Grid, rows: int, columns: int) -> dict[tuple[int, int], tuple[int, int]]:
    """Map each position of the grid to the first position of its cell; cells are rectangles."""
    areas: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(rows):
        for column in range(columns):
            if (row, column) in areas:
                continue
            last = column
            while last + 1 < columns and not grid.right_of[row, last] and (row, last + 1) not in areas:
                last += 1
            bottom = row
            while bottom + 1 < rows and not any(grid.below[bottom, position] for position in range(column, last + 1)):
                bottom += 1
            for covered in range(row, bottom + 1):
                for position in range(column, last + 1):
                    areas[covered, position] = (row, column)
    return areas


def _is_inside(text_box: TextBox, grid: Grid) -> bool:
    x = (text_box.left + text_box.right) / 2
    return grid.across[0] <= x <= grid.across[-1] and grid.down[0] <= text_box.middle <= grid.down[-1]


def _interval(edges: Sequence[float], value: float) -> int:
    """Return the index of the interval between `edges` that holds `value`."""
    return min(max(sum(edge <= value for edge in edges) - 1, 0), len(edges) - 2)
