"""Finds dashes that stand alone in a row and a column, as in empty cells of tables, which the detector misses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.engine.reader.ctc_decoding import Letter
from app.engine.reader.ink_outside import Pieces
from app.engine.reader.lone_figures import MAX_FOUND, MIN_SCORE
from app.engine.reader.recognise import OcrLine

WIDTHS = ((0.45, "—"), (0.25, "–"), (0.12, "-"))
"""Minimum widths of dashes as fractions of the height of a line's box, the widest first."""

MAX_WIDTH, MIN_SHAPE = 1.1, 1.9
"""Maximum width of a dash as a fraction of that height, and minimum ratio of its width to its height."""

OFF = (-0.12, 0.22)
"""Distance of a dash from the middle of the line beside it, as a fraction of that height; below is positive."""

BESIDE, BEFORE_TEXT = 0.5, 2.0
"""Minimum distances from a line before and from one after it, in heights: nearer are signs and dashes of lists."""

ALIGNED, MIN_ALIGNED, REACH = 0.4, 2, 5.0
"""A column's lines begin, end or have their middle so near a dash's, in heights; their number, within this distance."""

RIM, BLUR, MAX_CONTRAST = 0.2, 2, 40
"""Width of the paper around a dash, in heights; pixels beside its ink that are blurred; greys that paper spans."""


@dataclass(frozen=True, slots=True)
class _Lines:
    """The boxes of the lines of a page as arrays in pixels."""

    left: npt.NDArray[np.float64]
    top: npt.NDArray[np.float64]
    right: npt.NDArray[np.float64]
    bottom: npt.NDArray[np.float64]

    @property
    def heights(self) -> npt.NDArray[np.float64]:
        return self.bottom - self.top


def lone_dashes(grey: npt.NDArray[np.uint8], pieces: Pieces, rows: Sequence[OcrLine]) -> list[OcrLine]:
    """Return the dashes among pieces of ink outside the lines of a page, in the rows and columns that `rows` make."""
    corners = np.array([line.quad for line in rows], np.float64)
    (left, top), (right, bottom) = corners.min(axis=1).T, corners.max(axis=1).T
    dashes = list(_dashes(grey, pieces, _Lines(left, top, right, bottom)))
    return dashes if len(dashes) <= MAX_FOUND else []


def _dashes(grey: npt.NDArray[np.uint8], pieces: Pieces, lines: _Lines) -> Iterator[OcrLine]:
    usual = float(np.median(lines.heights))
    large = pieces[np.maximum(pieces[:, 2], pieces[:, 3]) >= WIDTHS[-1][0] * usual * 0.7]
    is_flat = (large[:, 2] >= MIN_SHAPE * large[:, 3]) & (large[:, 2] <= MAX_WIDTH * usual * 1.4)
    for left, top, width, height, _ in large[is_flat].tolist():
        right, middle = left + width, top + height / 2
        row = _row(lines, left, right, middle)
        if row is None:
            continue
        tall = float(lines.heights[row])
        sign = next((sign for least, sign in WIDTHS if width >= least * tall), None)
        if sign is None or width > MAX_WIDTH * tall or not _is_alone(large, left, right, middle, tall):
            continue
        is_on_paper = _is_on_paper(grey, (left, top, right, top + height), round(RIM * tall))
        if is_on_paper and _aligned(lines, left, right, middle, tall) >= MIN_ALIGNED:
            pad = max(0.0, tall - width) / 2
            first, last = left - pad, right + pad
            upper, lower = middle - tall / 2, middle + tall / 2
            quad = np.array([(first, upper), (last, upper), (last, lower), (first, lower)], np.float64)
            yield OcrLine(sign, quad, MIN_SCORE, (Letter(sign, 0.0, 1.0, MIN_SCORE),))


def _row(lines: _Lines, left: int, right: int, middle: float) -> int | None:
    """Return the nearest line before a dash in its row; None if there is none, or text is too near."""
    heights = lines.heights
    off = middle - (lines.top + lines.bottom) / 2
    beside = (off >= OFF[0] * heights) & (off <= OFF[1] * heights)
    before = beside & (lines.right <= left - BESIDE * heights)
    over = (lines.top < middle) & (lines.bottom > middle)
    is_near = over & (lines.right > left - BESIDE * heights) & (lines.left < right + BEFORE_TEXT * heights)
    if is_near.any() or not before.any():
        return None
    return int(np.flatnonzero(before)[np.argmax(lines.right[before])])


def _is_alone(found: Pieces, left: int, right: int, middle: float, tall: float) -> bool:
    """Return whether no other ink of a letter's size is around a dash."""
    lefts, tops, widths, heights = found[:, 0], found[:, 1], found[:, 2], found[:, 3]
    near = (lefts < right + tall) & (lefts + widths > left - tall)
    near &= (tops < middle + tall / 2) & (tops + heights > middle - tall / 2)
    # Rules of a table run around its cells.
    near &= (widths < 3 * tall) & (heights < 3 * tall)
    return int(near.sum()) == 1


def _is_on_paper(grey: npt.NDArray[np.uint8], box: tuple[int, int, int, int], rim: int) -> bool:
    """Return whether what is around a dash is even, as paper is, and a picture is not."""
    left, top, right, bottom = box
    inner, outer = BLUR, BLUR + max(1, rim)
    part = grey[max(0, top - outer) : bottom + outer, max(0, left - outer) : right + outer].astype(np.int16)
    is_rim = np.ones(part.shape, np.bool_)
    first = min(top, outer) - inner, min(left, outer) - inner
    is_rim[
        max(0, first[0]) : first[0] + bottom - top + 2 * inner, max(0, first[1]) : first[1] + right - left + 2 * inner
    ] = False
    return bool(is_rim.any()) and int(np.ptp(part[is_rim])) <= MAX_CONTRAST


def _aligned(lines: _Lines, left: int, right: int, middle: float, tall: float) -> int:
    """Return the number of lines above and below that are in a dash's column."""
    reach = ALIGNED * tall
    centres = (lines.left + lines.right) / 2
    is_aligned = (np.abs(lines.left - left) <= reach) | (np.abs(lines.right - right) <= reach)
    is_aligned |= np.abs(centres - (left + right) / 2) <= reach
    away = np.abs((lines.top + lines.bottom) / 2 - middle)
    return int((is_aligned & (away <= REACH * tall) & (away > tall / 2)).sum())
