"""Cuts detected boxes that hold several lines: short ones below one another, such as a table's numbers, run together.

Only boxes are cut whose rows of print go on in lines beside them: other high boxes are large type, or vertical writing.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.engine.reader.recognise import Quad
from app.engine.reader.rotation import is_tall
from app.engine.reader.text_boxes import skew_of

MIN_HEIGHT = 1.35
"""Minimum height of a box of several lines, as a multiple of that of the page's usual line."""

MAX_SKEW = 0.03
"""Maximum skew of the page in radians: rows of print are looked for along the picture's rows."""

MIN_INK = 0.35
"""Minimum difference from the background's brightness, as a fraction of the box's largest difference, of print."""

MAX_RULE = 0.9
"""Fraction of the box's height over which a column of pixels is drawn that is a vertical rule."""

MIN_BAND = 0.2
"""Minimum height of a row of print, in heights of the usual line's box; horizontal rules and specks are lower."""

MAX_BAND = 0.95
"""Maximum height of a row of print in the same measure: boxes are higher than their text."""

SAME_ROW = 0.25
"""Distance of a row's middle from that of a line beside it, in heights of the usual line's box."""

REACH = 0.6
"""How far above and below the box its first and last rows may go on, in heights of the usual line's box."""

MARGIN = 0.2
"""Blank around a row that is cut out, in heights of the usual line's box, and at most up to the next row."""

BAR = 0.6
"""Width of what is drawn between two rows, as a fraction of the wider one's, from which it is the bar of a fraction."""

Floats = npt.NDArray[np.float64]
Band = tuple[int, int]
"""The first row of pixels of a row of print, and the one after its last."""


def cut_stacked(image: Image.Image, quads: Sequence[Quad]) -> list[Quad]:
    """Return the corners of lines on an upright RGB image, with boxes of several lines cut into these."""
    wide = [quad for quad in quads if not is_tall(quad) and np.isfinite(quad).all()]
    if 2 * len(wide) <= len(quads) or abs(skew_of(quad.tolist() for quad in wide)) > MAX_SKEW:
        return list(quads)
    usual = max(1.0, float(np.median([_extent(quad)[3] - _extent(quad)[1] for quad in wide])))
    singles = np.array([_extent(quad) for quad in quads if _is_single(quad, usual)]).reshape(-1, 4)
    grey = image.convert("L")
    return [line for quad in quads for line in (_cut(grey, quad, usual, singles) or [quad])]


def _cut(grey: Image.Image, quad: Quad, usual: float, singles: Floats) -> list[Quad]:
    """Return the corners of the lines in a box that no other box has; none if it is to stay as it is."""
    if _is_single(quad, usual) or not np.isfinite(quad).all():
        return []
    left, top, right, bottom = (round(edge) for edge in np.clip(_extent(quad), 0, [*grey.size, *grey.size]).tolist())
    # The box may end within a row.
    above, below = max(0, top - round(REACH * usual)), min(grey.height, bottom + round(REACH * usual))
    if right - left < 3 or below - above < 3:
        return []
    ink = _ink(np.asarray(grey.crop((left, above, right, below)), dtype=np.float32))
    runs = _runs(ink.max(axis=1))
    bands = [band for band in runs if band[1] - band[0] >= MIN_BAND * usual and top <= above + sum(band) / 2 <= bottom]
    if len(bands) < 2 or any(end - begin > MAX_BAND * usual for begin, end in bands) or _has_bar(ink, bands, runs):
        return []
    middles = [above + (begin + end) / 2 for begin, end in bands]
    near = [np.abs((singles[:, 1] + singles[:, 3]) / 2 - middle) <= SAME_ROW * usual for middle in middles]
    if not all(is_near.any() for is_near in near):
        return []
    lines = []
    for number, (begin, end) in enumerate(bands):
        columns = np.flatnonzero(ink[begin:end].any(axis=0)) + left
        x = (columns[0] + columns[-1]) / 2
        if ((singles[:, 0] < x) & (singles[:, 2] > x) & near[number]).any():
            continue
        first, last = (bands[number - 1][1] if number else 0), [*bands, (len(ink), 0)][number + 1][0]
        margin = MARGIN * usual
        x0, x1 = max(left, columns[0] - margin), min(right, columns[-1] + 1 + margin)
        y0, y1 = max((first + begin) / 2, begin - margin) + above, min((end + last) / 2, end + margin) + above
        lines.append(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], quad.dtype))
    return lines


def _has_bar(ink: npt.NDArray[np.bool_], bands: Sequence[Band], runs: Sequence[Band]) -> bool:
    """Return whether something as wide as print is drawn between two rows, as in a fraction."""
    low = [run for run in runs if run not in bands and bands[0][1] <= run[0] and run[1] <= bands[-1][0]]
    widths = [int(ink[begin:end].any(axis=0).sum()) for begin, end in bands]
    return any(ink[begin:end].any(axis=0).sum() > BAR * max(widths) for begin, end in low)


def _is_single(quad: Quad, usual: float) -> bool:
    _, top, _, bottom = _extent(quad)
    return bool(bottom - top < MIN_HEIGHT * usual)


def _ink(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Return where something is drawn, without vertical rules."""
    difference = np.abs(pixels - np.median(pixels))
    ink: npt.NDArray[np.bool_] = difference > max(MIN_INK * float(difference.max()), 1.0)
    ink[:, ink.mean(axis=0) > MAX_RULE] = False
    return ink


def _runs(is_drawn: npt.NDArray[np.bool_]) -> list[Band]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_drawn.astype(np.int8), [0])))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _extent(quad: Quad) -> tuple[float, float, float, float]:
    (left, top), (right, bottom) = quad.min(axis=0).tolist(), quad.max(axis=0).tolist()
    return left, top, right, bottom
