"""Puts the columns of a leaning or bent page upright: a photograph's columns converge, and curl with the paper.

From one line of prose to the next, its ends move sideways by what the page leans there. A polynomial in the position is
fitted to these moves, and each box is moved along it to the middle of the page's height.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from app.engine.reader.layout.line_boxes import LineBox
from app.engine.reader.layout.runs import prose_runs

MIN_PAIRS = 12
"""Minimum number of pairs of consecutive lines of prose from which the lean is measured."""

MAX_MOVE = 0.6
"""Maximum move of a line's end, in heights; a larger one is an indent or the end of a paragraph."""

ROUNDS, MIN_RESIDUAL = 12, 0.02
"""Rounds of reweighted least squares, which come close to the least sum of residuals, and the smallest residual."""

STEPS = 24
"""Number of steps in which a box is moved to the middle of the page."""

MAX_BESIDE = 0.25
"""How far beside the places with measured leans the page is taken to bend on, as a fraction of their extent."""

USUAL_LEANS, MAX_BEYOND = (2, 98), 0.5
"""Percentiles of the measured leans, and how far beyond them a lean may be, as a fraction of their distance."""

Floats = npt.NDArray[np.float64]


def unbent(boxes: Sequence[LineBox]) -> list[LineBox]:
    """Return the boxes in the same order, with left and right as they would be on the page if columns were upright."""
    moves = _moves(boxes)
    if len(moves) < 2 * MIN_PAIRS:
        return list(boxes)
    origin, extent = moves[:, :2].min(axis=0), np.maximum(np.ptp(moves[:, :2], axis=0), 1)

    def terms(x: Floats, y: Floats) -> Floats:
        u = np.clip((x - origin[0]) / extent[0], -MAX_BESIDE, 1 + MAX_BESIDE) - 0.5
        v = np.clip((y - origin[1]) / extent[1], 0, 1) - 0.5
        return np.stack([np.ones_like(u), u, v, u * v, v * v, u * v * v], axis=-1)

    factors = _fitted(terms(moves[:, 0], moves[:, 1]), moves[:, 2])
    low, high = np.percentile(moves[:, 2], USUAL_LEANS)
    beyond = MAX_BEYOND * (high - low)

    def lean(x: Floats, y: Floats) -> Floats:
        return np.asarray(np.clip(terms(x, y) @ factors, low - beyond, high + beyond), np.float64)

    y = np.array([box.middle for box in boxes])
    step = (origin[1] + extent[1] / 2 - y) / STEPS
    sides = []
    for side in ("left", "right"):
        x = np.array([getattr(box, side) for box in boxes])
        for number in range(STEPS):
            half = x + step / 2 * lean(x, y + number * step)
            x = x + step * lean(half, y + (number + 0.5) * step)
        sides.append(x)
    left, right = np.minimum(*sides), np.maximum(*sides)
    return [replace(box, left=a, right=b) for box, a, b in zip(boxes, left.tolist(), right.tolist(), strict=True)]


def _moves(boxes: Sequence[LineBox]) -> Floats:
    """Return float64 [moves, 3]: x and y of a place, and the lean of a column there (pixels a pixel)."""
    moves = []
    for run in prose_runs(boxes):
        for above, below in pairwise(run):
            down = below.middle - above.middle
            for first, second in ((above.left, below.left), (above.right, below.right)):
                if abs(second - first) <= MAX_MOVE * min(above.height, below.height):
                    moves.append(((first + second) / 2, (above.middle + below.middle) / 2, (second - first) / down))
    return np.array(moves).reshape(-1, 3)


def _fitted(terms: Floats, values: Floats) -> Floats:
    weights: Floats = np.ones_like(values)
    factors: Floats = np.zeros(terms.shape[1])
    for _ in range(ROUNDS):
        factors = np.asarray(np.linalg.lstsq(terms * weights[:, None], values * weights, rcond=None)[0], np.float64)
        weights = np.asarray(np.maximum(np.abs(values - terms @ factors), MIN_RESIDUAL) ** -0.5, np.float64)
    return factors
