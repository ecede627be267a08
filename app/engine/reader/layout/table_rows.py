"""Puts the lines of tables back into rows: columns of long cells look like columns of prose."""

from collections.abc import Sequence
from functools import cmp_to_key

from app.domain.documents.tables import Table
from app.domain.images.geometry import Box
from app.engine.reader.layout.line_boxes import deskewed
from app.engine.reader.recognise import OcrLine
from app.engine.reader.text_boxes import rows_of

MAX_LINES = 1.25
"""Maximum number of lines for each filled cell; where cells have several lines, rows of lines say less than they do."""


MIN_BESIDE = 0.5
"""Fraction of the lower one's height that two tables beside one another share, as those of facing pages do."""


def by_tables(rows: Sequence[Sequence[OcrLine]], tables: Sequence[Table]) -> list[list[OcrLine]]:
    """Return the rows with each table read row by row, where the first of its lines stood.

    A table that is read row by row as it is stays where it is: its box may have only a part of the rows. Of tables
    beside one another, as on facing pages, each is read as a whole, the left one first.
    """
    ordered = [list(row) for row in rows]
    for table in sorted(tables, key=cmp_to_key(_before)):
        within = [[line for line in row if is_in(line, table.box)] for row in ordered]
        first = next((number for number, lines in enumerate(within) if lines), None)
        filled = sum(bool(cell.text) for cell in table.cells)
        if first is None or sum(map(len, within)) > MAX_LINES * filled:
            continue
        boxes = deskewed([line for lines in within for line in lines])
        inner = [[box.found for box in row] for row in rows_of(boxes, parts_stacked=True)]
        is_alone = not any(_are_beside(table, other) for other in tables if other is not table)
        if is_alone and _numbers(inner) == _numbers(within):
            continue
        outside = [[line for line in row if not is_in(line, table.box)] for row in ordered]
        parts = [*outside[:first], *inner, *outside[first:]]
        ordered = [part for part in parts if part]
    return ordered


def _before(one: Table, other: Table) -> int:
    """Return less than 0 if a table is read before the other: the left one of two that lie beside one another."""
    first, second = (one.box.left, other.box.left) if _are_beside(one, other) else (one.box.top, other.box.top)
    return (first > second) - (first < second)


def _are_beside(one: Table, other: Table) -> bool:
    shared = min(one.box.bottom, other.box.bottom) - max(one.box.top, other.box.top)
    return shared > MIN_BESIDE * min(one.box.height, other.box.height)


def _numbers(rows: Sequence[Sequence[OcrLine]]) -> list[int]:
    """Return which lines follow one another."""
    return [id(line) for row in rows for line in row]


def is_in(line: OcrLine, box: Box) -> bool:
    """Return whether the middle of a line is in a box."""
    x, y = line.quad.mean(axis=0)
    return bool(box.left <= x <= box.right and box.top <= y <= box.bottom)
