"""Orders the lines of a vertical page: horizontal lines above all columns come first, those below all of them last."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from app.engine.reader.layout.line_boxes import LineBox, deskewed
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.rotation import rotated, rotated_size
from app.engine.reader.tiers import order_tiers
from app.engine.reader.tuning import TALL

Order = Callable[[Sequence[OcrLine]], list[list[OcrLine]]]


def order_vertical(lines: Sequence[OcrLine], order: Order, degrees: int, size: tuple[int, int]) -> list[list[OcrLine]]:
    """Return lines in rows of reading order; like the result, they are in pixels of the page after a rotation.

    `degrees` is this rotation, after which columns are rows; `size` is the size after it. `order` orders the lines of
    a horizontal page.
    """
    columns = [line for line in lines if is_column(line)]
    first = min((float(line.quad[:, 0].min()) for line in columns), default=0.0)
    last = max((float(line.quad[:, 0].max()) for line in columns), default=0.0)
    above: list[OcrLine] = []
    beside: list[OcrLine] = []
    below: list[OcrLine] = []
    for line in lines:
        middle = float(line.quad[:, 0].mean())
        (above if middle < first else below if middle > last else beside).append(line)

    def across(part: Sequence[OcrLine]) -> list[list[OcrLine]]:
        rows = order([rotated(line, -degrees, size) for line in part])
        return [[rotated(line, degrees, rotated_size(size, degrees)) for line in row] for row in rows]

    def in_tiers(part: Sequence[OcrLine]) -> list[list[OcrLine]]:
        # By their boxes alone: where the corners of horizontal lines start would be taken for the skew.
        level = [replace(line, quad=_from_top_left(line.quad)) for line in part]
        line_of = dict(zip(deskewed(level), part, strict=True))

        def order_horizontal(group: Sequence[LineBox]) -> list[list[LineBox]]:
            upright = [rotated(line_of[box], -degrees, size) for box in group]
            box_of = {id(line): box for line, box in zip(upright, group, strict=True)}
            return [[box_of[id(line)] for line in row] for row in order(upright)]

        return [[line_of[box] for box in row] for row in order_tiers(list(line_of), order_horizontal)]

    return [*across(above), *in_tiers(beside), *across(below)]


def _from_top_left(quad: Quad) -> Quad:
    return np.roll(quad, -int(quad.sum(axis=1).argmin()), axis=0)


def is_column(line: OcrLine) -> bool:
    """Return whether a line is a column of a vertical page that was turned for it."""
    width, height = np.ptp(line.quad, axis=0).tolist()
    return bool(width > TALL * height)
