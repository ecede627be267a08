"""What of a text can be looked for on an image: numbers, dates, addresses, codes, quoted text and names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.domain.documents.entities import EntityKind, entities_in


class ClaimKind(StrEnum):
    """What a claim is. All but names must be on the image; a name may be the answer's own word for something.

    A value is a name behind a label: something like it on the image is meant to be the same.
    """

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    CODE = "code"
    ADDRESS = "address"
    QUOTE = "quote"
    NAME = "name"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim at [start, end) of a text."""

    kind: ClaimKind
    start: int
    end: int


MAX_NAME_CHARS, MAX_QUOTE_CHARS = 200, 400
_KINDS = {
    EntityKind.LINK: ClaimKind.ADDRESS,
    EntityKind.MAIL: ClaimKind.ADDRESS,
    EntityKind.PHONE: ClaimKind.CODE,
    EntityKind.IBAN: ClaimKind.CODE,
    EntityKind.DATE: ClaimKind.DATE,
}
_QUOTE = re.compile(
    rf"“([^“”\n]{{2,{MAX_QUOTE_CHARS}}})”|„([^„“”\n]{{2,{MAX_QUOTE_CHARS}}})[“”]|«([^«»\n]{{2,{MAX_QUOTE_CHARS}}})»"
    rf"|「([^「」\n]{{1,{MAX_QUOTE_CHARS}}})」|(?<!\w)\"([^\"\n]{{2,{MAX_QUOTE_CHARS}}})\"(?!\w)"
)
_DATE_LIKE = re.compile(r"(?<![\d./-])\d{1,4}([-/.])\d{1,2}\1\d{2,4}(?![-/.]?\d)")
"""What has a date's form, even if no calendar has it."""
_TIME = re.compile(
    r"(?<![\d.,:])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?![\d:])"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm](?![^\W\d_])\.?)?"
)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Full-width letters, digits and signs of ASCII (Unicode's Halfwidth and Fullwidth Forms), to those."""
_CODE = re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[^\W\d_])[^\W_](?:[\w-]*[^\W_])?(?![\w-]|[.,]\d)")
MIN_CODE_CHARS = 4
_SPACES = "\u0020\u00a0\u202f\u2009"
_NUMBER = re.compile(rf"(?<![\d.,])(?:\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d)|\d+)(?:[.,'’:]\d+)*")
_CURRENCY = r"(?:RM|MYR|EUR|USD|GBP|CHF|SGD|AUD|CAD|JPY|CNY|INR|IDR|Rp|Rs|kr|zł|[€$£¥￥₩₹₺฿₽₫元円])"
_BEFORE, _AFTER, _PERCENT = (
    re.compile(rf"{_CURRENCY}\s?[-−]?$"),
    re.compile(rf"\s?{_CURRENCY}"),
    re.compile(r"\s?[%％‰]"),
)
CURRENCY_CHARS = 8
"""Maximum number of characters in front of a number in which its currency is looked for."""
MIN_DIGITS = 3
"""Minimum number of digits of a bare number: shorter ones count what is seen, and are on any page by chance."""
MAX_SMALL_WORDS, MAX_SMALL_SHARE = 4, 0.3
"""A text of more words than that, of which a greater share has no capital, is a sentence."""
_WORD = re.compile(r"[^\s,;:：!?|“”„«»「」\"]+")
_PART = re.compile(r"[^,;]+")
_CONNECTORS = frozenset(
    {"of", "and", "de", "la", "le", "du", "des", "da", "do", "di", "del", "van", "von", "der", "&", "-"}
)
_LABELLED = re.compile(r"^[^\n:：]{1,60}[:：][ \t]*(?=\S)([^\n]+)$", re.MULTILINE)
_CELL = re.compile(rf"^[^\n]{{2,{MAX_NAME_CHARS}}}$", re.MULTILINE)
_SENTENCE_END = re.compile(r"[.!?。！？:：][\"”’)]*\s+$|(?:^|\n)\s*(?:[-*•]\s*)?$")


def claims_in(text: str, *, is_read: bool = False) -> list[Claim]:
    """Return the claims of a text but its names, in order; of two that overlap, the first to be known by its form.

    With `is_read` it is a line that was read on a page: all of its numbers are claims, and nothing in it is quoted.
    """
    found: list[Claim] = []
    for claim in _by_form(text.translate(_WIDE), is_read=is_read):
        if all(claim.end <= other.start or other.end <= claim.start for other in found):
            found.append(claim)
    return sorted(found, key=lambda claim: claim.start)


def _by_form(text: str, *, is_read: bool) -> Iterator[Claim]:
    """Yield claims that may overlap, those of a form that is less common first."""
    if not is_read:
        yield from _quotes(text)
    for line in re.finditer(r"[^\n]+", text):
        for entity in entities_in(line[0]):
            yield Claim(_KINDS[entity.kind], line.start() + entity.start, line.start() + entity.end)
    for match in _TIME.finditer(text):
        yield Claim(ClaimKind.TIME, *match.span())
    for match in _DATE_LIKE.finditer(text):
        yield Claim(ClaimKind.DATE, *match.span())
    for match in _CODE.finditer(text):
        if len(match[0]) >= MIN_CODE_CHARS and not _NUMBER_WITH_UNIT.fullmatch(match[0]) and not _PRICE.match(match[0]):
            yield Claim(ClaimKind.CODE, *match.span())
    for match in _NUMBER.finditer(text):
        if is_read or _PERCENT.match(text, match.end()) or not is_count(text, *match.span()):
            yield Claim(ClaimKind.NUMBER, *match.span())


