"""Finds bordered tables: detects drawn lines in the pixels, and the cells that they enclose."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from app.engine.reader.tables.foreground import Foreground, Mask, as_mask
from app.engine.reader.tables.text_boxes import TextBox

MIN_LEVEL, MIN_UPRIGHT = 2.0, 1.6
"""Minimum lengths of a table's horizontal and vertical lines, in text heights; strokes of letters are shorter."""
DRAWN = 0.6
"""Minimum fraction of a cell's side that must be drawn."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The lines of a table: x of the vertical and y of the horizontal ones, in pixels of the deskewed page.

    `right_of[row, column]` is true if a line is drawn right of that cell, `below[row, column]` if one is below it.
    """

    across: tuple[float, ...]
    down: tuple[float, ...]
    right_of: npt.NDArray[np.bool_]
    below: npt.NDArray[np.bool_]


def find_grids(foreground: Foreground, text_boxes: Sequence[TextBox]) -> list[Grid]:
    """Return grids of at least two cells, from top to bottom."""
    if not text_boxes:
        return []
    text_height = median(text_box.height for text_box in text_boxes) * foreground.scale
    level = _opened(foreground.mask, (max(12, round(MIN_LEVEL * text_height)), 1))
    upright = _opened(foreground.mask, (1, max(12, round(MIN_UPRIGHT * text_height))))
    reach = max(3, round(0.25 * text_height))
    grids = []
    for box in _connected(level, upright, reach):
        if grid := _grid(level, upright, box, reach):
            across = tuple((x + foreground.origin[0]) / foreground.scale for x in grid.across)
            down = tuple((y + foreground.origin[1]) / foreground.scale for y in grid.down)
            grids.append(Grid(across, down, grid.right_of, grid.below))
    return sorted(grids, key=lambda grid: grid.down[0])


def _opened(mask: Mask, size: tuple[int, int]) -> Mask:
    """Return the foreground that is at least as long as `size` (morphological opening)."""
    # A line that is not quite straight runs over two rows of pixels, so it is dilated first.
    thick = cv2.dilate(mask, np.ones((3, 1) if size[0] > 1 else (1, 3), np.uint8))
    return as_mask(cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones(size[::-1], np.uint8)))


def _connected(level: Mask, upright: Mask, reach: int) -> list[tuple[int, int, int, int]]:
    """Return the boxes (left, top, right, bottom) of lines that touch one another."""
    both = cv2.dilate(level | upright, np.ones((reach, reach), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(both)
    boxes = []
    for number in range(1, count):
        left, top, width, height, _ = (int(value) for value in stats[number])
        if width > 4 * reach and height > 4 * reach:
            boxes.append((left, top, left + width, top + height))
    return boxes


def _grid(level: Mask, upright: Mask, box: tuple[int, int, int, int], reach: int) -> Grid | None:
    left, top, right, bottom = box
    rows, columns = level[top:bottom, left:right] > 0, upright[top:bottom, left:right] > 0
    # A line must be as long as the smallest cell; the foreground left here is at least MIN_LEVEL long anyway.
    down = _line_positions(rows.sum(axis=1), reach, 0.12 * (right - left))
    across = _line_positions(columns.sum(axis=0), reach, 0.12 * (bottom - top))
    if len(down) < 2 or len(across) < 2 or len(down) * len(across) < 6:
        return None
    beside = [columns[:, max(0, x - reach) : x + reach] for x in across[1:]]
    under = [rows[max(0, y - reach) : y + reach] for y in down[1:]]
    right_of = np.array([[_is_drawn(band[begin:end], 0) for band in beside] for begin, end in pairwise(down)])
    below = np.array([[_is_drawn(band[:, begin:end], 1) for begin, end in pairwise(across)] for band in under])
    return Grid(tuple(float(left + x) for x in across), tuple(float(top + y) for y in down), right_of, below)


def _is_drawn(band: npt.NDArray[np.bool_], axis: int) -> bool:
    """Return whether enough of a side is drawn; `axis` is the one along which the side runs."""
    seen = band.any(axis=1 - axis)
    return bool(seen.size) and float(seen.mean()) >= DRAWN


def _line_positions(counts: npt.NDArray[np.int64], reach: int, min_count: float) -> list[int]:
    """Return the middles of runs of indices with at least `min_count` foreground; runs within `reach` are merged."""
    indices = np.flatnonzero(counts >= min_count).tolist()
    runs: list[list[int]] = []
    for index in indices:
        if runs and index - runs[-1][-1] <= reach:
            runs[-1].append(index)
        else:
            runs.append([index])
    return [(run[0] + run[-1]) // 2 for run in runs]
