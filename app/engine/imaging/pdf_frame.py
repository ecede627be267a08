"""A PDF page's own coordinates (points, upwards from the bottom left, not yet turned), and those of its picture."""

from dataclasses import dataclass
from math import ceil

from app.domain.regions import Point


@dataclass(frozen=True, slots=True)
class PdfFrame:
    """What is seen of a page: the box (left, bottom, right, top) in points, turned clockwise by `rotation` degrees.

    `scale` is the pixels of its picture for one point.
    """

    left: float
    bottom: float
    right: float
    top: float
    rotation: int
    scale: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture, in pixels."""
        width, height = self.right - self.left, self.top - self.bottom
        if self.rotation % 180:
            width, height = height, width
        return ceil(width * self.scale), ceil(height * self.scale)  # As PDFium rounds.

    def to_pixels(self, x: float, y: float) -> Point:
        """A place of the page on its picture."""
        match self.rotation % 360:
            case 90:
                across, down = y - self.bottom, x - self.left
            case 180:
                across, down = self.right - x, y - self.bottom
            case 270:
                across, down = self.top - y, self.right - x
            case _:
                across, down = x - self.left, self.top - y
        return Point(across * self.scale, down * self.scale)

    def to_points(self, place: Point) -> tuple[float, float]:
        """A place of the picture on the page."""
        across, down = place.x / self.scale, place.y / self.scale
        match self.rotation % 360:
            case 90:
                return self.left + down, self.bottom + across
            case 180:
                return self.right - across, self.bottom + down
            case 270:
                return self.right - down, self.top - across
            case _:
                return self.left + across, self.top - down

    def corners(self, left: float, bottom: float, right: float, top: float) -> tuple[Point, Point, Point, Point]:
        """Its corners there, clockwise from where its text begins as it stands on the page before it is turned."""
        places = ((left, top), (right, top), (right, bottom), (left, bottom))
        first, second, third, fourth = (self.to_pixels(x, y) for x, y in places)
        return first, second, third, fourth
