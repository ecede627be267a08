"""Puts blocks of code among the other rows of a page."""

from collections.abc import Sequence

import numpy as np

from app.domain.images.geometry import Box
from app.engine.reader.monospaced.code_blocks import CodeBlock, CodeRow
from app.engine.reader.reading_order import text_of
from app.engine.reader.recognise import OcrLine

Bounds = tuple[float, float, float, float]
"""Left, top, right and bottom."""


def with_code(rows: Sequence[Sequence[OcrLine]], blocks: Sequence[CodeBlock]) -> list[CodeRow]:
    """Return the rows of a page in reading order, with its blocks between them."""
    ordered: list[CodeRow] = [CodeRow(tuple(row), text_of([row])) for row in rows]
    for block in sorted(blocks, key=lambda block: _bounds(block)[1]):
        place = _place(ordered, _bounds(block))
        ordered[place:place] = block
    return ordered


def box_of(block: CodeBlock) -> Box:
    """Return the bounding box of a block's lines, in pixels of the upright page."""
    return Box(*_bounds(block))


def _place(rows: Sequence[CodeRow], block: Bounds) -> int:
    """Return before which row a block comes: after what is above it, or else after what is beside it on the left."""
    bounds = [_bounds((row,)) if row.lines else None for row in rows]
    above = [number for number, row in enumerate(bounds) if row and _is_above(row, block)]
    beside = [number for number, row in enumerate(bounds) if row and _is_left(row, block)]
    place = max(above or beside, default=-1) + 1
    # A side bar is not parted.
    while place < len(bounds) and (row := bounds[place]) and _is_left(row, block):
        place += 1
    # Nor is another block, whose empty rows have no place.
    while place < len(bounds) and bounds[place] is None:
        place += 1
    return place


def _is_above(row: Bounds, block: Bounds) -> bool:
    return (row[1] + row[3]) / 2 < block[1] and row[0] < block[2] and row[2] > block[0]


def _is_left(row: Bounds, block: Bounds) -> bool:
    return row[2] <= block[0] + (row[3] - row[1]) and row[1] < block[3] and row[3] > block[1]


def _bounds(block: Sequence[CodeRow]) -> Bounds:
    quads = np.concatenate([line.quad for row in block for line in row.lines])
    (left, top), (right, bottom) = quads.min(axis=0).tolist(), quads.max(axis=0).tolist()
    return left, top, right, bottom
