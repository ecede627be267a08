"""Finds spaces that the recogniser left out, by the gaps between letters and by what it held possible in them.

It closes gaps between condensed capitals, and where a decimal point is faded: "7 42" became 742, a hundred times the
amount, at a probability of 0.999. Digits are never joined over a gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log10
from statistics import median

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.engine.reader.ctc_decoding import Letter, text_of

BIAS, SEPARATOR_WEIGHT, BLANK_WEIGHT, DISTANCE_WEIGHT = 2.4, 2.65, 6.1, 6.7
"""Logistic regression over 39,000 pairs of letters of published pages and drawn receipts with erased points."""

MIN_PROBABILITY, MIN_DIGITS_PROBABILITY, MIN_SIGNS_PROBABILITY = 0.8, 0.5, 0.95
"""Minimum probability of a space between letters, between digits, and beside a punctuation mark.

Two digits that belong together are less of a loss than an amount that is joined; marks have much space of their own.
"""

MIN_BLANK = 0.08
"""Minimum width without ink of a space, as a fraction of the line's height."""

WIDE_PITCH, MIN_WIDE_PAIRS, MIN_WIDE_EXCESS = 0.7, 3, 0.25
"""Usual distance of so many pairs of letters, in heights of the line, from which they stand in squares, and what a
space adds to it, as a fraction.

A narrow digit in a square has blanks on both sides that are no space: "１０".
"""

INK, EDGE = 0.3, 3
"""Minimum contrast of ink, as a fraction of the line's; number of pixel rows at both edges that are not looked at."""

MIN_CONTRAST = 20.0
"""Minimum contrast of a line's ink, in grey levels; weaker marks are the paper's noise."""

NUMBER_SIGNS = frozenset(".,:/-'")
"""Signs that stand within numbers, dates and times."""

FIRST_WIDE = "\u2e80"
"""First character of the scripts that have no spaces: Chinese and Japanese."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What is between letters: probabilities of a space and of a point (float32 [columns]), and the crop's pixels.

    `ink` is bool [pixels]: whether a column of the network's input has ink; `height` is the input's height in pixels.
    """

    spaces: npt.NDArray[np.float32]
    points: npt.NDArray[np.float32]
    ink: npt.NDArray[np.bool_]
    height: int


def ink_of(crop: Image.Image, width: int) -> npt.NDArray[np.bool_]:
    """Return whether each pixel column of a line's crop has ink, bool [width]; there is none beyond the crop."""
    pixels = ink_pixels(crop)
    ink = np.zeros(width, np.bool_)
    ink[: pixels.shape[1]] = pixels.any(axis=0)
    return ink


def ink_pixels(crop: Image.Image) -> npt.NDArray[np.bool_]:
    """Return which pixels of a line's crop are ink, bool [height - 2 * EDGE, width]."""
    grey = np.asarray(crop.convert("L"), dtype=np.float32)[EDGE:-EDGE]
    contrast = np.abs(grey - np.median(grey))
    return np.asarray(contrast >= INK * max(MIN_CONTRAST, float(np.percentile(contrast.max(axis=0), 90))))


def with_lost_spaces(letters: Sequence[Letter], columns: Columns) -> list[Letter]:
    """Return the letters, whose places are fractions of the columns, with a space in each gap that is likely one."""
    pairs = [pair for pair in pairwise(letters) if not any(letter.text.isspace() for letter in pair)]
    if not pairs:
        return list(letters)
    scale = len(columns.ink) / columns.height
    usual = median(after.centre - before.centre for before, after in pairs) * scale
    is_wide = usual >= WIDE_PITCH and len(pairs) >= MIN_WIDE_PAIRS
    text = text_of(letters)
    found = list(letters[:1])
    for index, (before, after) in enumerate(pairwise(letters)):
        if not _is_in_number(text, index) and _is_lost(before, after, columns, usual, scale, is_wide=is_wide):
            found.append(Letter(" ", before.end, after.start, _separator(before, after, columns)))
        found.append(after)
    return found


def _is_in_number(text: str, index: int) -> bool:
    """Return whether the gap after a letter is beside a sign within a number, such as its point."""
    return any(
        text[mark] in NUMBER_SIGNS and text[mark - 1 : mark].isdigit() and text[mark + 1 : mark + 2].isdigit()
        for mark in (index, index + 1)
        if mark
    )


def _is_lost(before: Letter, after: Letter, columns: Columns, usual: float, scale: float, *, is_wide: bool) -> bool:
    both = before.text + after.text
    if any(letter.isspace() or letter >= FIRST_WIDE for letter in both):
        return False
    blank = _blank(before, after, columns.ink) / columns.height
    if blank < MIN_BLANK:
        return False
    excess = (after.centre - before.centre) * scale - usual
    if is_wide and excess < MIN_WIDE_EXCESS * usual:
        return False
    separator = log10(_separator(before, after, columns) + 1e-5)
    score = BIAS + SEPARATOR_WEIGHT * separator + BLANK_WEIGHT * blank + DISTANCE_WEIGHT * excess
    least = MIN_DIGITS_PROBABILITY if both.isdigit() else MIN_PROBABILITY if both.isalnum() else MIN_SIGNS_PROBABILITY
    return 1 / (1 + exp(-score)) >= least


def _separator(before: Letter, after: Letter, columns: Columns) -> float:
    """Return the highest probability of a space between two letters; between digits, that of a point is added."""
    count = len(columns.spaces)
    first, last = round(before.end * count), round(after.start * count)
    space = float(columns.spaces[max(0, first - 1) : last + 1].max(initial=0.0))
    if not (before.text + after.text).isdigit():
        return space
    return space + float(columns.points[first:last].max(initial=0.0))


def _blank(before: Letter, after: Letter, ink: npt.NDArray[np.bool_]) -> int:
    """Return the length of the longest run of pixels without ink between the centres of two letters."""
    first, last = (int(letter.centre * len(ink)) for letter in (before, after))
    best = run = 0
    for has_ink in ink[first : max(first + 1, last)].tolist():
        run = 0 if has_ink else run + 1
        best = max(best, run)
    return best
