"""What is drawn in the cells of a grid: whether there is ink, and how it looks."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.engine.reader.monospaced.grid import Grid

SIDES = 0.14
"""Part of a cell at each side that is not asked for ink: letters reach into their neighbours' cells."""

MIN_CONTRAST = 24
"""Minimum difference of grey levels of ink."""

MIN_SHARE = 0.22
"""Minimum contrast of ink as a share of what letters of the row have: comments are paler than keywords."""

GLYPH_HEIGHT, GLYPH_WIDTH = 24, 12
"""Size in pixels to which cells are scaled for comparison."""

Glyph = npt.NDArray[np.float32]
"""float32 [GLYPH_HEIGHT * GLYPH_WIDTH]: a cell's ink less its mean, of length 1; zeros without ink."""


class Cells:
    """The cells of a picture's grid."""

    def __init__(self, picture: Image.Image, grid: Grid) -> None:
        self._picture, self._grid = picture, grid

    def contrasts(self, row: int, first: int, last: int) -> npt.NDArray[np.float64]:
        """Return the contrast of ink, 0..255, in each column from `first` to `last` inclusive.

        Contrast is the largest difference of grey levels within one pixel column, so that neither a selection's end
        nor the vertical guides of an editor count.
        """
        top, bottom = self._span(row)
        pixels = self._pixels(first, last, top, bottom)
        if not pixels.size:
            return np.zeros(last - first + 1)
        by_column = (pixels.max(axis=0) - pixels.min(axis=0)).max(axis=1)
        start = self._left(first)
        origin = max(0, int(start))
        values = []
        for column in range(first, last + 1):
            left = self._left(column) - origin
            from_, to = left + SIDES * self._grid.pitch, left + (1 - SIDES) * self._grid.pitch
            part = by_column[max(0, round(from_)) : max(0, round(from_), round(to))]
            values.append(float(part.max()) if part.size else 0.0)
        return np.array(values)

    def glyph(self, row: int, column: int) -> Glyph:
        """Return how a cell looks, whatever its colours and its size."""
        top, bottom = self._span(row)
        box = (self._left(column), top, self._left(column) + self._grid.pitch, bottom)
        size = (GLYPH_WIDTH, GLYPH_HEIGHT)
        pixels = np.asarray(
            self._picture.transform(size, Image.Transform.EXTENT, box, Image.Resampling.BICUBIC), np.float32
        )
        ink = np.abs(pixels - np.median(pixels, axis=(0, 1))).max(axis=2).ravel()
        ink -= ink.mean()
        length = float(np.linalg.norm(ink))
        return ink / length if length > MIN_CONTRAST else np.zeros_like(ink)

    def _left(self, column: int) -> float:
        return self._grid.left + (column - 0.5) * self._grid.pitch

    def _span(self, row: int) -> tuple[float, float]:
        middle = self._grid.top + row * self._grid.step
        return middle - self._grid.step / 2, middle + self._grid.step / 2

    def _pixels(self, first: int, last: int, top: float, bottom: float) -> npt.NDArray[np.int16]:
        left, right = self._left(first), self._left(last + 1)
        box = (max(0, int(left)), max(0, round(top)), min(self._picture.width, int(right) + 1), round(bottom))
        if box[0] >= box[2] or box[1] >= min(box[3], self._picture.height):
            return np.zeros((0, 0, 3), np.int16)
        cropped = self._picture.crop((*box[:3], min(box[3], self._picture.height)))
        return np.asarray(cropped, dtype=np.int16)


def has_ink(contrasts: npt.NDArray[np.float64], lettered: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Return which cells have ink; `lettered` are indices of cells in which letters were read."""
    usual = float(np.median(contrasts[list(lettered)])) if lettered else 0.0
    result: npt.NDArray[np.bool_] = contrasts >= max(MIN_CONTRAST, MIN_SHARE * usual)
    return result
