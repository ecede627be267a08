"""Geometry on an image: points, boxes, and lines of text with their boxes.

All coordinates are pixels of the upright image (after EXIF orientation), origin at the top left, x to the right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot

Corners = Iterable[Iterable[float]]
"""Four corners (x, y), clockwise from a line's own top left."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point on the image, in pixels."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle in pixels; `right` and `bottom` are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, boxes: Iterable["Box"]) -> "Box":
        """Return the bounding box of at least one box."""
        lefts, tops, rights, bottoms = zip(*((box.left, box.top, box.right, box.bottom) for box in boxes), strict=True)
        return cls(min(lefts), min(tops), max(rights), max(bottoms))

    @classmethod
    def around_points(cls, points: Iterable[Point]) -> "Box":
        """Return the bounding box of at least one point."""
        across, down = zip(*((point.x, point.y) for point in points), strict=True)
        return cls(min(across), min(down), max(across), max(down))

    def share_inside(self, other: "Box") -> float:
        """Return the fraction of this box that is within another, 0..1."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down) / max(self.width * self.height, 1e-6)

    @property
    def corners(self) -> tuple[Point, Point, Point, Point]:
        """The corners, clockwise from the top left."""
        return (
            Point(self.left, self.top),
            Point(self.right, self.top),
            Point(self.right, self.bottom),
            Point(self.left, self.bottom),
        )

    @property
    def width(self) -> float:
        """Horizontal extent in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Vertical extent in pixels."""
        return self.bottom - self.top

    @property
    def centre(self) -> Point:
        """The middle of the box."""
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)


def quad_sides(corners: Corners) -> tuple[float, float]:
    """Return the lengths of the upper and of the left side of a quad: a line's length and height in pixels."""
    (left, top), (right, upper), _, (other, lower) = corners
    return hypot(right - left, upper - top), hypot(other - left, lower - top)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line, without white space; `score` is the probability that it is right, 0..1."""

    text: str
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of recognised text.

    `quad` holds the four corners clockwise from the line's own top left, so a skewed line stays skewed; `box` is its
    axis-aligned bounding box. `score` is the recogniser's mean character probability, 0..1. `words` are in reading
    order and give the text if they are joined by spaces; there are none if their boxes are unknown, as on pages
    that earlier versions stored.
    """

    text: str
    box: Box
    quad: tuple[Point, Point, Point, Point]
    score: float
    words: tuple[Word, ...] = ()

    @classmethod
    def between(
        cls, text: str, quad: tuple[Point, Point, Point, Point], score: float, words: tuple[Word, ...] = ()
    ) -> "TextLine":
        """Create a line with these corners; its box is derived from them."""
        return cls(text, Box.around_points(quad), quad, score, words)
