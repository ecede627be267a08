"""What letters may be with the marks of Czech, Slovak and Latvian, by the recogniser's probabilities.

It hardly knows ť, ď, ľ and ķ, and leaves out capitals with a mark at the beginning of a word, but holds the right ones
possible: on drawn lines it gives ť a probability of 0.004 to 0.47 where it reads t for it, and up to 0.002 where there
is a t. `marked_letters` decides by the language of the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from app.engine.reader.ctc_decoding import Letter

MARKED = {"t": "ť", "d": "ď", "l": "ľ", "L": "Ľ", "k": "ķ", "K": "Ķ", "g": "ģ"}
"""What letters are with their marks."""

_LOST = {"Ť": "TtŤťŽ", "Ď": "DĎ", "Ľ": "LĽ", "Ķ": "KķĶ", "Ģ": "GĠġģĢ", "Ļ": "LļĻĮ", "Ņ": "NņŅ"}
"""Capitals that are left out, and the forms in which they are held possible."""

ASKED = frozenset("".join((*MARKED.values(), *_LOST.values())))
"""Letters whose probabilities are asked for."""

MIN_MARKED, REACH = 0.004, 2
"""Minimum probability of a letter with its mark, and number of columns after a letter's first in which it may be."""

MIN_LOST, MIN_LOST_COLUMNS = 0.03, 2
"""Minimum probability of a capital that was left out, and minimum number of columns without a letter."""


def with_possible_marks(
    letters: Sequence[Letter], probabilities: npt.NDArray[np.float32], numbers: Mapping[str, int]
) -> list[Letter]:
    """Return the letters of a line, each with what it may be as `marked`: "ť", or "Ťu" where a capital was left out.

    `probabilities` are float32 [columns, characters], and the letters' places fractions of the columns; `numbers` are
    those of the letters ASKED among the characters.
    """
    count = len(probabilities)
    found: list[Letter] = []
    for letter in letters:
        start, before = round(letter.start * count), found[-1] if found else None
        marked = MARKED.get(letter.text, "")
        if marked and probabilities[max(0, start - 1) : start + REACH + 1, numbers[marked]].max() < MIN_MARKED:
            marked = ""
        if letter.text.isalpha() and (before is None or before.text.isspace()):
            first = round(before.end * count) if before else 0
            lost = _lost(probabilities[first:start], numbers)
            marked = lost + (marked or letter.text) if lost else marked
        found.append(replace(letter, marked=marked))
    return found


def _lost(columns: npt.NDArray[np.float32], numbers: Mapping[str, int]) -> str:
    """Return the capital that was left out in columns; empty if there is none."""
    if len(columns) < MIN_LOST_COLUMNS:
        return ""
    shares = {
        sign: float(columns[:, [numbers[form] for form in forms]].sum(axis=1).max()) for sign, forms in _LOST.items()
    }
    sign = max(shares, key=lambda of: shares[of])
    return sign if shares[sign] >= MIN_LOST else ""
