"""Extents of the words of a line, estimated from letter widths: a recogniser reports only whole lines."""

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"\S+")
_WIDTHS = {
    **dict.fromkeys("ijl|.,:;'!`·", 0.26),
    **dict.fromkeys('ftr()[]{}/\\-"° ', 0.33),
    **dict.fromkeys("ckszvxyJ?*", 0.5),
    **dict.fromkeys("mwMW@%—", 0.88),
    **dict.fromkeys("ABCDEGHKNOQRSUVXY&", 0.7),
}
"""Letter widths as fractions of the line's height, rounded from those of Helvetica (Adobe's font metrics)."""
_USUAL, _WIDE = 0.56, 1.0


@dataclass(frozen=True, slots=True)
class WordSpan:
    """A word of a line: its letters [first, last), and its extent from `start` to `end` as fractions of the line."""

    text: str
    first: int
    last: int
    start: float
    end: float


def letter_edges(text: str) -> list[float]:
    """Return where each letter begins and the last one ends, as len(text) + 1 fractions of the line's length."""
    edges = [0.0]
    for letter in text:
        edges.append(edges[-1] + _width(letter))
    whole = edges[-1] or 1.0
    return [edge / whole for edge in edges]


def word_spans(text: str) -> list[WordSpan]:
    """Return the words of a line, split at white space."""
    edges = letter_edges(text)
    return [
        WordSpan(found[0], found.start(), found.end(), edges[found.start()], edges[found.end()])
        for found in _WORD.finditer(text)
    ]


def _width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return _WIDE
    return _WIDTHS.get(letter, _USUAL)
