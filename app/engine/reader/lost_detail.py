"""Finds where an image has detail that a smaller picture of it has lost, as small text does."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.engine.reader.recognise import Quad

CELL = 16
"""Side in pixels of the cells in which lost pixels are counted."""

BAND = 2048
"""Height in pixels of the bands that are compared one after the other; it bounds memory, and is a multiple of CELL."""

MIN_DIFFERENCE = 25
"""Minimum difference of grey levels of a lost pixel; the noise of JPEG and of paper is less."""

MIN_LOST, GAP, MIN_LOST_PLACE = 4, 3, 40
"""Minimum number of lost pixels of a cell that is a part of a place, width in cells within which another one is a part
of the same, and minimum number of a place's: half of "12" in letters that are too small to be found.
"""

Window = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""


class LostDetail:
    """How many pixels of each cell of an RGB image differ from the image scaled by `scale` and back."""

    def __init__(self, image: Image.Image, scale: float) -> None:
        self._size = image.size
        bands = [_lost(image, top, min(top + BAND, image.height), scale) for top in range(0, image.height, BAND)]
        self._lost = np.concatenate(bands)
        self._cells = self._lost.copy()

    def cover(self, quads: Sequence[Quad]) -> None:
        """Leave out of the windows what is within these lines."""
        _cover(self._cells, quads)

    def richest_window(self, side: int, spread: int = 0) -> tuple[Window, float]:
        """Return the window of up to `side` pixels with the most lost pixels, and their number.

        It is left out then, with what is around it up to `spread` times its size.
        """
        width, height = (min(length, side) for length in self._size)
        across, down = -(-width // CELL), -(-height // CELL)
        # The sum over each window, at its top left cell.
        sums = cv2.boxFilter(
            self._cells, -1, (across, down), anchor=(0, 0), normalize=False, borderType=cv2.BORDER_CONSTANT
        )
        row, column = (int(index) for index in np.unravel_index(int(np.argmax(sums)), sums.shape))
        left, top = min(column * CELL, self._size[0] - width), min(row * CELL, self._size[1] - height)
        count = float(sums[row, column])
        rows = slice(max(0, row - spread * down), row + (1 + spread) * down)
        self._cells[rows, max(0, column - spread * across) : column + (1 + spread) * across] = 0
        return (left, top, left + width, top + height), count

    def places(self, covered: Sequence[Quad], max_height: float) -> list[Window]:
        """Return the boxes of cells with lost pixels apart from these lines, those with most first.

        They are small: at most `max_height` pixels and a cell high.
        """
        is_apart = np.ones_like(self._lost)
        _cover(is_apart, covered)
        cells = self._lost * cv2.erode(is_apart, np.ones((3, 3), np.uint8))
        near = cv2.dilate((cells >= MIN_LOST).astype(np.uint8), np.ones((1, GAP), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
        lost = np.bincount(labels.ravel(), cells.ravel(), minlength=count)
        is_small = (stats[:, cv2.CC_STAT_HEIGHT] - 1) * CELL <= max_height
        numbers = [int(number) for number in np.argsort(-lost) if number and is_small[number]]
        return [_window(stats[number]) for number in numbers if lost[number] >= MIN_LOST_PLACE]


def _cover(cells: npt.NDArray[np.float32], quads: Sequence[Quad]) -> None:
    for quad in quads:
        cv2.fillConvexPoly(cells, np.rint(quad / CELL).astype(np.int32), 0.0)


def _window(stats: npt.NDArray[np.int32]) -> Window:
    left, top, width, height = (int(side) * CELL for side in stats[:4])
    return left, top, left + width, top + height


def _lost(image: Image.Image, top: int, bottom: int, scale: float) -> npt.NDArray[np.float32]:
    """Return the counts of the cells in a band of rows, float32 [rows of cells, columns of cells]."""
    grey = np.asarray(image.crop((0, top, image.width, bottom)).convert("L"))
    height, width = grey.shape
    small = cv2.resize(
        grey, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    lost = cv2.absdiff(grey, cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)) > MIN_DIFFERENCE
    padded = np.pad(lost, ((0, -height % CELL), (0, -width % CELL)))
    cells = padded.reshape(padded.shape[0] // CELL, CELL, padded.shape[1] // CELL, CELL)
    return np.asarray(cells.sum(axis=(1, 3)), dtype=np.float32)
