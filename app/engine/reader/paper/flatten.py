"""Decides whether a page is bent or seen at an angle, and flattens it along its own lines of text.

Lines of text are straight and parallel on paper. Where the detector sees them run in different directions, a smooth
field of directions is fitted to them, and the curves that follow it become the rows of the flat picture; the ends of
lines that lie below one another give its columns in the same way. See docs/decisions/0040.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.ports import NO_PROGRESS, CancelCheck
from app.engine.reader.paper.flat_paper import STEP, FlatPaper, Grid, flat_paper
from app.engine.reader.paper.ink_map import ink_map, joined
from app.engine.reader.paper.line_slopes import LineSlopes, line_slopes
from app.engine.reader.paper.slope_field import SlopeField, fitted_field
from app.engine.reader.recognise import Quad
from app.engine.reader.rotation import LineReader
from app.engine.reader.tiles import text_map
from app.engine.reader.tuning import DETECTION_SIDE, TALL

Floats = npt.NDArray[np.float64]

MIN_LINES = 8
"""Minimum number of long lines that show how a page is bent."""

LONG = 5.0
"""Minimum ratio of length to height of a line whose box has a direction."""

MIN_BOX_SPREAD = 0.015
"""Spread of the boxes' directions from which the lines are measured: half of what 80 % of their length differ by.

Printed pages that were drawn or scanned have up to 0.012, photographs of bent paper from 0.021.
"""

MIN_INK_SPREAD = 0.02
"""The same for a field that is fitted to the ink: the detector loses curved lines, so that only short boxes remain."""

MIN_BEND = 0.012
"""The same for the fitted field, from which a page is flattened: 0.7 degrees."""

MAX_SLOPE = 0.7
"""Maximum slope of a measured line; others run across the page's lines."""

MAP_HEIGHT = 18.0
"""Height of a line on the map that its direction is measured on."""

MAX_PIXELS, MAX_SIDE = 60_000_000, 32_000
"""Maximum size of a photograph, in pixels, and the maximum length of its sides that OpenCV's remap supports."""

MIN_SIDE, MAX_SHAPE = 200, 4
"""Minimum length of its sides, and the maximum ratio of them: receipts are photographed whole, screens are scrolled."""

MAX_GROWTH = 1.6
"""Maximum length of the flat picture's sides, as a multiple of the photograph's."""

EDGE_REACH = 8.0
"""Maximum distance of the ends of two lines that show a column's direction, in line heights."""

MAX_PAIRS = 2000
"""Maximum number of such pairs, evenly chosen, which bounds the time of the fit."""

EDGE_SLOPE = 0.2
"""Maximum difference of such a direction from the vertical of the page."""


def flattened(image: Image.Image, quads: Sequence[Quad], reader: LineReader, check: CancelCheck) -> FlatPaper | None:
    """Return a flat picture of the page on an RGB image with these lines; None if it is flat."""
    width, height = image.size
    is_too_large = width * height > MAX_PIXELS or max(image.size) > MAX_SIDE
    if is_too_large or min(image.size) < MIN_SIDE or max(image.size) > MAX_SHAPE * min(image.size):
        return None
    sides = _sides(quads)
    is_tall = bool((sides[:, 1] > TALL * sides[:, 0]).sum() > (sides[:, 0] > TALL * sides[:, 1]).sum())
    if _box_spread(quads) < MIN_BOX_SPREAD and _ink_spread(image, is_tall=is_tall) < MIN_INK_SPREAD:
        return None
    check()
    scale = DETECTION_SIDE / max(image.size)
    if len(sides) >= MIN_LINES:
        scale = max(scale, MAP_HEIGHT / max(float(np.median(sides.min(axis=1))), 1.0))
    seen = text_map(image, min(scale, 1.0), reader.map_tile, check, NO_PROGRESS)
    check()
    if is_tall:  # As if the lines ran along x: the picture is mirrored at its diagonal, and back at the end.
        grid = _grid(line_slopes(np.ascontiguousarray(seen.T), (height, width)), (height, width))
        return None if grid is None else flat_paper(image, np.ascontiguousarray(grid.transpose(1, 0, 2)[..., ::-1]))
    grid = _grid(line_slopes(seen, (width, height)), (width, height))
    return None if grid is None else flat_paper(image, grid)


def _sides(quads: Sequence[Quad]) -> Floats:
    """Return the width and height of boxes as they lie on the image, float64 [quads, 2]."""
    corners = np.array(quads).reshape(-1, 4, 2)
    return np.stack([np.hypot(*(corners[:, other] - corners[:, 0]).T) for other in (1, 3)], axis=1)


def _box_spread(quads: Sequence[Quad]) -> float:
    sides = _sides(quads)
    is_long = sides.max(axis=1) > LONG * sides.min(axis=1)
    if is_long.sum() < MIN_LINES:
        return 0.0
    long = np.array(quads)[is_long]
    is_wide = (sides[:, 0] >= sides[:, 1])[is_long]
    runs = np.where(is_wide[:, None], long[:, 1] - long[:, 0], (long[:, 3] - long[:, 0])[:, ::-1])
    return _spread(np.arctan2(runs[:, 1], runs[:, 0]), sides[is_long].max(axis=1))


