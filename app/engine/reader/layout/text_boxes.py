"""Lines with their bounding boxes on the deskewed page, and the rows they form."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.engine.reader.recognise import OcrLine
from app.engine.reader.rotation import FIRST_CJK

OVERHANG = 0.4
"""Maximum overhang of a line's box into a gutter, as a fraction of the box's height."""

MIN_LENGTH = 3.0
"""Minimum ratio of length to height of a line from which the page's skew is measured."""


@dataclass(frozen=True, slots=True, eq=False)
class TextBox:
    """A line with its bounding box on the deskewed page; two boxes are equal only if they are the same one."""

    found: OcrLine
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Vertical extent in pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """Horizontal extent in pixels."""
        return self.right - self.left

    @property
    def middle(self) -> float:
        """Vertical centre in pixels."""
        return (self.top + self.bottom) / 2

    @property
    def letters(self) -> int:
        """Number of letters; a Chinese or Japanese character is as wide as two."""
        return sum(1 + (letter >= FIRST_CJK) for letter in self.found.text)

    def crosses(self, x: float) -> bool:
        """Return whether the box extends beyond `x` on both sides by more than OVERHANG."""
        return self.left + OVERHANG * self.height < x < self.right - OVERHANG * self.height

    def is_left_of(self, x: float) -> bool:
        """Return whether more of the box is to the left of `x`."""
        return self.left + self.right < 2 * x


def deskewed(lines: Sequence[OcrLine]) -> list[TextBox]:
    """Return the boxes of lines after rotating them about the origin by the page's skew."""
    skew = _skew(lines)
    cos, sin = np.cos(-skew), np.sin(-skew)
    boxes = []
    for line in lines:
        x = line.quad[:, 0] * cos - line.quad[:, 1] * sin
        y = line.quad[:, 0] * sin + line.quad[:, 1] * cos
        boxes.append(TextBox(line, float(x.min()), float(y.min()), float(x.max()), float(y.max())))
    return boxes


def rows_of(boxes: Sequence[TextBox]) -> list[list[TextBox]]:
    """Group boxes into rows: a box joins the row above if their vertical overlap is half a height or more."""
    rows: list[list[TextBox]] = []
    for box in sorted(boxes, key=lambda box: box.middle):
        if rows and _shares_row(rows[-1], box):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _skew(lines: Sequence[OcrLine]) -> float:
    """Return the page's skew in radians: the median over lines long enough to measure it."""
    angles = []
    for line in lines:
        run = line.quad[1] - line.quad[0]
        side = line.quad[3] - line.quad[0]
        if np.hypot(*run) > MIN_LENGTH * np.hypot(*side):
            angles.append(float(np.arctan2(run[1], run[0])))
    return float(np.median(angles)) if angles else 0.0


def _shares_row(row: Sequence[TextBox], box: TextBox) -> bool:
    top = float(np.median([other.top for other in row]))
    bottom = float(np.median([other.bottom for other in row]))
    overlap = min(bottom, box.bottom) - max(top, box.top)
    if overlap < 0.5 * min(bottom - top, box.height):
        return False
    # Boxes are larger than their text: two that lie above one another may overlap and are still two rows.
    return all(min(other.right, box.right) - max(other.left, box.left) < 0.5 * box.height for other in row)
