"""Finds figures that stand alone in a row, as quantities and cells do, which the detector misses.

It looks for ink of a figure's size outside all lines, beside a line that was read, and reads it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from app.engine.reader.ink_outside import Pieces
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.rotation import LineReader

HEIGHTS, WIDTHS = (0.3, 0.95), (0.1, 1.0)
"""Height of a figure as a fraction of its row's box, and its width as a fraction of its height."""

MAX_OFF = 0.2
"""Maximum vertical distance of the middles of figure and line, as a fraction of the line's height."""

NEAR, MAX_DIGITS = 0.6, 2
"""Distance, as a fraction of the height, within which ink belongs to it, and maximum number of digits of a figure."""

PAD = 0.3
"""Margin around a figure that is read, as a fraction of its height."""

MIN_SCORE, MAX_FOUND = 0.9, 40
"""Minimum score of a figure, and maximum number of places: more are a picture's texture."""


def lone_figures(image: Image.Image, pieces: Pieces, rows: Sequence[OcrLine], reader: LineReader) -> list[OcrLine]:
    """Return the figures among pieces of ink outside the lines of an upright RGB image, beside these lines."""
    places = list(_places(pieces, rows))
    if len(places) > MAX_FOUND:
        return []
    read = [reader.read(image, place) for place in places]
    return [line for line in read if line.text.isdecimal() and line.score >= MIN_SCORE]


def _places(pieces: Pieces, rows: Sequence[OcrLine]) -> Iterator[Quad]:
    tops = np.array([line.quad[:, 1].min() for line in rows])
    bottoms = np.array([line.quad[:, 1].max() for line in rows])
    heights = np.array([np.hypot(*(line.quad[3] - line.quad[0])) for line in rows])
    usual = float(np.median(heights))
    found = pieces[(pieces[:, 3] >= HEIGHTS[0] * usual * 0.7) & (pieces[:, 3] <= HEIGHTS[1] * usual * 1.4)]
    found = found[found[:, 2] <= WIDTHS[1] * found[:, 3] * MAX_DIGITS]
    used = np.zeros(len(found), np.bool_)
    for number in np.argsort(found[:, 0], kind="stable").tolist():
        left, top, width, height, _ = found[number].tolist()
        if used[number] or not WIDTHS[0] * height <= width:
            continue
        group = _group(found, number)
        used[group] = True
        middle = top + height / 2
        off = np.abs((tops + bottoms) / 2 - middle)
        fits = (off <= MAX_OFF * heights) & (height >= HEIGHTS[0] * heights) & (height <= HEIGHTS[1] * heights)
        if len(group) > MAX_DIGITS or not fits.any():
            continue
        boxes = found[group]
        right, bottom = int((boxes[:, 0] + boxes[:, 2]).max()), int((boxes[:, 1] + boxes[:, 3]).max())
        top, pad = int(boxes[:, 1].min()), PAD * height
        # A box that is higher than wide would be read as vertical writing.
        wide = max(pad, (bottom - top + 2 * pad - (right - left)) / 2)
        corners = [(left - wide, top), (right + wide, top), (right + wide, bottom), (left - wide, bottom)]
        yield np.array(corners, np.float64) + np.array([(0, -pad), (0, -pad), (0, pad), (0, pad)])


def _group(found: Pieces, number: int) -> list[int]:
    """Return the numbers of the ink that is beside a piece, from left to right, and beside that."""
    left, top, width, height, _ = found[number].tolist()
    group, right = [number], left + width
    beside = np.abs(found[:, 1] + found[:, 3] / 2 - top - height / 2) < height / 2
    for other in np.argsort(found[:, 0], kind="stable").tolist():
        if other != number and beside[other] and left <= found[other, 0] <= right + NEAR * height:
            group.append(other)
            right = max(right, int(found[other, 0] + found[other, 2]))
    return group
