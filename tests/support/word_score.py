"""How well a text was read: the word F1 score, after folding what does not matter."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-"})
_NO_SPACES = {"zh", "ja", "th", "ch"}


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of words (characters, for scripts without spaces): right ones, those read, those that are there."""

    right: int
    read: int
    there: int

    def __add__(self, other: "Score") -> "Score":
        return Score(self.right + other.right, self.read + other.read, self.there + other.there)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, 0..1."""
        total = self.read + self.there
        return 2 * self.right / total if total else 1.0


def score(read: str, truth: str, language: str = "en", *, ignore_case: bool = False) -> Score:
    """Compare bags of words; NFKC, white space, quotes and dashes are folded, spaces dropped in scripts without."""
    words_read, words_there = (_words(text, language, ignore_case=ignore_case) for text in (read, truth))
    return Score((words_read & words_there).total(), words_read.total(), words_there.total())


def _words(text: str, language: str, *, ignore_case: bool) -> Counter[str]:
    folded = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    if ignore_case:
        folded = folded.casefold()
    if language[:2] in _NO_SPACES:
        return Counter(re.sub(r"\s", "", folded))
    return Counter(folded.split())
