"""Finds single small lines far from others: a page number or a note in the margin of a large scan.

The detector misses them where the whole page is scaled down for it, and they leave too little detail for the page to be
looked at in tiles. So each of the few small places with lost detail is looked at by itself, in full size.
"""

from collections.abc import Callable, Sequence

from PIL import Image

from app.domain.images.geometry import quad_sides
from app.engine.reader.lost_detail import LostDetail
from app.engine.reader.recognise import Quad
from app.engine.reader.rotation import LineReader

MARGIN = 32
"""Margin in pixels around such a place."""

MAX_PLACES = 8
"""Maximum number of places that are looked at, those with most detail first: more are a picture's texture."""

MIN_SCORE = 0.8
"""Minimum score of such a line: texture is now and then taken for text."""

MAX_GROWTH = 1.6
"""Maximum height of the line found there, by the greatest of such a place: boxes are larger than their text."""

Find = Callable[[Image.Image], Sequence[Quad]]
"""Returns the corners of the lines on an RGB picture, at its full size."""


def lone_lines(
    image: Image.Image, found: Sequence[Quad], detail: LostDetail, max_height: float, find: Find, reader: LineReader
) -> list[Quad]:
    """Return the corners of lines on an RGB image that are apart from those found; `max_height` is their text's."""
    lone: list[Quad] = []
    for left, top, right, bottom in detail.places(found, max_height)[:MAX_PLACES]:
        corner = max(0, left - MARGIN), max(0, top - MARGIN)
        place = image.crop((*corner, min(image.width, right + MARGIN), min(image.height, bottom + MARGIN)))
        for quad in find(place):
            moved = quad + corner
            is_small = min(quad_sides(quad)) <= MAX_GROWTH * max_height
            if is_small and not any(_shares(moved, other) for other in [*found, *lone]):
                lone += [moved] if _is_text(place, quad, reader) else []
    return lone


def _is_text(image: Image.Image, quad: Quad, reader: LineReader) -> bool:
    line = reader.read(image, quad)
    return any(map(str.isalnum, line.text)) and line.score >= MIN_SCORE


def _shares(quad: Quad, other: Quad) -> bool:
    """Return whether the middle of one of two lines is within the other one's box."""
    return any(
        bool(((first.mean(axis=0) >= second.min(axis=0)) & (first.mean(axis=0) <= second.max(axis=0))).all())
        for first, second in ((quad, other), (other, quad))
    )
