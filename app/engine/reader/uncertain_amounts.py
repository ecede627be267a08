"""Marks amounts that may be others: "7 42" on a receipt, where a point may be faded, and "W12,000", which may be won.

Such an amount gets a question mark, and its words and its line are uncertain.
"""

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
MIN_SIGN_SCORE, MIN_SCORE_BESIDE = 0.8, 0.9
"""Minimum score of a currency sign: those that are right have 0.84 and more, those of other currencies 0.4 to 0.7, some
up to 0.85; the second one is for signs beside such an amount, in its line.
"""

_SIGN = re.compile(r"(?<!\S)[€$£¥￥₹₩₽₺₫¢]\d[\d.,]*(?!\S)")
_LETTER_FOR_SIGN = re.compile(r"(?<!\S)[BPWもtモ]\d{1,3}(?:,\d{3})*(?:,\d{3}|[.,]\d{2})(?!\S)")
_LETTER_BESIDE = re.compile(r"(?<!\S)[BPWもtモ]\d+(?!\S)")
"""Baht, rouble, won and lira are read as the letters that they are drawn like; amounts have no such letter.

Beside an amount in another currency, what looks like a code is one, too.
"""

_CURRENCY = re.compile(
    r"[€£¥₹₩]|\$(?=\d+[.,]\d\d)|\b(?:RM|EUR|USD|GBP|CHF|Rp)\b|\b(?:total|cash|summe|gesamt|tax)\b", re.IGNORECASE
)
_MONEY = re.compile(
    r"(?<![\d.,:/])\d+[.,]\d\d(?![\d.,:/%])|[€$£¥₹₩]|\b(?:RM|EUR|USD|GBP|CHF|Rp)|\b(?:total|cash|summe|gesamt|tax)\b",
    re.IGNORECASE,
)


def with_marked_amounts(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """Return the lines of a page, with a question mark after each amount that may lack its point."""
    gaps = sum(len(_POINTLESS.findall(line.text)) for line in lines)
    is_about_money = gaps + sum(len(_MONEY.findall(line.text)) for line in lines) >= MIN_EVIDENCE
    return [with_marked_amount(line, is_about_money=is_about_money) for line in lines]


def currencies_in(text: str) -> int:
    """Return how often a text names a currency, or a total by its name."""
    return len(_CURRENCY.findall(text))


def with_marked_amount(line: OcrLine, *, is_about_money: bool) -> OcrLine:
    """Return a line with a question mark after each such amount; pairs of numbers are none if it is not about money."""
    letters = list(line.letters)
    if text_of(letters) != line.text:
        return line
    uncertain = _other_currencies(line.text, letters)
    if is_about_money:
        for match in _POINTLESS.finditer(line.text):
            first, end = match.start(), match.end() + 2
            if _is_narrow(letters[first:end], match.end() - 1 - first):
                uncertain.append((first, end))
    for first, end in sorted(uncertain, reverse=True):
        letters[first:end] = [replace(letter, score=UNCERTAIN_AMOUNT) for letter in letters[first:end]]
        letters.insert(end, Letter("?", letters[end - 1].end, letters[end - 1].end, UNCERTAIN_AMOUNT))
    if not uncertain:
        return line
    return replace(line, text=text_of(letters), letters=tuple(letters), score=min(line.score, UNCERTAIN_AMOUNT))


def _other_currencies(text: str, letters: Sequence[Letter]) -> list[tuple[int, int]]:
    """Return where amounts are whose currency may be another."""
    signs = {match.span(): letters[match.start()].score for match in _SIGN.finditer(text)}
    uncertain = {span for span, score in signs.items() if score < MIN_SIGN_SCORE}
    uncertain |= {match.span() for match in _LETTER_FOR_SIGN.finditer(text)}
    if uncertain:
        uncertain |= {span for span, score in signs.items() if score < MIN_SCORE_BESIDE}
        uncertain |= {match.span() for match in _LETTER_BESIDE.finditer(text)}
    return list(uncertain)


def _is_narrow(amount: Sequence[Letter], space: int) -> bool:
    """Return whether the gap at the index `space` of an amount is hardly wider than a point makes it."""
    centres = [letter.centre for letter in amount]
    digits = [after - before for before, after in pairwise(centres)]
    pitch = median([*digits[: space - 1], *digits[space + 1 :]]) if len(amount) > 2 else 0.0
    return centres[space + 1] - centres[space - 1] <= MAX_GAP * pitch
