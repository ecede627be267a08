"""The skew of a page, and its lines' boxes in the coordinates of the deskewed page."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin

from app.domain.images.geometry import Box, Point, TextLine
from app.engine.reader.text_boxes import TextBox, skew_of

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


def page_skew(lines: Sequence[TextLine]) -> Skew:
    """Return the skew of a page with these lines."""
    angle = skew_of([(corner.x, corner.y) for corner in line.quad] for line in lines)
    return Skew(angle if abs(angle) > NEGLIGIBLE_SKEW else 0.0)


def deskewed_boxes(lines: Sequence[TextLine], skew: Skew) -> list[TextBox]:
    """Return a deskewed text box for each line with text."""
    text_boxes = []
    for line in lines:
        if text := line.text.strip():
            box = Box.around_points(skew.deskewed(corner) for corner in line.quad)
            text_boxes.append(TextBox(text, box.left, box.top, box.right, box.bottom))
    return text_boxes
