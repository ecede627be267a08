"""The resolution at which the model sees an image, chosen by the print that the built-in OCR has found on it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.documents.page_kinds import PageKind, kind_of
from app.domain.documents.pages import UNCERTAIN_SCORE, OcrPage
from app.domain.images.geometry import TextLine, quad_sides
from app.domain.images.visual_tokens import MIN_PIXELS, seen_size

READABLE, COMFORTABLE = 16.0, 24.0
"""Height in pixels at which the model is to see the smallest print: a slow machine's, and a fast one's."""
MIN_SIDE, PHOTO_SIDE, FAST_PHOTO_SIDE = 448, 512, 640
"""Side in pixels of the square of as many pixels as are seen at least of an image that is more than text; of photos."""
FAST = 0.002
"""Most seconds per visual token of a fast machine: a whole image takes it about two seconds."""
MIN_LETTERS = 2
"""Minimum number of characters of a line that counts as print: a single one may be a mark."""
_ALL_TEXT = {PageKind.RECEIPT, PageKind.TABLE, PageKind.TEXT}
_STEP = 1.04
"""Ratio of one budget to the next that is tried."""


class ResolutionReason(StrEnum):
    """Why a resolution was chosen."""

    PRINT = "print"
    """The smallest print is as high as it is to be."""
    SMALL_PRINT = "small print"
    """The smallest print is lower, even with as many pixels as there are or are allowed."""
    PHOTO = "photo"
    """There is no text."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """At most `pixel_budget` pixels; `print_height` is the smallest print's in them, in pixels, 0 if there is none."""

    pixel_budget: int
    reason: ResolutionReason
    print_height: float = 0.0


def automatic_resolution(page: OcrPage, max_pixels: int, visual_token_seconds: float = 0.0) -> Resolution:
    """Return the fewest pixels, at most `max_pixels`, at which the smallest print on `page` can still be read.

    `visual_token_seconds` is the measured time of a visual token, 0 if unknown: a fast machine sees more.
    """
    is_fast = 0 < visual_token_seconds <= FAST
    heights = print_heights(page.lines)
    if not heights:
        side = FAST_PHOTO_SIDE if is_fast else PHOTO_SIDE
        return Resolution(min(max_pixels, side**2), ResolutionReason.PHOTO)
    smallest, wanted = min(heights), COMFORTABLE if is_fast else READABLE
    budget = min(max_pixels, MIN_PIXELS if kind_of(page) in _ALL_TEXT else MIN_SIDE**2)
    while budget < max_pixels and smallest * _scale(page, budget) < min(wanted, smallest):
        budget = min(max_pixels, round(budget * _STEP))
    seen = smallest * _scale(page, budget)
    return Resolution(budget, ResolutionReason.PRINT if seen >= wanted else ResolutionReason.SMALL_PRINT, seen)


def print_heights(lines: Sequence[TextLine]) -> list[float]:
    """Return the height in pixels of each line of text that can be read, along the line's own upright."""
    read = (line for line in lines if line.score >= UNCERTAIN_SCORE and len(line.text.strip()) >= MIN_LETTERS)
    return [_height(line) for line in read]


def _height(line: TextLine) -> float:
    across, down = quad_sides((corner.x, corner.y) for corner in line.quad)
    # A vertical line of some signs is as wide as its print is high.
    return min(across, down) if len(line.text.strip()) > MIN_LETTERS else down


def _scale(page: OcrPage, pixel_budget: int) -> float:
    """Return the ratio of the seen image's side to the page's, at most 1; the sides differ by what rounding takes."""
    width, height = seen_size(page.width, page.height, pixel_budget)
    return min(1.0, math.sqrt(width / page.width * height / page.height))
