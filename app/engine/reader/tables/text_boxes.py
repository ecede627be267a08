"""Text boxes in the coordinates of the deskewed page, and rows of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, hypot, sin
from statistics import median
from unicodedata import east_asian_width

from app.domain.images.geometry import Box, Point, TextLine

Rectangle = tuple[float, float, float, float]
"""A rectangle as (left, top, right, bottom), in pixels."""
NEGLIGIBLE_SKEW = 0.002
"""Skew in radians below which a page counts as straight."""


@dataclass(frozen=True, slots=True)
class Skew:
    """A page's skew in radians, clockwise."""

    angle: float

    def deskewed(self, point: Point) -> Point:
        """Return a point's position on the deskewed page."""
        angle = -self.angle
        return Point(point.x * cos(angle) - point.y * sin(angle), point.x * sin(angle) + point.y * cos(angle))

    def box(self, left: float, top: float, right: float, bottom: float) -> Box:
        """Return the bounding box, on the original page, of a rectangle of the deskewed page."""
        return Box.around_points(
            Point(x * cos(self.angle) - y * sin(self.angle), x * sin(self.angle) + y * cos(self.angle))
            for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))
        )


@dataclass(frozen=True, slots=True)
class TextBox:
    """A line of text, or a part of one, with its bounding box on the deskewed page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """The height in pixels."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The y of the vertical middle, in pixels."""
        return (self.top + self.bottom) / 2


def skew_of(lines: Sequence[TextLine]) -> Skew:
    """Return the median skew of lines long enough to measure it."""
    angles = []
    for line in lines:
        first, second, _, fourth = line.quad
        length, height = hypot(second.x - first.x, second.y - first.y), hypot(fourth.x - first.x, fourth.y - first.y)
        if length > 3 * height:
            angles.append(atan2(second.y - first.y, second.x - first.x))
    angle = median(angles) if angles else 0.0
    return Skew(angle if abs(angle) > NEGLIGIBLE_SKEW else 0.0)


def deskewed_boxes(lines: Sequence[TextLine], skew: Skew) -> list[TextBox]:
    """Return a deskewed text box for each line with text."""
    text_boxes = []
    for line in lines:
        if text := line.text.strip():
            box = Box.around_points(skew.deskewed(corner) for corner in line.quad)
            text_boxes.append(TextBox(text, box.left, box.top, box.right, box.bottom))
    return text_boxes


def rows_of(text_boxes: Sequence[TextBox]) -> list[list[TextBox]]:
    """Group text boxes into rows, from top to bottom, each from left to right."""
    rows: list[list[TextBox]] = []
    for text_box in sorted(text_boxes, key=lambda text_box: text_box.middle):
        row = rows[-1] if rows else []
        top, bottom = (median(getattr(other, edge) for other in row) for edge in ("top", "bottom")) if row else (0, 0)
        overlap = min(bottom, text_box.bottom) - max(top, text_box.top)
        if row and overlap >= 0.5 * min(bottom - top, text_box.height):
            row.append(text_box)
        else:
            rows.append([text_box])
    return [sorted(row, key=lambda text_box: text_box.left) for row in rows]


def joined_box(words: Sequence[TextBox]) -> TextBox:
    """Return the words of one line as one text box."""
    return TextBox(
        " ".join(word.text for word in words),
        words[0].left,
        min(word.top for word in words),
        max(word.right for word in words),
        max(word.bottom for word in words),
    )


def joined(text_boxes: Sequence[TextBox]) -> str:
    """Return the text of a cell: row by row, joined with spaces."""
    return " ".join(text_box.text for row in rows_of(text_boxes) for text_box in row)


def letters_in(text: str) -> int:
    """Return the number of letters, wide ones counted twice."""
    return sum(2 if east_asian_width(letter) in {"W", "F"} else 1 for letter in text)