def _quotes(text: str) -> Iterator[Claim]:
    """Yield what is quoted, but for numbers and the like, which are compared by what they say."""
    for match in _QUOTE.finditer(text):
        start, end = match.span(match.lastindex or 0)
        if not _is_form_alone(text[start:end]):
            yield Claim(ClaimKind.QUOTE, start, end)


def _is_form_alone(text: str) -> bool:
    """Return whether a text is nothing but a number, a date or the like."""
    claims = list(_by_form(text, is_read=True))
    return any((claim.start, claim.end) == (0, len(text)) for claim in claims)


_PRICE = re.compile(rf"{_CURRENCY}\d+$")
_NUMBER_WITH_UNIT = re.compile(r"\d+(?:st|nd|rd|th|[a-zµ]{1,3})", re.IGNORECASE)
"""An ordinal, or a number and its unit ("250ml")."""


def names_in(text: str) -> list[Claim]:
    """Return what may be a name or a value: short lines, what stands behind a label, and runs of capitalised words.

    They overlap; longer ones come first.
    """
    spans = {match.span(): ClaimKind.NAME for match in _CELL.finditer(text) if not _LABELLED.match(match[0])}
    spans |= dict.fromkeys(_capitalised(text), ClaimKind.NAME)
    values = (match for match in _LABELLED.finditer(text) if len(match[1]) <= MAX_NAME_CHARS)
    spans |= {match.span(1): ClaimKind.VALUE for match in values}
    spans |= {part: kind for span, kind in spans.items() for part in _parts(text, *span)}
    trimmed = {_trimmed(text, *span): kind for span, kind in spans.items() if not _is_sentence(text[slice(*span)])}
    return [
        Claim(kind, start, end)
        for (start, end), kind in sorted(trimmed.items(), key=lambda item: item[0][0] - item[0][1])
        if 2 <= end - start <= MAX_NAME_CHARS and any(sign.isalpha() for sign in text[start:end])
    ]


def number_value(text: str) -> frozenset[str]:
    """Return the values that a printed number may have, as "whole.fraction" without zeros that do not count.

    “1.234” is a thousand or one: what separates is different in each language. Digits with a zero in front are kept.
    """
    signs = "".join(sign for sign in text.translate(_WIDE) if sign.isdigit() or sign in ".,'’:")
    digits = _digits(signs)
    marks = [sign for sign in signs if not sign.isdigit()]
    if not marks:
        return frozenset({digits if digits.startswith("0") and len(digits) > 1 else f"{digits}."})
    if ":" in marks:
        return frozenset({signs})
    head, _, tail = signs.rpartition(marks[-1])
    values = set()
    is_grouped = len(_digits(tail)) == 3 and all(len(part) == 3 for part in re.split(r"[.,'’]", head)[1:])
    if is_grouped and len(set(marks)) == 1:
        values.add(f"{digits.lstrip('0') or '0'}.")
    if marks.count(marks[-1]) == 1:
        # Three digits may be a group: as a fraction they stay as they are, so that 10,500 is not 10.50.
        fraction = _digits(tail) if is_grouped else _digits(tail).rstrip("0")
        values.add(f"{_digits(head).lstrip('0') or '0'}.{fraction}")
    return frozenset(values or {signs})


def time_value(text: str) -> tuple[int, int, str] | None:
    """Return hour (0 to 23), minute and second of a printed time; the second is empty if it has none."""
    match = _TIME.fullmatch(text.translate(_WIDE))
    if match is None:
        return None
    hour = int(match["hour"])
    if match["half"] and hour <= 12:
        hour = hour % 12 + (12 if match["half"] in "pP" else 0)
    return hour, int(match["minute"]), match["second"] or ""


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def is_count(text: str, start: int, end: int) -> bool:
    """Return whether the number at [start, end) is short and bare, without decimals or a currency."""
    number = text[start:end]
    if len(_digits(number)) >= MIN_DIGITS or not number.isdigit():
        return False
    return not _BEFORE.search(text, max(0, start - CURRENCY_CHARS), start) and not _AFTER.match(text, end)


def _capitalised(text: str) -> Iterator[tuple[int, int]]:
    """Yield runs of words that begin with a capital or have a digit; connectors may stand between them."""
    for line in re.finditer(r"[^\n]+", text):
        start = end = -1
        count = 0
        for word in _WORD.finditer(text, line.start(), line.end()):
            head = next((sign for sign in word[0] if sign.isalnum()), "")
            if head and (head.isupper() or head.isdigit()):
                start, end, count = (word.start() if start < 0 else start), word.end(), count + 1
            elif not (start >= 0 and (word[0].lower() in _CONNECTORS or not head)):
                if _is_name(text, start, count):
                    yield start, end
                start, count = -1, 0
        if _is_name(text, start, count):
            yield start, end


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield what stands between commas, if there are any."""
    if "," in text[start:end]:
        for match in _PART.finditer(text, start, end):
            yield match.span()


def _is_name(text: str, start: int, count: int) -> bool:
    """Return whether a run of capitalised words is more than the capital at the beginning of a sentence."""
    return start >= 0 and (count > 1 or not _SENTENCE_END.search(text, max(0, start - 20), start))


def _is_sentence(text: str) -> bool:
    """Return whether a text is prose, and no name or value: it has many words, and too few capitals among them."""
    words = [word for word in _WORD.findall(text) if word.lower() not in _CONNECTORS]
    small = sum(next((sign for sign in word if sign.isalnum()), "").islower() for word in words)
    return len(words) > MAX_SMALL_WORDS and small > MAX_SMALL_SHARE * len(words)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return start, end
