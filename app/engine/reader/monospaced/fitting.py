"""Moves a grid to where the ink is: letters are seen beside their middles, and lines' boxes are uneven."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.engine.reader.monospaced.grid import Grid
from app.engine.reader.recognise import OcrLine

MAX_SHIFT = 0.3
"""Maximum shift as a fraction of a column or a row."""

STEPS = 25
"""Number of shifts that are tried."""

BLANK = 0.03
"""Maximum ink on borders that are as good as the best, as a share of the ink on the worst."""

EDGE = 0.3
"""Maximum contrast of what is left out of account as a share of the picture's largest: noise, pale guides."""


def fitted(picture: Image.Image, grid: Grid, lines: Sequence[OcrLine]) -> Grid:
    """Return the grid, shifted so that the least ink is on the borders of its columns and rows."""
    quads = np.concatenate([line.quad for line in lines])
    left, top = (max(0, int(value)) for value in quads.min(axis=0) - grid.step)
    right, bottom = (int(value) for value in quads.max(axis=0) + grid.step)
    grey = np.asarray(picture.crop((left, top, min(right, picture.width), min(bottom, picture.height))).convert("L"))
    pixels = grey.astype(np.int16)
    across, down = _edges(pixels, 0), _edges(pixels, 1)
    return replace(
        grid,
        left=grid.left + _shift(across, grid.left - left, grid.pitch),
        top=grid.top + _shift(down, grid.top - top, grid.step),
    )


def _edges(pixels: npt.NDArray[np.int16], axis: int) -> npt.NDArray[np.float64]:
    """Return the sums along an axis of how strongly pixels differ from the one after them."""
    edges = np.abs(np.diff(pixels, axis=axis, append=pixels.take([-1], axis=axis)))
    edges[edges < EDGE * edges.max()] = 0
    return np.asarray(edges.sum(axis=axis), np.float64)


def _shift(profile: npt.NDArray[np.float64], origin: float, length: float) -> float:
    """Return by how many pixels cells of this length move so that their borders have the least ink."""
    count = len(profile)
    borders = np.arange(-round(origin / length) - 1, (count - origin) / length + 1) + 0.5
    shifts = np.linspace(-MAX_SHIFT, MAX_SHIFT, STEPS) * length
    smooth = np.convolve(profile, np.hanning(max(3, round(0.3 * length)) + 2), "same")
    sums = []
    for shift in shifts:
        places = origin + borders * length + shift
        inside = places[(places >= 0) & (places <= count - 1)]
        sums.append(float(np.interp(inside, np.arange(count), smooth).mean()) if len(inside) else 0.0)
    # The middle of the blank between letters or rows.
    return float(np.median(shifts[np.array(sums) <= min(sums) + BLANK * max(sums)]))
