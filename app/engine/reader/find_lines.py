"""Detects the lines of an image of any size, at the scale that its text needs.

The detector sees the whole image at DETECTION_SIDE first, and that is all for most images. Text that is too small then
leaves a trace: detail that the smaller picture lost, outside the lines that were found. The window with most of it is
looked at in full size; if there are lines, their height tells the scale at which the image is looked at in tiles. A
single small line leaves too little detail for that: `lone_lines` looks at its place alone.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.images.geometry import quad_sides
from app.domain.ports import NO_PROGRESS, CancelCheck, ProgressCallback
from app.engine.reader.lone_lines import lone_lines
from app.engine.reader.lost_detail import LostDetail
from app.engine.reader.recognise import Quad
from app.engine.reader.rotation import LineReader
from app.engine.reader.scaling import bordered
from app.engine.reader.tiles import text_map
from app.engine.reader.tuning import BORDER, DETECTION_SIDE

MIN_SCALE_GAIN = 1.3
"""Minimum ratio of scales for which looking again is worth it; an image is never enlarged for it."""

CLOSE_HEIGHT = 30.0
"""Height of a line's box, in scaled pixels, at which boxes show nothing of the lines above and below, however dense."""

LARGE_SIDE = 4100
"""Longer side in pixels above which the image is scaled by bands instead of being copied as a whole."""

THIN_SIDE = 128
"""Shorter side in pixels below which such an image gets a border, without which its text is missed."""

LARGE_HEIGHT = 150
"""Height of a line's box, in scaled pixels, from which a tile shows too little of it; a box is larger than its text."""

SEEN_HEIGHT, MAX_SEEN_HEIGHT = 16, 128
"""Height of such a box within which detail is no sign of smaller text; a higher box may be a whole paragraph."""

MIN_HEIGHT, BEST_HEIGHT = 9.5, 20.0
"""Height of a line's box, in scaled pixels, below which lines are missed, and to which smaller lines are scaled."""

MIN_LOST, MIN_LOST_ALONE = 800, 100
"""Minimum number of lost pixels in a window for it to be looked at: about ten small letters; and if no line was found
at all, since a single line on a large page is now and then missed.
"""

WINDOW_SIDE, MAX_WINDOWS = 384, 2
HUGE_SCALE, HUGE_WINDOWS, HUGE_SPREAD = 0.2, 12, 1
"""Scale from which more windows are looked at, as hatching has more detail than text; their number and distance.

Boxes may be whole paragraphs at such scales, so the first window may be within one.
"""

MAX_PARAGRAPH_LINE = 0.35
"""Maximum height of the lines in a box that is a paragraph, as a fraction of the box's height."""

PROBE_LINES, PROBE_LETTERS, PROBE_SCORE = 3, 3, 0.6
"""Number of a window's lines that are read, and what one of them must have: texture is now and then taken for text."""


def find_lines(image: Image.Image, reader: LineReader, check: CancelCheck, progress: ProgressCallback) -> list[Quad]:
    """Return the corners of the lines on an RGB image; `progress` is called if it is looked at in tiles."""
    scale = DETECTION_SIDE / max(image.size)
    if scale * MIN_SCALE_GAIN > 1:
        return reader.find(image)
    if min(image.size) < THIN_SIDE and max(image.size) > LARGE_SIDE:
        expanded = bordered(image)
        quads = _find_at_any_scale(expanded, reader, check, progress)
        return [np.clip(quad - BORDER, 0, image.size) for quad in quads]
    return _find_at_any_scale(image, reader, check, progress)


def find_lines_again(image: Image.Image, found: Sequence[Quad], reader: LineReader, check: CancelCheck) -> list[Quad]:
    """Return the corners of the lines on a flattened picture, at the scale that those found on the photograph need.

    A photograph's print is fainter than a scan's, so that lines which are just high enough on a scan are missed.
    """
    coarse = reader.find(image)
    check()
    height = float(np.median([_height(quad) for quad in found])) if found else BEST_HEIGHT
    needed = min(1.0, BEST_HEIGHT / max(height, 1.0))
    if needed <= DETECTION_SIDE / max(image.size):
        return coarse
    return _merged(coarse, _find_at(image, needed, reader, check, NO_PROGRESS), LARGE_HEIGHT / needed)


