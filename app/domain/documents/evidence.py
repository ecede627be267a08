"""Finds the place on a page of a text that a model claims to have read there.

A model's text is trusted only if the built-in OCR found the same words. Letters may differ a little, since both
misread; digits may not, since 12.40 is no evidence for 12.60.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.domain.documents.fields import FieldAnswer
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, TextLine

MAX_LINES = 3
"""Maximum number of lines that a text may span."""
MAX_DIFFERENCES = 0.2
"""Maximum fraction of the text's letters that may differ."""
SHORT = 4
"""Length in characters; a shorter text must match exactly, as whole words."""
MAX_EVIDENCE_CHARS = 200
"""Maximum length in characters for approximate matching; a longer text must match exactly."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The place of a text: `page` counts from 0; `box`, in the page's pixels, contains the lines with the text."""

    page: int
    box: Box


def find_evidence(text: str, pages: Sequence[OcrPage]) -> Evidence | None:
    """Return the place of `text`: the first exact match, otherwise the most similar one; None if there is none."""
    needle = _plain(text)
    if not needle:
        return None
    best: tuple[float, Evidence] | None = None
    for number, page in enumerate(pages):
        for lines in _spans(page.lines):
            share = _difference(needle, _plain(" ".join(line.text for line in lines)))
            if share is not None and (best is None or share < best[0]):
                best = share, Evidence(number, Box.around(line.box for line in lines))
    return best[1] if best else None


def evidence_of(answer: FieldAnswer, pages: Sequence[OcrPage]) -> Evidence | None:
    """Return the place of the words that a field was taken from; None for an empty field, too."""
    return find_evidence(answer.text or answer.value, pages) if answer.value else None


def _spans(lines: Sequence[TextLine]) -> list[Sequence[TextLine]]:
    """Return the runs of one line, then of two, then of three."""
    return [
        lines[start : start + length] for length in range(1, MAX_LINES + 1) for start in range(len(lines) - length + 1)
    ]


def _difference(needle: str, line: str) -> float | None:
    """Return the fraction of letters that differ from the most similar part of `line`; None if that is no evidence."""
    if f" {needle} " in f" {line} ":
        return 0.0
    tight, needle = line.replace(" ", ""), needle.replace(" ", "")
    if len(needle) < SHORT:
        return None
    if needle in tight:
        return 0.01 if _has_whole_numbers(needle, tight) else None
    if len(needle) > MAX_EVIDENCE_CHARS or _digits(needle) not in _digits(tight):
        return None
    distance, start, end = _closest(needle, tight)
    is_close = distance <= MAX_DIFFERENCES * len(needle) and _digits(tight[start:end]) == _digits(needle)
    return distance / len(needle) if is_close and _has_whole_numbers(tight[start:end], tight) else None


def _closest(needle: str, line: str) -> tuple[int, int, int]:
    """Return the minimum edit distance of `needle` to a part of `line`, and the start and end of that part.

    Sellers, P. H. (1980), The theory and computation of evolutionary distances: pattern recognition.
    """
    row = [(0, start) for start in range(len(line) + 1)]
    for number, letter in enumerate(needle, 1):
        above, row = row, [(number, 0)]
        for (slant, up), other in zip(pairwise(above), line, strict=True):
            cost = int(letter != other)
            row.append(min((slant[0] + cost, slant[1]), (up[0] + 1, up[1]), (row[-1][0] + 1, row[-1][1])))
    distance, end = min((found[0], end) for end, found in enumerate(row))
    return distance, row[end][1], end


def _has_whole_numbers(part: str, line: str) -> bool:
    """Return whether `part` is in `line` without splitting a number."""
    start = line.find(part)
    while start >= 0:
        before, after = line[:start][-1:], line[start + len(part) :][:1]
        cuts = (part[:1].isdigit() and before.isdigit()) or (part[-1:].isdigit() and after.isdigit())
        if not cuts:
            return True
        start = line.find(part, start + 1)
    return False


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _plain(text: str) -> str:
    """Normalise to letters and digits in one case, one space between words; punctuation counts only between digits."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = [
        character
        if character.isalnum() or (folded[at - 1 : at].isdigit() and folded[at + 1 : at + 2].isdigit())
        else " "
        for at, character in enumerate(folded)
    ]
    return " ".join("".join(kept).split())
