"""Splits detected lines that span two columns, at the gutter before the next column.

The columns of lines from top to bottom are the tiers of a vertical page.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from app.domain.images.geometry import quad_sides
from app.engine.reader.recognise import Quad, cut_line, read_from
from app.engine.reader.tuning import LINE_HEIGHT

MIN_ALIGNED, MIN_ALIGNED_TIERS = 4, 3
"""Minimum number of lines that begin at the same x to form a column, and at the same y near each other, a tier."""

MIN_GAP, MIN_TIER_GAP = 0.5, 0.35
"""Minimum width of a gutter, and between tiers, as a fraction of the line's height.

A space between words is half of a gutter. Tiers of newspapers are half a character apart, and the characters less
than a quarter.
"""

TIER_REACH, MAX_NEAR = 14.0, 500
"""Maximum distance, in heights, and number of the lines that begin a line's next tier: elsewhere tiers differ."""

BLANK = 0.25
"""Maximum contrast (lightest minus darkest pixel) of a blank pixel column, as a fraction of the line's maximum."""


def cut_at_gutters(image: Image.Image, quads: Sequence[Quad]) -> list[Quad]:
    """Return the corners of lines on an RGB image, with lines that run into the next column split in two.

    Lines from top to bottom are split where those of the next tier of vertical writing begin.
    """
    own = [read_from(quad) for quad in quads]
    across = _starts([quad for quad, given in zip(own, quads, strict=True) if quad is given], 0)
    down = [quad for quad, given in zip(own, quads, strict=True) if quad is not given]
    middles = np.array([quad[:, 0].mean() for quad in down])
    segments: list[Quad] = []
    for quad, given in zip(own, quads, strict=True):
        if quad is given:
            segments += _cut(image, quad, across, 0)
        else:
            is_near = np.abs(middles - quad[:, 0].mean()) <= TIER_REACH * quad_sides(quad)[1]
            tiers = _starts([down[number] for number in np.flatnonzero(is_near)[:MAX_NEAR]], 1)
            segments += [np.roll(segment, 1, axis=0) for segment in _cut(image, quad, tiers, 1)]
    return segments


def _starts(quads: Sequence[Quad], axis: int) -> list[float]:
    """Return where columns begin along an axis, ascending: each place at which several lines begin."""
    if not quads:
        return []
    corners = np.array(quads)
    firsts = np.sort(corners[:, 0, axis])
    near = 0.3 * float(np.median(np.hypot(*(corners[:, 3] - corners[:, 0]).T)))
    counts = np.searchsorted(firsts, firsts + near, "right") - np.searchsorted(firsts, firsts - near)
    starts: list[float] = []
    for first in firsts[counts >= (MIN_ALIGNED_TIERS if axis else MIN_ALIGNED)].tolist():
        if not starts or first > starts[-1] + 3 * near:
            starts.append(first)
    return starts


def _cut(image: Image.Image, quad: Quad, starts: Sequence[float], axis: int) -> list[Quad]:
    first, last = float(quad[0, axis]), float(quad[1, axis])
    height = quad_sides(quad)[1]
    inside = [start for start in starts if first + 2 * height < start < last - 2 * height]
    if not inside:
        return [quad]
    blank = _blank_columns(image, quad)
    for start in inside:
        column = len(blank) * (start - first) / (last - first)
        if (share := _gap(blank, int(column), MIN_TIER_GAP if axis else MIN_GAP)) is not None:
            top, bottom = quad[0] + (quad[1] - quad[0]) * share, quad[3] + (quad[2] - quad[3]) * share
            left, right = np.stack([quad[0], top, bottom, quad[3]]), np.stack([top, quad[1], quad[2], bottom])
            return [left, *_cut(image, right, starts, axis)]
    return [quad]


def _gap(blank: "np.typing.NDArray[np.bool_]", column: int, min_gap: float) -> float | None:
    """Return the middle of the widest blank run just left of a column as a fraction of the line; None if too narrow."""
    first = max(0, column - LINE_HEIGHT)
    best_length, best_end, length = 0, 0, 0
    for index, is_blank in enumerate(blank[first : column + LINE_HEIGHT // 3].tolist(), start=first + 1):
        length = length + 1 if is_blank else 0
        if length > best_length:
            best_length, best_end = length, index
    return (best_end - best_length / 2) / len(blank) if best_length >= min_gap * LINE_HEIGHT else None


def _blank_columns(image: Image.Image, quad: Quad) -> "np.typing.NDArray[np.bool_]":
    pixels = np.asarray(cut_line(image, quad).convert("L"), dtype=np.float32)[4:-4]
    contrast = pixels.max(axis=0) - pixels.min(axis=0)
    blank: np.typing.NDArray[np.bool_] = contrast < BLANK * contrast.max()
    return blank