def find_lines_finely(
    image: Image.Image, found: Sequence[Quad], reader: LineReader, check: CancelCheck
) -> Sequence[Quad]:
    """Return the corners of lines with closer boxes than those found; those themselves if they are close enough."""
    needed = min(1.0, CLOSE_HEIGHT / max(1.0, float(np.median([_height(quad) for quad in found]))))
    if needed < MIN_SCALE_GAIN * DETECTION_SIDE / max(image.size):
        return found
    fine = _find_at(image, needed, reader, check, NO_PROGRESS)
    return _merged(found, fine, LARGE_HEIGHT / needed)


def _find_at_any_scale(
    image: Image.Image, reader: LineReader, check: CancelCheck, progress: ProgressCallback
) -> list[Quad]:
    scale = DETECTION_SIDE / max(image.size)
    coarse = _find_at(image, scale, reader, check, NO_PROGRESS) if max(image.size) > LARGE_SIDE else reader.find(image)
    check()
    detail = LostDetail(image, scale)
    height = _small_height(image, coarse, scale, detail, reader, check)
    needed = min(1.0, BEST_HEIGHT / height) if height else scale
    found = coarse
    if needed >= MIN_SCALE_GAIN * scale:
        found = _merged(coarse, _find_at(image, needed, reader, check, progress), LARGE_HEIGHT / needed)

    def find(place: Image.Image) -> list[Quad]:
        return _find_at(place, 1.0, reader, check, NO_PROGRESS)

    return [*found, *lone_lines(image, found, detail, MIN_HEIGHT / scale, find, reader)]


def _find_at(
    image: Image.Image, scale: float, reader: LineReader, check: CancelCheck, progress: ProgressCallback
) -> list[Quad]:
    return reader.boxes(text_map(image, scale, reader.map_tile, check, progress), image.size)


def _small_height(
    image: Image.Image,
    found: Sequence[Quad],
    scale: float,
    detail: LostDetail,
    reader: LineReader,
    check: CancelCheck,
) -> float | None:
    """Return the height in pixels of lines that are too small to be found at `scale`; None if there are none."""
    is_huge = scale <= HUGE_SCALE
    seen = [quad for quad in found if SEEN_HEIGHT <= _height(quad) * scale <= MAX_SEEN_HEIGHT]
    for number in range(HUGE_WINDOWS if is_huge else MAX_WINDOWS):
        if number == is_huge:
            detail.cover(seen)
        check()
        box, count = detail.richest_window(WINDOW_SIDE, HUGE_SPREAD if is_huge else 0)
        if count < (MIN_LOST if found else MIN_LOST_ALONE):
            return None
        window = image.crop(box)
        quads = sorted(_find_at(window, 1.0, reader, check, NO_PROGRESS), key=_length, reverse=True)
        if any(_is_read(window, quad, reader) for quad in quads[:PROBE_LINES]):
            height = float(np.median([_height(quad) for quad in quads]))
            if height * scale < MIN_HEIGHT or not found:
                return height
    return None


def _is_read(image: Image.Image, quad: Quad, reader: LineReader) -> bool:
    line = reader.read(image, quad)
    return len(line.text) >= PROBE_LETTERS and line.score >= PROBE_SCORE


def _merged(coarse: Sequence[Quad], fine: Sequence[Quad], large: float) -> list[Quad]:
    """Return the fine lines, and of the coarse ones those that they miss, or see in parts as they are `large`."""
    if not fine:
        return list(coarse)
    boxes = _boxes(fine)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    heights = np.array([_height(quad) for quad in fine])
    is_kept = np.ones(len(fine), np.bool_)
    kept: list[Quad] = []
    for quad, box in zip(coarse, _boxes(coarse), strict=True):
        middle = (box[:2] + box[2:]) / 2
        inside = ((centres >= box[:2]) & (centres <= box[2:])).all(axis=1)
        is_inside = ((boxes[:, :2] <= middle) & (boxes[:, 2:] >= middle)).all(axis=1).any()
        if not inside.any():
            kept += [] if is_inside else [quad]
        elif _height(quad) >= large and np.median(heights[inside]) > MAX_PARAGRAPH_LINE * _height(quad):
            kept.append(quad)
            is_kept &= ~inside
    return kept + [quad for quad, is_line in zip(fine, is_kept, strict=True) if is_line]


def _boxes(quads: Sequence[Quad]) -> npt.NDArray[np.float64]:
    """Return the bounding boxes float64 [quads, 4]: left, top, right, bottom."""
    return np.array([[*quad.min(axis=0), *quad.max(axis=0)] for quad in quads]).reshape(-1, 4)


def _height(quad: Quad) -> float:
    return min(quad_sides(quad))


def _length(quad: Quad) -> float:
    return max(quad_sides(quad))
