"""Finds lines that the detector missed under a watermark or a stamp: pale coloured ink across dark text.

The picture is looked at a second time without that ink, if there is some, and if there is dark ink outside all lines.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.engine.reader.recognise import Quad
from app.engine.reader.rotation import LineReader

MIN_COLOUR, MIN_PALE = 30, 150
"""Minimum difference of a coloured pixel's channels, and minimum of its lightest one, in grey levels."""

COLOURED = (0.01, 0.25)
"""Share of coloured pixels on a page with a watermark: less is a dot, more a picture."""

MIN_PAPER = 200
"""Minimum grey level of paper; other pages have no watermark that is paler than text and darker than paper."""

MAX_DARK = 110
"""Maximum of a dark pixel's lightest channel."""

MIN_MISSED = 0.08
"""Minimum share of the dark ink that lies outside all lines; rules and logos may be as much as that."""

MIN_SHAPE = 2.5
"""Minimum ratio of width to height of a missed line: signs and parts of pictures are no lines."""

STEP = 2
"""Every so many pixels are looked at."""

MAX_SIDE = 4100
"""Maximum side in pixels of such a picture; larger ones are looked at in tiles, and closer, anyway."""

Levels = npt.NDArray[np.uint8]


def with_lines_under_colour(image: Image.Image, found: Sequence[Quad], reader: LineReader) -> list[Quad]:
    """Return the lines found on an RGB image, and those that are seen without its pale coloured ink."""
    if not found or max(image.size) > MAX_SIDE or not _may_hide_lines(np.asarray(image)[::STEP, ::STEP], found):
        return list(found)
    pixels = np.array(image)
    paper = np.median(pixels.reshape(-1, 3)[:: STEP**2], axis=0).astype(np.uint8)
    pixels[pixels.max(axis=2) > MAX_DARK] = paper
    covered = np.zeros(pixels.shape[:2], np.uint8)
    for quad in found:
        cv2.fillConvexPoly(covered, np.rint(quad).astype(np.int32), 1)
    missed = [
        quad for quad in reader.find(Image.fromarray(pixels)) if _is_line(quad) and not _is_covered(covered, quad)
    ]
    return [*found, *missed]


def _may_hide_lines(pixels: Levels, found: Sequence[Quad]) -> bool:
    lightest, darkest = pixels.max(axis=2), pixels.min(axis=2)
    if float(np.median(darkest)) < MIN_PAPER:
        return False
    coloured = float(np.mean((lightest >= MIN_PALE) & (lightest - darkest >= MIN_COLOUR)))
    if not COLOURED[0] <= coloured <= COLOURED[1]:
        return False
    dark = np.array(lightest <= MAX_DARK, dtype=np.uint8)
    total = int(dark.sum())
    for quad in found:
        cv2.fillConvexPoly(dark, np.rint(quad / STEP).astype(np.int32), 0)
    return int(dark.sum()) >= MIN_MISSED * max(1, total)


def _is_line(quad: Quad) -> bool:
    return bool(np.hypot(*(quad[1] - quad[0])) >= MIN_SHAPE * np.hypot(*(quad[3] - quad[0])))


def _is_covered(covered: Levels, quad: Quad) -> bool:
    x, y = np.clip(np.rint(quad.mean(axis=0)), 0, np.array(covered.shape[::-1]) - 1).astype(int).tolist()
    return bool(covered[y, x])
