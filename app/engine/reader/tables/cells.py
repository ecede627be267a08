"""From a grid, and the text within it, to a table."""

from collections.abc import Sequence

from app.domain.tables import Cell, Table
from app.engine.reader.tables.pieces import Piece, Tilt, cut_at, joined
from app.engine.reader.tables.ruled import Grid

LEAST_FULL, FULL = 3, 0.35
"""Cells with text, and their share of all; a box around a paragraph is no table, nor are the panes of a picture."""
USED = 0.5
"""Of the rows, and of the columns, that a text begins in; the lines of a picture close in nothing elsewhere."""


def ruled_table(grid: Grid, pieces: Sequence[Piece], tilt: Tilt) -> tuple[Table, list[Piece]] | None:
    """The table with the pieces that are in it; None where the lines close in too little text."""
    rows, columns = len(grid.down) - 1, len(grid.across) - 1
    areas = _areas(grid, rows, columns)
    inside = [piece for piece in pieces if _is_inside(piece, grid)]
    texts: dict[tuple[int, int], list[Piece]] = {}
    for piece in inside:
        row = _place(grid.down, piece.middle)
        edges = [grid.across[column + 1] for column in range(columns - 1) if grid.right_of[row, column]]
        for part in cut_at(piece, edges):
            column = _place(grid.across, (part.left + part.right) / 2)
            texts.setdefault(areas[row, column], []).append(part)
    cells = []
    for first in sorted(set(areas.values())):
        places = [place for place, area in areas.items() if area == first]
        last_row, last_column = max(row for row, _ in places), max(column for _, column in places)
        (top, left), bottom, right = first, last_row + 1, last_column + 1
        box = tilt.box(grid.across[left], grid.down[top], grid.across[right], grid.down[bottom])
        text = joined(texts.get(first, []))
        cells.append(Cell(top, left, text, box, bottom - top, right - left))
    full = [cell for cell in cells if cell.text]
    if len(full) < max(LEAST_FULL, FULL * len(cells)):
        return None
    if len({cell.row for cell in full}) < USED * rows or len({cell.column for cell in full}) < USED * columns:
        return None
    whole = tilt.box(grid.across[0], grid.down[0], grid.across[-1], grid.down[-1])
    return Table(rows, columns, tuple(cells), whole, is_ruled=True), inside


def _areas(grid: Grid, rows: int, columns: int) -> dict[tuple[int, int], tuple[int, int]]:
    """The first place of the cell that each place of the grid belongs to; cells are rectangles."""
    areas: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(rows):
        for column in range(columns):
            if (row, column) in areas:
                continue
            last = column
            while last + 1 < columns and not grid.right_of[row, last] and (row, last + 1) not in areas:
                last += 1
            bottom = row
            while bottom + 1 < rows and not any(grid.below[bottom, place] for place in range(column, last + 1)):
                bottom += 1
            for covered in range(row, bottom + 1):
                for place in range(column, last + 1):
                    areas[covered, place] = (row, column)
    return areas


def _is_inside(piece: Piece, grid: Grid) -> bool:
    x = (piece.left + piece.right) / 2
    return grid.across[0] <= x <= grid.across[-1] and grid.down[0] <= piece.middle <= grid.down[-1]


def _place(edges: Sequence[float], value: float) -> int:
    """The number of the gap between `edges` that holds `value`."""
    return min(max(sum(edge <= value for edge in edges) - 1, 0), len(edges) - 2)
