"""Geometry on an image: points, boxes, and lines of text with their boxes.

All coordinates are pixels of the upright image (after EXIF orientation), origin at the top left, x to the right.
"""

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of recognised text.

    `quad` holds the four corners clockwise from the line's own top left, so a skewed line stays skewed; `box` is its
    axis-aligned bounding box. `score` is the recogniser's mean character probability, 0..1.
    """

    text: str
    box: Box
    quad: tuple[Point, Point, Point, Point]
    score: float

    @classmethod
    def between(cls, text: str, quad: tuple[Point, Point, Point, Point], score: float) -> "TextLine":
        """Create a line with these corners; its box is derived from them."""
        across, down = [corner.x for corner in quad], [corner.y for corner in quad]
        return cls(text, Box(min(across), min(down), max(across), max(down)), quad, score)
