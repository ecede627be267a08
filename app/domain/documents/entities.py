"""What a text on an image names that one does something with: web and mail addresses, phone numbers, IBANs, dates.

The text is untrusted: an entity's value is shown before anything is done with it, and nothing is done by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import chain

from app.domain.documents.dates import date_spans


class EntityKind(StrEnum):
    """What an entity is."""

    LINK = "link"
    MAIL = "mail"
    PHONE = "phone"
    IBAN = "iban"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity at [start, end) of a text. `value` is what is copied.

    That is an address with its scheme, a mailbox, a phone number's digits with a "+" if it has one, an IBAN without
    spaces, or a date as it is printed.
    """

    kind: EntityKind
    start: int
    end: int
    value: str


_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = rf"(?:{_LABEL}\.)+[^\W\d_]{{2,24}}"
_ENDINGS = (
    "com|org|net|info|biz|eu|edu|gov|app|dev|io|at|au|be|br|ca|ch|cn|de|dk|es|fi|fr|ie|in|it|jp|kr|mx|nl|no|nz|pl|pt|se"
    "|uk"
)
"""Top-level domains with which a name is an address without "https://" or "www."; “End.No” is no address."""
_LINK = re.compile(
    rf"(?<![\w@./:-])(?:https?://|(?=www\.)|(?=(?:{_LABEL}\.)+(?-i:{_ENDINGS}|{_ENDINGS.upper()})(?![\w.-]\w)))"
    rf"{_HOST}(?::\d{{1,5}})?(?![\w@-])(?:[/?#][^\s<>\"“”„«»]*)?",
    re.IGNORECASE,
)
_MAIL = re.compile(rf"(?<![\w.%+-])[A-Z0-9](?:[\w.+-]{{0,62}}[\w+-])?@{_HOST}(?![\w@-])", re.IGNORECASE)
_DIGIT = r"(?:[ ./()-]{0,3}\d)"
_CALL = r"(?:telephone|telefono?|téléphone|teléfono|tél|tel|phone|fon|fax|mobile?|mobil|cell|call|电话|電話|☎|✆)"
_PHONE = re.compile(
    rf"(?<![\w+./-])(?:(?P<world>\+\d{_DIGIT}{{6,14}})"
    rf"|{_CALL}[.:：]?\s?(?:no|nr)?[.:：]?\s{{0,3}}(?P<called>\(?\d{_DIGIT}{{5,14}})"
    r"|(?P<american>(?:\(\d{3}\) ?|\d{3}-)\d{3}-\d{4}))(?![\w-])",
    re.IGNORECASE,
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2})\d\d(?= ?[A-Z0-9])")
_IBAN_LENGTHS = {
    country: length
    for length, countries in (
        (15, "NO"),
        (16, "BE"),
        (18, "DK FI FK FO GL NL SD"),
        (19, "MK SI"),
        (20, "AT BA EE KZ LT LU MN XK"),
        (21, "CH HR LI LV"),
        (22, "BG BH CR DE GB GE IE ME RS VA"),
        (23, "AE GI IL IQ OM SO TL"),
        (24, "AD CZ ES MD PK RO SA SE SK TN VG"),
        (25, "LY PT ST"),
        (26, "IS TR"),
        (27, "BI DJ FR GR IT MC MR SM"),
        (28, "AL AZ BY CY DO GT HN HU LB NI PL SV"),
        (29, "BR EG PS QA UA"),
        (30, "JO KW MU YE"),
        (31, "MT SC"),
        (32, "LC"),
        (33, "RU"),
    )
    for country in countries.split()
}
"""Numbers of characters of IBANs by country, from the IBAN registry (SWIFT)."""


def entities_in(text: str) -> tuple[Entity, ...]:
    """Return the entities of a line of text, in order; of two that overlap, the one that says more."""
    found: list[Entity] = []
    for entity in chain(_links(text), _mails(text), _ibans(text), _dates(text), _phones(text)):
        if all(entity.end <= other.start or other.end <= entity.start for other in found):
            found.append(entity)
    return tuple(sorted(found, key=lambda entity: entity.start))


def is_iban(text: str) -> bool:
    """Return whether `text`, without spaces, has an IBAN's length for its country and right check digits (ISO 7064)."""
    if len(text) != _IBAN_LENGTHS.get(text[:2]):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def _links(text: str) -> Iterator[Entity]:
    for match in _LINK.finditer(text):
        address = _without_punctuation(match[0])
        value = address if address.lower().startswith(("http://", "https://")) else f"https://{address}"
        yield Entity(EntityKind.LINK, match.start(), match.start() + len(address), value)


def _without_punctuation(address: str) -> str:
    """Return an address without the punctuation of the sentence that it ends."""
    while address[-1] in ".,;:!?'’*_~|" or (address[-1] in ")]}" and not _closes(address)):
        address = address[:-1]
    return address


def _closes(address: str) -> bool:
    closing = address[-1]
    return address.count(closing) <= address.count({")": "(", "]": "[", "}": "{"}[closing])


def _mails(text: str) -> Iterator[Entity]:
    for match in _MAIL.finditer(text):
        yield Entity(EntityKind.MAIL, match.start(), match.end(), match[0])


def _ibans(text: str) -> Iterator[Entity]:
    for match in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(match[1])
        if (
            length
            and (found := _iban_of(length).match(text, match.start()))
            and is_iban(value := found[0].replace(" ", ""))
        ):
            yield Entity(EntityKind.IBAN, *found.span(), value)


@cache
def _iban_of(length: int) -> re.Pattern[str]:
    return re.compile(rf"[A-Z]{{2}}\d\d(?: ?[A-Z0-9]){{{length - 4}}}(?![A-Za-z0-9])")


def _dates(text: str) -> Iterator[Entity]:
    for start, end in date_spans(text):
        yield Entity(EntityKind.DATE, start, end, text[start:end])


def _phones(text: str) -> Iterator[Entity]:
    for match in _PHONE.finditer(text):
        kind = match.lastgroup or ""
        number = match[kind].replace("(0)", "") if match[kind].startswith("+") else match[kind]
        digits = "".join(sign for sign in number if sign in "+0123456789")
        yield Entity(EntityKind.PHONE, *match.span(kind), digits)
