"""Lines with their bounding boxes on the deskewed page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.images.geometry import TextLine
from app.engine.reader.recognise import OcrLine
from app.engine.reader.rotation import FIRST_CJK
from app.engine.reader.text_boxes import TextBox, skew_of

OVERHANG = 0.4
"""Maximum overhang of a line's box into a gutter, as a fraction of the box's height."""


@dataclass(frozen=True, slots=True, eq=False)
class LineBox(TextBox):
    """The box of a line that was found."""

    found: OcrLine

    @property
    def letters(self) -> int:
        """Number of letters; a Chinese or Japanese character is as wide as two."""
        return sum(1 + (letter >= FIRST_CJK) for letter in self.text)

    def crosses(self, x: float) -> bool:
        """Return whether the box extends beyond `x` on both sides by more than OVERHANG."""
        return self.left + OVERHANG * self.height < x < self.right - OVERHANG * self.height

    def is_left_of(self, x: float) -> bool:
        """Return whether more of the box is to the left of `x`."""
        return self.left + self.right < 2 * x


def ocr_line(line: TextLine) -> OcrLine:
    """Return a line of a page as one that was recognised, without its letters."""
    return OcrLine(line.text, np.array([(corner.x, corner.y) for corner in line.quad], np.float64), line.score)


def deskewed(lines: Sequence[OcrLine]) -> list[LineBox]:
    """Return the boxes of lines after rotating them about the origin by the page's skew."""
    skew = skew_of(line.quad.tolist() for line in lines)
    cos, sin = np.cos(-skew), np.sin(-skew)
    boxes = []
    for line in lines:
        x = line.quad[:, 0] * cos - line.quad[:, 1] * sin
        y = line.quad[:, 0] * sin + line.quad[:, 1] * cos
        boxes.append(LineBox(line.text, float(x.min()), float(y.min()), float(x.max()), float(y.max()), line))
    return boxes
