"""Tables that are drawn with lines: the lines are found in the pixels, cells are what they close in."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from app.engine.reader.tables.ink import Ink, Mask, as_mask
from app.engine.reader.tables.pieces import Piece

LEAST_LEVEL, LEAST_UPRIGHT = 2.0, 1.6
"""Lengths of a table's lines, in heights of a line of text; strokes of letters are shorter."""
DRAWN = 0.6
"""Of the side of a cell that must be drawn for it to be one."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where lines are drawn: x of the upright ones and y of the level ones, straight, in pixels of the page.

    `right_of[row, column]` tells whether a line is drawn right of that cell, `below[row, column]` whether below it.
    """

    across: tuple[float, ...]
    down: tuple[float, ...]
    right_of: npt.NDArray[np.bool_]
    below: npt.NDArray[np.bool_]


def find_grids(ink: Ink, pieces: Sequence[Piece]) -> list[Grid]:
    """Grids of at least two cells, from top to bottom."""
    if not pieces:
        return []
    text_height = median(piece.height for piece in pieces) * ink.scale
    level = _opened(ink.mask, (max(12, round(LEAST_LEVEL * text_height)), 1))
    upright = _opened(ink.mask, (1, max(12, round(LEAST_UPRIGHT * text_height))))
    reach = max(3, round(0.25 * text_height))
    grids = []
    for box in _connected(level, upright, reach):
        if grid := _grid(level, upright, box, reach):
            across = tuple((x + ink.origin[0]) / ink.scale for x in grid.across)
            down = tuple((y + ink.origin[1]) / ink.scale for y in grid.down)
            grids.append(Grid(across, down, grid.right_of, grid.below))
    return sorted(grids, key=lambda grid: grid.down[0])


def _opened(mask: Mask, size: tuple[int, int]) -> Mask:
    """What is left of the ink where it is at least as long as `size`."""
    # A line that is not quite straight runs over two rows of pixels; it is made thicker first.
    thick = cv2.dilate(mask, np.ones((3, 1) if size[0] > 1 else (1, 3), np.uint8))
    return as_mask(cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones(size[::-1], np.uint8)))


def _connected(level: Mask, upright: Mask, reach: int) -> list[tuple[int, int, int, int]]:
    """Boxes (left, top, right, bottom) of lines that touch one another."""
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
    # A line must be as long as the smallest cell: LEAST_LENGTH of text is what is left of the ink anyway.
    down = _peaks(rows.sum(axis=1), reach, 0.12 * (right - left))
    across = _peaks(columns.sum(axis=0), reach, 0.12 * (bottom - top))
    if len(down) < 2 or len(across) < 2 or len(down) * len(across) < 6:
        return None
    beside = [columns[:, max(0, x - reach) : x + reach] for x in across[1:]]
    under = [rows[max(0, y - reach) : y + reach] for y in down[1:]]
    right_of = np.array([[_is_drawn(band[begin:end], 0) for band in beside] for begin, end in pairwise(down)])
    below = np.array([[_is_drawn(band[:, begin:end], 1) for begin, end in pairwise(across)] for band in under])
    return Grid(tuple(float(left + x) for x in across), tuple(float(top + y) for y in down), right_of, below)


def _is_drawn(band: npt.NDArray[np.bool_], axis: int) -> bool:
    """Whether most of a side is drawn; `axis` is the one along which the side runs."""
    seen = band.any(axis=1 - axis)
    return bool(seen.size) and float(seen.mean()) >= DRAWN


def _peaks(counts: npt.NDArray[np.int64], reach: int, least: float) -> list[int]:
    """Middles of the runs of places that have enough ink, those closer than `reach` taken as one."""
    places = np.flatnonzero(counts >= least).tolist()
    runs: list[list[int]] = []
    for place in places:
        if runs and place - runs[-1][-1] <= reach:
            runs[-1].append(place)
        else:
            runs.append([place])
    return [(run[0] + run[-1]) // 2 for run in runs]
