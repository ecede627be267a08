"""Where on a page something stands that a model says it has read there.

What a model wrote is only trusted where the built-in reader found the same words. Letters may differ a little, since
both misread; digits may not, since 12.40 is no evidence for 12.60.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.domain.pages import Page
from app.domain.regions import Box, TextLine

MOST_LINES = 3
"""A text may go over so many lines."""
MOST_DIFFERENCES = 0.2
"""Letters that may differ, as a share of the text."""
SHORT = 4
"""Characters; a shorter text must be the same, and whole words."""
LONGEST = 200
"""Characters; what is longer is only found where it is the same."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The place: `page` counts from 0, `box` is in the page's pixels and holds the lines that the text stands in."""

    page: int
    box: Box


def find_evidence(text: str, pages: Sequence[Page]) -> Evidence | None:
    """Where `text` stands: the first place that has it exactly, else the most similar one; None where none does."""
    needle = _plain(text)
    if not needle:
        return None
    best: tuple[float, Evidence] | None = None
    for number, page in enumerate(pages):
        for lines in _spans(page.lines):
            share = _difference(needle, _plain(" ".join(line.text for line in lines)))
            if share is not None and (best is None or share < best[0]):
                best = share, Evidence(number, _hull(lines))
    return best[1] if best else None


def _spans(lines: Sequence[TextLine]) -> list[Sequence[TextLine]]:
    """Runs of one line, then of two, then of three."""
    return [
        lines[start : start + length] for length in range(1, MOST_LINES + 1) for start in range(len(lines) - length + 1)
    ]


def _difference(needle: str, line: str) -> float | None:
    """The share of letters that differ from the most similar part of `line`; None where that is no evidence."""
    if f" {needle} " in f" {line} ":
        return 0.0
    tight, needle = line.replace(" ", ""), needle.replace(" ", "")
    if len(needle) < SHORT:
        return None
    if needle in tight:
        return 0.01 if _has_whole_numbers(needle, tight) else None
    if len(needle) > LONGEST or _digits(needle) not in _digits(tight):
        return None
    distance, start, end = _closest(needle, tight)
    is_close = distance <= MOST_DIFFERENCES * len(needle) and _digits(tight[start:end]) == _digits(needle)
    return distance / len(needle) if is_close and _has_whole_numbers(tight[start:end], tight) else None


def _closest(needle: str, line: str) -> tuple[int, int, int]:
    """The least edit distance of `needle` to a part of `line`, and where that part starts and ends.

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
    """Whether `part` is somewhere in `line` without cutting a number in two."""
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
    """Letters and digits in one case, words a space apart; marks of punctuation count only between digits."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = [
        character
        if character.isalnum() or (folded[at - 1 : at].isdigit() and folded[at + 1 : at + 2].isdigit())
        else " "
        for at, character in enumerate(folded)
    ]
    return " ".join("".join(kept).split())


def _hull(lines: Sequence[TextLine]) -> Box:
    boxes = [line.box for line in lines]
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )
