"""Puts the lines of pages that are written from right to left into reading order: as seen in a mirror."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.engine.reader.recognise import OcrLine

Rows = list[list[OcrLine]]


def order_rows_from_right(
    lines: Sequence[OcrLine], order_rows: Callable[[Sequence[OcrLine]], Rows], width: float
) -> Rows:
    """Return the rows of lines on a page of this width in pixels; `order_rows` orders those written to the right."""
    mirrored = [_mirrored(line, width) for line in lines]
    originals = {id(image): line for image, line in zip(mirrored, lines, strict=True)}
    return [[originals[id(line)] for line in row] for row in order_rows(mirrored)]


def _mirrored(line: OcrLine, width: float) -> OcrLine:
    """Return a line's mirror image; its corners are again clockwise from the top left."""
    quad = line.quad[[1, 0, 3, 2]].copy()
    quad[:, 0] = width - quad[:, 0]
    return replace(line, quad=quad)
