"""Maps a PDF page's own coordinates (points, upwards from the bottom left, unrotated) to those of its picture."""

from dataclasses import dataclass, replace
from math import ceil

from app.domain.images.geometry import Point


@dataclass(frozen=True, slots=True)
class PdfFrame:
    """A page's visible box (left, bottom, right, top) in points, rotated clockwise by `rotation` degrees.

    `scale` is the number of pixels of its picture per point.
    """

    left: float
    bottom: float
    right: float
    top: float
    rotation: int
    scale: float

    def of_width(self, width: int) -> "PdfFrame":
        """Return the frame of the same page with a picture of another width, in pixels."""
        own = self.size[0]
        return replace(self, scale=self.scale * width / own) if width > 0 and abs(width - own) > 1 else self

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture, in pixels."""
        width, height = self.right - self.left, self.top - self.bottom
        if self.rotation % 180:
            width, height = height, width
        return ceil(width * self.scale), ceil(height * self.scale)  # As PDFium rounds.

    def to_pixels(self, x: float, y: float) -> Point:
        """Map a point of the page, in points, to pixels of its picture."""
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

    def to_points(self, point: Point) -> tuple[float, float]:
        """Map a point of the picture, in pixels, to points of the page."""
        across, down = point.x / self.scale, point.y / self.scale
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
        """Return a box's corners in pixels, clockwise from its top left corner on the unrotated page."""
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        first, second, third, fourth = (self.to_pixels(x, y) for x, y in corners)
        return first, second, third, fourth
