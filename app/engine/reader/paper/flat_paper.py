"""A flattened picture of bent paper, and the way back to the pixels of its photograph."""

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, Point, TextLine

STEP = 8
"""Distance in pixels of the grid's points on the flat picture."""

BAND = 256
"""Number of rows that are computed together, which bounds the memory for the interpolated grid."""

Grid = npt.NDArray[np.float32]
"""float32 [rows, columns, 2]: x and y in the photograph of each STEP-th pixel of the flat picture."""


@dataclass(frozen=True, slots=True)
class FlatPaper:
    """The flat `image`, mode RGB, and its grid."""

    image: Image.Image
    grid: Grid

    def restored(self, page: OcrPage, size: tuple[int, int]) -> OcrPage:
        """Return what was read on the flat picture in the pixels of the photograph of this width and height."""
        return replace(cast("OcrPage", self._moved(page, size)), width=size[0], height=size[1])

    def _moved(self, value: object, size: tuple[int, int]) -> object:
        """Return a value with all points, boxes and lines in it moved, however deep."""
        if isinstance(value, Point):
            return self._point(value, size)
        if isinstance(value, Box):
            return Box.around_points(self._point(corner, size) for corner in value.corners)
        if isinstance(value, tuple):
            return tuple(self._moved(item, size) for item in value)
        if is_dataclass(value) and not isinstance(value, type):
            changed = {field.name: self._moved(getattr(value, field.name), size) for field in fields(value)}
            moved = replace(value, **changed)
            # A line's box is that of its corners, which is smaller than that of its box's corners.
            return replace(moved, box=Box.around_points(moved.quad)) if isinstance(moved, TextLine) else moved
        return value

    def _point(self, point: Point, size: tuple[int, int]) -> Point:
        rows, columns = self.grid.shape[:2]
        across = min(max(point.x / STEP, 0.0), columns - 1.001)
        down = min(max(point.y / STEP, 0.0), rows - 1.001)
        column, row = int(across), int(down)
        right, lower = across - column, down - row
        upper = self.grid[row, column] * (1 - right) + self.grid[row, column + 1] * right
        below = self.grid[row + 1, column] * (1 - right) + self.grid[row + 1, column + 1] * right
        x, y = (float(value) for value in upper * (1 - lower) + below * lower)
        return Point(min(max(x, 0.0), size[0]), min(max(y, 0.0), size[1]))


def flat_paper(photograph: Image.Image, grid: Grid) -> FlatPaper:
    """Draw the flat picture; around the photograph its edges are continued."""
    pixels = np.asarray(photograph)
    height, width = ((count - 1) * STEP for count in grid.shape[:2])
    flat = np.empty((height, width, 3), np.uint8)
    across = np.tile(np.arange(width, dtype=np.float32) / STEP, (BAND, 1))
    for top in range(0, height, BAND):
        bottom = min(height, top + BAND)
        down = np.repeat(np.arange(top, bottom, dtype=np.float32)[:, None] / STEP, width, axis=1)
        source = cv2.remap(grid, across[: bottom - top], down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        x, y = source[..., 0], source[..., 1]
        flat[top:bottom] = cv2.remap(pixels, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    image = Image.fromarray(flat)
    image.info = dict(photograph.info)
    return FlatPaper(image, grid)
