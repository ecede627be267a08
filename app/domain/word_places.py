"""Where the words of a line stand: a recogniser tells of the whole line only, so widths of letters must do."""

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
"""Of a line's height, rounded from the widths of Helvetica (Adobe's font metrics)."""
_USUAL, _WIDE = 0.56, 1.0


@dataclass(frozen=True, slots=True)
class WordPlace:
    """A word of a line, [first, last) of its letters, from `start` to `end` in shares of the line's length."""

    text: str
    first: int
    last: int
    start: float
    end: float


def letter_edges(text: str) -> list[float]:
    """Where each letter begins, and where the last one ends, in shares of the line's length: len(text) + 1 of them."""
    edges = [0.0]
    for letter in text:
        edges.append(edges[-1] + _width(letter))
    whole = edges[-1] or 1.0
    return [edge / whole for edge in edges]


def word_places(text: str) -> list[WordPlace]:
    """The words of a line, parted by white space."""
    edges = letter_edges(text)
    return [
        WordPlace(found[0], found.start(), found.end(), edges[found.start()], edges[found.end()])
        for found in _WORD.finditer(text)
    ]


def _width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return _WIDE
    return _WIDTHS.get(letter, _USUAL)
