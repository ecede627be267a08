"""Measures the direction of lines of text all over a page, on the detector's map of it."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from app.engine.reader.tiles import TextMap

Floats = npt.NDArray[np.float64]

THRESHOLD = 64
"""Value of the map from which a pixel is one of a line's core, out of 255."""

MIN_CORE_LENGTH, MIN_CORE_SHAPE = 16, 4.0
"""Minimum length of a core, in pixels of the map and as a multiple of its height, to have a direction."""

CORE_SHARE = 0.4
"""Height of a core as a fraction of its line's; the detection network is trained on shrunk lines."""

STRETCH = 6.0
"""Length of the stretches that a core is divided into, as a multiple of its height: a line may be bent."""


@dataclass(frozen=True, slots=True)
class LineSlopes:
    """Measured on lines along x: points float64 [n, 2], the slopes dy/dx there, and their weights.

    `ends` are the ends of the lines, float64 [m, 2], and `height` is their median height, all in the image's pixels.
    """

    points: Floats
    slopes: Floats
    weights: Floats
    ends: Floats
    height: float


def line_slopes(text_map: TextMap, size: tuple[int, int]) -> LineSlopes:
    """Measure the lines on the map of an image of this width and height."""
    cores = (text_map > THRESHOLD).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(cores, connectivity=4)
    stretches: list[tuple[float, float, float, float]] = []
    ends: list[tuple[float, float]] = []
    heights: list[float] = []
    for label in range(1, count):
        left, top, width, height = (int(value) for value in boxes[label, :4])
        if width < MIN_CORE_LENGTH:
            continue
        core = labels[top : top + height, left : left + width] == label
        thickness = core.sum(axis=0)
        usual = float(np.median(thickness))
        if width < MIN_CORE_SHAPE * usual:
            continue
        middles = top + (core * np.arange(height)[:, None]).sum(axis=0) / np.maximum(thickness, 1)
        stretches += _stretches(middles, left, usual)
        ends += [(left, float(middles[0])), (left + width, float(middles[-1]))]
        heights.append(usual)
    across, down = size[0] / text_map.shape[1], size[1] / text_map.shape[0]
    measured = np.array(stretches).reshape(-1, 4)
    return LineSlopes(
        measured[:, :2] * (across, down),
        measured[:, 2] * down / across,
        measured[:, 3] * across,
        np.array(ends).reshape(-1, 2) * (across, down),
        float(np.median(heights)) * down / CORE_SHARE if heights else 0.0,
    )


def _stretches(middles: Floats, left: int, height: float) -> list[tuple[float, float, float, float]]:
    """Return the middle, slope and length of the stretches of a core, given its middle at each pixel."""
    count = max(1, round(len(middles) / max(MIN_CORE_LENGTH, STRETCH * height)))
    stretches = []
    for part in np.array_split(np.arange(len(middles)), count):
        slope, at_start = (float(value) for value in np.polyfit(part - part[0], middles[part], 1))
        half = (len(part) - 1) / 2
        stretches.append((float(left + part[0] + half), at_start + slope * half, slope, float(len(part))))
    return stretches
