"""Marks amounts whose decimal point may be missing: "7 42" on a receipt is given as "7 42?", and as uncertain."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.recognise import OcrLine

UNCERTAIN_AMOUNT = 0.3
"""Score of such an amount, and the highest one of its line."""

MAX_GAP = 2.6
"""Maximum distance of the digits before and after the gap, in distances of two digits; a point makes it about 2."""

MIN_EVIDENCE = 2
"""Minimum number of amounts, of gaps like those and of currencies on a page that is about money."""

_POINTLESS = re.compile(r"(?<![\d.,:/-])(?<!\d )\d{1,4} (?=\d\d(?![\d.,:/%-]| \d))")
_MONEY = re.compile(
    r"(?<![\d.,:/])\d+[.,]\d\d(?![\d.,:/%])|[€$£¥₹₩]|\b(?:RM|EUR|USD|GBP|CHF|Rp)|\b(?:total|cash|summe|gesamt|tax)\b",
    re.IGNORECASE,
)


def with_marked_amounts(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """Return the lines of a page, with a question mark after each amount that may lack its point."""
    gaps = sum(len(_POINTLESS.findall(line.text)) for line in lines)
    if not gaps or gaps + sum(len(_MONEY.findall(line.text)) for line in lines) < MIN_EVIDENCE:
        return list(lines)
    return [_marked(line) for line in lines]


def _marked(line: OcrLine) -> OcrLine:
    letters = list(line.letters)
    if text_of(letters) != line.text:
        return line
    for match in reversed(list(_POINTLESS.finditer(line.text))):
        first, last = match.start(), match.end() + 1
        if _is_narrow(letters[first : last + 1], match.end() - 1 - first):
            letters[first : last + 1] = [
                replace(letter, score=UNCERTAIN_AMOUNT) for letter in letters[first : last + 1]
            ]
            letters.insert(last + 1, Letter("?", letters[last].end, letters[last].end, UNCERTAIN_AMOUNT))
    if len(letters) == len(line.letters):
        return line
    return replace(line, text=text_of(letters), letters=tuple(letters), score=min(line.score, UNCERTAIN_AMOUNT))


def _is_narrow(amount: Sequence[Letter], space: int) -> bool:
    """Return whether the gap at the index `space` of an amount is hardly wider than a point makes it."""
    centres = [letter.centre for letter in amount]
    digits = [after - before for before, after in pairwise(centres)]
    pitch = median([*digits[: space - 1], *digits[space + 1 :]]) if len(amount) > 2 else 0.0
    return centres[space + 1] - centres[space - 1] <= MAX_GAP * pitch
