"""An area of a page that may be a table, and the texts on its lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.engine.reader.text_boxes import TextBox

WORD_GAP = 0.75
"""Gap in text heights from which two words of a line are two texts."""


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the deskewed page that may be a table, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def size(self) -> float:
        """The area in square pixels."""
        return (self.right - self.left) * (self.bottom - self.top)

    def holds(self, word: TextBox) -> bool:
        """Return whether the middle of a word lies in the area."""
        return self.is_over(word) and self.top <= word.middle <= self.bottom

    def is_over(self, word: TextBox) -> bool:
        """Return whether the middle of a word lies between the sides of the area."""
        return self.left <= (word.left + word.right) / 2 <= self.right

    def overlap(self, other: "Area") -> float:
        """Return the share of the smaller area that both have in common."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height) / max(1.0, min(self.size, other.size))


def texts_of(row: Sequence[TextBox]) -> list[list[TextBox]]:
    """Return the words of a line as texts with wide gaps between them."""
    texts: list[list[TextBox]] = []
    for word in row:
        if texts and word.left - texts[-1][-1].right < WORD_GAP * word.height:
            texts[-1].append(word)
        else:
            texts.append([word])
    return texts