def _ink_spread(image: Image.Image, *, is_tall: bool) -> float:
    ink = ink_map(image)
    seen = joined(np.ascontiguousarray(ink.T) if is_tall else ink)
    size = seen.shape[1], seen.shape[0]
    lines = line_slopes(seen, size)
    rows = _rows_of(lines, size)
    return _bend(rows, lines) if rows else 0.0


def _rows_of(lines: LineSlopes, size: tuple[int, int]) -> SlopeField | None:
    """Return the field of the rows' directions on an image of this size; None if few lines show it."""
    is_along = np.abs(lines.slopes) < MAX_SLOPE
    if is_along.sum() < MIN_LINES:
        return None
    return fitted_field(lines.points[is_along], lines.slopes[is_along], lines.weights[is_along], *size)


def _bend(rows: SlopeField, lines: LineSlopes) -> float:
    return _spread(rows.at(lines.points[:, 0], lines.points[:, 1]), lines.weights)


def _spread(values: Floats, weights: Floats) -> float:
    """Return half of what the middle 80 % of the weight differ by."""
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    low, high = (float(values[order[min(int(np.searchsorted(share, at)), len(order) - 1)]]) for at in (0.1, 0.9))
    return (high - low) / 2


def _grid(lines: LineSlopes, size: tuple[int, int]) -> Grid | None:
    """Return the points of the photograph that the flat picture shows; None if the page is flat."""
    width, height = size
    rows = _rows_of(lines, size)
    if rows is None or _bend(rows, lines) < MIN_BEND:
        return None
    across = np.arange(0, width + STEP, STEP, dtype=np.float64)
    levels, curves = _inside(rows, across, height)
    columns = _columns(lines, across, levels, curves, _median_slope(lines), width)
    x = _inside(columns, levels - levels[0], width)[1].T  # [levels, columns]
    at = np.clip(x / STEP, 0, len(across) - 1.001)
    column, rest = at.astype(np.intp), at - at.astype(np.intp)
    level = np.arange(len(levels))[:, None]
    y = curves[level, column] * (1 - rest) + curves[level, column + 1] * rest
    return np.stack([x, y], axis=2).astype(np.float32)


def _median_slope(lines: LineSlopes) -> float:
    return float(np.median(lines.slopes[np.abs(lines.slopes) < MAX_SLOPE]))


def _inside(field: SlopeField, positions: Floats, breadth: float) -> tuple[Floats, Floats]:
    """Return the starts of curves, STEP apart, that cross the image, and the curves."""
    reach = (MAX_GROWTH - 1) / 2 * breadth
    starts = np.arange(-reach, breadth + reach, STEP)
    curves = field.curves(starts, positions)
    is_inside = ((curves >= 0) & (curves <= breadth)).any(axis=1)
    first, last = np.flatnonzero(is_inside)[[0, -1]]
    return starts[first : last + 1], curves[first : last + 1]


def _columns(
    lines: LineSlopes, across: Floats, levels: Floats, curves: Floats, slope: float, width: float
) -> SlopeField:
    """Return the field of the columns' directions dx/dy on the page whose rows are already straight.

    Where no ends of lines show it, columns are perpendicular to the rows.
    """
    column = np.clip((lines.ends[:, 0] / STEP).round().astype(np.intp), 0, len(across) - 1)
    at = [np.interp(y, curves[:, index], levels) for (_, y), index in zip(lines.ends, column, strict=True)]
    below = np.array(at) - levels[0]
    x = lines.ends[:, 0]
    usual = -slope
    starts, ends = x[0::2], x[1::2]
    pairs = [_edge_pairs(side, below[first::2], lines.height, usual) for first, side in enumerate((starts, ends))]
    points, slopes = np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])
    length = float(levels[-1] - levels[0])
    if len(points) < MIN_LINES:
        points, slopes = np.array([[length / 2, width / 2]]), np.array([0.0])
    field = fitted_field(points, slopes, np.ones(len(points)), length, width)
    return SlopeField(field.nodes + usual, field.length, field.breadth)


def _edge_pairs(x: Floats, y: Floats, height: float, usual: float) -> tuple[Floats, Floats]:
    """Return the middles (y, x) of pairs of ends that may be of one edge, and their slopes less the usual one."""
    down = y[None, :] - y[:, None]
    aside = x[None, :] - x[:, None] - usual * down
    is_pair = (down > 0.7 * height) & (down < EDGE_REACH * height) & (np.abs(aside) < EDGE_SLOPE * down)
    first, second = (side[:: 1 + is_pair.sum() // MAX_PAIRS] for side in np.nonzero(is_pair))
    middles = np.stack([(y[first] + y[second]) / 2, (x[first] + x[second]) / 2], axis=1)
    return middles, aside[first, second] / down[first, second]
