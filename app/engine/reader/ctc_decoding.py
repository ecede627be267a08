"""Decodes the recognition network's output: letters, their probabilities, and where along the line they stand.

The network gives probabilities of all characters for each column of a crop (connectionist temporal classification,
Graves et al. 2006): the most probable one of each column, repetitions joined, blanks left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

BLANK = 0
"""Index of the class that stands for no letter."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter (or a space) of a line, from `start` to `end`, as fractions of the line's length; `score` is 0..1.

    `marked` is what it may be in a language whose letters have more marks; empty if it is what it is.
    """

    text: str
    start: float
    end: float
    score: float
    marked: str = ""

    @property
    def centre(self) -> float:
        """The middle, as a fraction of the line's length."""
        return (self.start + self.end) / 2


def decoded(probabilities: npt.NDArray[np.float32], characters: Sequence[str]) -> list[Letter]:
    """Return the letters of a line: `probabilities` are float32 [columns, characters].

    A letter's place is that of the columns in which it is the most probable one, in fractions of all columns; its
    score is the highest probability among them.
    """
    best = probabilities.argmax(axis=1)
    highest = np.take_along_axis(probabilities, best[:, None], axis=1)[:, 0]
    bounds = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    count = len(best)
    return [
        Letter(characters[best[start]], start / count, end / count, float(highest[start:end].max()))
        for start, end in pairwise(bounds)
        if end > start and best[start] != BLANK
    ]


def with_forms_joined(probabilities: npt.NDArray[np.float32], forms: Sequence[int]) -> npt.NDArray[np.float32]:
    """Give the probabilities of all forms of one sign, in place, to the most probable form of each column.

    `forms` are their numbers among the characters.
    """
    both = probabilities[:, forms]
    best = np.take(forms, both.argmax(axis=1))
    probabilities[:, forms] = 0.0
    probabilities[np.arange(len(probabilities)), best] = both.sum(axis=1)
    return probabilities


def text_of(letters: Sequence[Letter]) -> str:
    """Return the letters as one text."""
    return "".join(letter.text for letter in letters)


def trimmed(letters: Sequence[Letter]) -> list[Letter]:
    """Return the letters without white space at both ends."""
    first, last = 0, len(letters)
    while first < last and letters[first].text.isspace():
        first += 1
    while last > first and letters[last - 1].text.isspace():
        last -= 1
    return list(letters[first:last])
