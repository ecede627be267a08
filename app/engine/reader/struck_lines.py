"""Finds level strokes that strike words through: 6.30 was read as 0.30 below one, with confidence.

Letters are read with the stroke, which the recogniser knows better than what is left of them without. Blanks are not.
"""

from collections.abc import Sequence
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.images.geometry import quad_sides
from app.engine.reader.covered_letters import ForeignInk, Mask, place_of
from app.engine.reader.ink_outside import dark_ink
from app.engine.reader.recognise import Quad

MAX_SIDE = 4100
"""Maximum side in pixels of a page that is looked at."""

MIN_LENGTH, MAX_WIDTH = 1.8, 0.15
"""Minimum length of a stroke and its maximum width, as multiples of the line's height; letters' own are shorter."""

MIDDLE = (0.4, 0.7)
"""Between which shares of a line's height such a stroke lies: underlines lie lower."""

MIN_CROSSED, MIN_BESIDE, MIN_LETTERS = 0.2, 0.18, 3
"""Minimum share of a stroke where a letter's ink is both above and below it, the same for each of the two sides, and
minimum number of such places. Headlines of Devanagari have 0.15 and less above, joined letters of Arabic below.
"""

PIECES = 0.6
"""Minimum length of a stroke's pieces between letters that blur it, by that of the whole."""

REACH = 0.25
"""Distance from a letter within which a stroke touches it, as a fraction of its line's height."""

LONG = 6.0
"""Minimum length of a stroke that is looked at where no line was found, as a multiple of the lines' usual height."""

BLANK = 0.3
"""Distance from a letter's strokes at which a blank begins, as a fraction of that height."""

EDGE = 4
"""Number of pixels above and below a stroke that are looked at."""

Levels = npt.NDArray[np.uint8]


def without_strokes(image: Image.Image, found: Sequence[Quad]) -> tuple[Image.Image, ForeignInk] | None:
    """Return an RGB image without the strokes through these lines in its blanks, and the strokes; None without any."""
    if not found or max(image.size) > MAX_SIDE:
        return None
    ink, _ = dark_ink(np.asarray(image.convert("L")))
    height = max(1.0, median(min(quad_sides(quad)) for quad in found))
    level = _level(ink, height)
    _, labels, found_stats, _ = cv2.connectedComponentsWithStats(_joined(level, height), connectivity=8)
    strokes, stats = np.where(level > 0, labels, 0).astype(np.int32), np.asarray(found_stats, np.int32)
    numbers = set[int]().union(*(_through(quad, ink, strokes) for quad in found))
    numbers |= {number for number in _long(stats, height) if _strikes(*_part(number, strokes, stats, ink), height)}
    if not numbers:
        return None
    pixels, struck = np.array(image), np.zeros(ink.shape, np.bool_)
    for number in numbers:
        box = _box(stats[number])
        stroke = strokes[box] == number
        columns = np.asarray(_crossed(ink[box], stroke).any(axis=0), np.uint8)[None]
        lettered = np.asarray(cv2.dilate(columns, np.ones((1, 2 * round(BLANK * height) + 1), np.uint8)))[0] > 0
        part, paper = pixels[box], ink[box] == 0
        part[_widened(stroke, 1) & ~lettered] = np.median(part[paper | ~paper.any()], axis=0)
        struck[box] |= _widened(stroke, round(0.05 * height))
    return Image.fromarray(pixels), ForeignInk(struck, REACH)


def _level(ink: Levels, height: float) -> Levels:
    return np.asarray(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, _piece(height)), np.uint8)), np.uint8)


def _joined(level: Levels, height: float) -> Levels:
    return np.asarray(cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((3, _piece(height)), np.uint8)), np.uint8)


def _piece(height: float) -> int:
    return max(12, round(PIECES * MIN_LENGTH * height))


def _box(stats: npt.NDArray[np.int32]) -> tuple[slice, slice]:
    left, top, width, height, _ = stats.tolist()
    return slice(max(0, top - EDGE), top + height + EDGE), slice(left, left + width)


def _part(
    number: int, strokes: npt.NDArray[np.int32], stats: npt.NDArray[np.int32], ink: Levels
) -> tuple[Mask, Levels]:
    box = _box(stats[number])
    return strokes[box] == number, ink[box]


def _long(stats: npt.NDArray[np.int32], height: float) -> list[int]:
    """Return the numbers of strokes that may go through a whole line, which the detector may miss for them."""
    widths, heights = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    return [int(number) for number in np.flatnonzero((widths >= LONG * height) & (heights <= height)) if number]


def _through(quad: Quad, ink: Levels, strokes: npt.NDArray[np.int32]) -> set[int]:
    """Return the numbers of the strokes through a line."""
    box, within = place_of(quad, ink.shape)
    height = min(quad_sides(quad))
    parts = strokes[box] * within
    return {
        number
        for number in np.unique(parts[parts > 0]).tolist()
        if _strikes(parts == number, ink[box], height) and _is_in_the_middle(parts == number, within)
    }


def _strikes(stroke: Mask, ink: Levels, height: float) -> bool:
    length = int(stroke.any(axis=0).sum())
    if length < MIN_LENGTH * height or stroke.sum() > MAX_WIDTH * height * length:
        return False
    above, below = (_beside(ink, stroke, step) for step in (-1, 1))
    crossed = _crossed(ink, stroke).any(axis=0)
    places = int((np.diff(crossed.astype(np.int8), prepend=0) == 1).sum())
    is_crossed = crossed.sum() >= MIN_CROSSED * length and places >= MIN_LETTERS
    return is_crossed and min(above.sum(), below.sum()) >= MIN_BESIDE * length


def _is_in_the_middle(stroke: Mask, within: Mask) -> bool:
    """Return whether a stroke lies in the middle of a line, whose place on the box may be askew."""
    columns = np.flatnonzero(stroke.any(axis=0) & within.any(axis=0))
    rows = np.arange(len(stroke))[:, None]
    middles = (stroke * rows).sum(axis=0)[columns] / stroke.sum(axis=0)[columns]
    heights = np.maximum(1, within.sum(axis=0)[columns])
    return bool(MIDDLE[0] <= float(np.median((middles - within.argmax(axis=0)[columns]) / heights)) <= MIDDLE[1])


def _crossed(ink: Levels, stroke: Mask) -> Mask:
    """Return what of a stroke has a letter's ink both above and below it."""
    near = [
        cv2.dilate(_beside(ink, stroke, step).astype(np.uint8)[None], np.ones((1, 3), np.uint8)) for step in (-1, 1)
    ]
    return stroke & (near[0] > 0) & (near[1] > 0)


def _beside(ink: Levels, stroke: Mask, step: int) -> Mask:
    """Return the columns of a stroke with ink below it (`step` 1) or above it (-1), beyond its own blurred edge."""
    near, far = (_moved(stroke, step * distance) for distance in (1, 2))
    return np.asarray((far & ~near & ~stroke & (ink > 0)).any(axis=0))


def _moved(mask: Mask, rows: int) -> Mask:
    """Return a mask moved down by some rows, or up."""
    moved = np.zeros_like(mask)
    if rows > 0:
        moved[rows:] = mask[:-rows]
    else:
        moved[:rows] = mask[-rows:]
    return moved


def _widened(mask: Mask, rows: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((2 * rows + 1, 1), np.uint8)) > 0)
