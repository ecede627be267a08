"""Splits detected lines that span two columns, at the gutter before the next column."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from app.engine.reader.recognise import Quad, cut_line
from app.engine.reader.tuning import LINE_HEIGHT, TALL

MIN_ALIGNED = 4
"""Minimum number of lines that begin at the same x to form a column."""

MIN_GAP = 0.5
"""Minimum width of a gutter, as a fraction of the line's height; a space between words is half of that."""

BLANK = 0.25
"""Maximum contrast (lightest minus darkest pixel) of a blank pixel column, as a fraction of the line's maximum."""


def cut_at_gutters(image: Image.Image, quads: Sequence[Quad]) -> list[Quad]:
    """Return the corners of lines on an upright RGB image, with lines that run into the next column split in two."""
    return [segment for quad in quads for segment in _cut(image, quad, _starts(quads))]


def _starts(quads: Sequence[Quad]) -> list[float]:
    """Return the left edges of columns: each x that at least MIN_ALIGNED lines share, from left to right."""
    wide = [quad for quad in quads if not _is_tall(quad)]
    lefts = np.array([quad[0, 0] for quad in wide])
    near = 0.3 * float(np.median([np.hypot(*(quad[3] - quad[0])) for quad in wide])) if wide else 0.0
    starts: list[float] = []
    for left in sorted(lefts.tolist()):
        if (np.abs(lefts - left) <= near).sum() >= MIN_ALIGNED and (not starts or left > starts[-1] + 3 * near):
            starts.append(left)
    return starts


def _cut(image: Image.Image, quad: Quad, starts: Sequence[float]) -> list[Quad]:
    length, height = float(quad[1, 0] - quad[0, 0]), float(np.hypot(*(quad[3] - quad[0])))
    inside = [start for start in starts if quad[0, 0] + 2 * height < start < quad[1, 0] - 2 * height]
    if not inside or _is_tall(quad):
        return [quad]
    blank = _blank_columns(image, quad)
    for start in inside:
        column = len(blank) * (start - quad[0, 0]) / length
        if (share := _gap(blank, int(column))) is not None:
            top, bottom = quad[0] + (quad[1] - quad[0]) * share, quad[3] + (quad[2] - quad[3]) * share
            left, right = np.stack([quad[0], top, bottom, quad[3]]), np.stack([top, quad[1], quad[2], bottom])
            return [left, *_cut(image, right, starts)]
    return [quad]


def _gap(blank: "np.typing.NDArray[np.bool_]", column: int) -> float | None:
    """Return the middle of the widest blank run just left of a column as a fraction of the line; None if too narrow."""
    first = max(0, column - LINE_HEIGHT)
    best_length, best_end, length = 0, 0, 0
    for index, is_blank in enumerate(blank[first : column + LINE_HEIGHT // 3].tolist(), start=first + 1):
        length = length + 1 if is_blank else 0
        if length > best_length:
            best_length, best_end = length, index
    return (best_end - best_length / 2) / len(blank) if best_length >= MIN_GAP * LINE_HEIGHT else None


def _blank_columns(image: Image.Image, quad: Quad) -> "np.typing.NDArray[np.bool_]":
    pixels = np.asarray(cut_line(image, quad).convert("L"), dtype=np.float32)[4:-4]
    contrast = pixels.max(axis=0) - pixels.min(axis=0)
    blank: np.typing.NDArray[np.bool_] = contrast < BLANK * contrast.max()
    return blank


def _is_tall(quad: Quad) -> bool:
    return bool(np.hypot(*(quad[3] - quad[0])) > TALL * np.hypot(*(quad[1] - quad[0])))
