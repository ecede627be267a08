"""Finds ink in a line of which the recogniser read nothing: words in a script that it never learned, or hidden ones.

It leaves them out without a word, and is sure of the digits and signs around: "Москва, ул. Ленина 5" became ", . 5".
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.documents.pages import UNREAD
from app.domain.text.scripts import OTHER_SCRIPTS
from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.kept_lines import DOUBTED_SCORE
from app.engine.reader.lost_spaces import ink_pixels
from app.engine.reader.recognise import OcrLine, crop_extent, cut_line

Span = tuple[float, float]
"""Begin and end of a part of a line, as fractions of its length."""

REACH = 0.5
"""Distance from a letter's centre up to which ink is its own, as a fraction of the line's height."""

MIN_EXTENT = 0.2
"""Minimum height of a column's ink that may be a letter: rules, leaders and dashes are lower."""

MIN_INK = 1.0
"""Minimum width of unread ink, in heights of the line: that of two letters and more."""


def unread_parts(image: Image.Image, line: OcrLine) -> tuple[Span, ...]:
    """Return the parts of a line with ink that none of its letters is near to; none if their places are unknown.

    They begin and end between the letters that are near and those that were not read.
    """
    if not line.letters or text_of(line.letters) != line.text:
        return ()
    crop = cut_line(image, line.quad)
    first, last = crop_extent(image.size, line.quad)
    shares = np.linspace(first, last, crop.width, endpoint=False)
    ink = _tall_ink(crop)
    reach = REACH * crop.height / crop.width * (last - first)
    places = sorted(letter.centre for letter in line.letters if letter.text != " ")
    edges = [first - reach, *places, last + reach]
    parts = []
    for before, after in pairwise(edges):
        is_within = ink & (shares > before + reach) & (shares < after - reach)
        if int(is_within.sum()) >= MIN_INK * crop.height:
            columns = np.flatnonzero(is_within)
            parts.append((float(shares[columns[0]]) - reach / 2, float(shares[columns[-1]]) + reach / 2))
    return tuple(parts)


def with_unread_parts(image: Image.Image, line: OcrLine) -> OcrLine:
    """Return a line with UNREAD in the place of each part that was not read, and then uncertain."""
    if any(script.share_of(line.text) for script in OTHER_SCRIPTS):  # Another network read it, with places of its own.
        return line
    parts = unread_parts(image, line)
    if not parts:
        return line
    marks = [Letter(UNREAD, start, end, 0.0) for start, end in parts]
    letters = _spaced(sorted([*line.letters, *marks], key=lambda letter: letter.centre))
    return replace(line, text=text_of(letters), letters=tuple(letters), score=min(line.score, DOUBTED_SCORE))


def _spaced(letters: Sequence[Letter]) -> list[Letter]:
    """Return the letters with one space between UNREAD and what is beside it."""
    spaced: list[Letter] = []
    for letter in letters:
        if spaced and UNREAD in {spaced[-1].text, letter.text} and " " not in {spaced[-1].text, letter.text}:
            spaced.append(Letter(" ", spaced[-1].end, letter.start, 1.0))
        spaced.append(letter)
    return spaced


def _tall_ink(crop: Image.Image) -> npt.NDArray[np.bool_]:
    """Return whether each pixel column of a crop has ink that is high enough for a letter, bool [width]."""
    ink = ink_pixels(crop)
    rows = np.arange(len(ink))[:, None]
    extents = np.where(ink, rows, -1).max(axis=0) - np.where(ink, rows, len(ink)).min(axis=0)
    return np.asarray(extents >= MIN_EXTENT * crop.height)
