"""Dates as documents print them: "25/12/2018", "2018-12-25", "19 Mar 2018", "Oct 3, 2016", "2018年3月19日"."""

import re
from itertools import chain

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez|fév|avr|juin|juil|aoû|déc|ene|abr|ago|dic"
_MONTH = rf"(?:{_MONTHS})[^\W\d_]{{0,6}}\.?"
_BEFORE, _AFTER = r"(?<![\d.,/])(?<!\d:)", r"(?=\d\d:\d\d|(?![\d/]|[-.]\d))"
_DATES = tuple(
    re.compile(f"{_BEFORE}{pattern}{_AFTER}", re.IGNORECASE)
    for pattern in (
        r"(?:0?[1-9]|[12]\d|3[01])\s?([-/.])\s?(?:0?[1-9]|[12]\d|3[01])\s?\1\s?(?:(?:19|20)\d\d|\d\d)",
        r"(?:19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])",
        rf"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.)?[-/ ]?\s?{_MONTH}[-/, ]*(?:(?:19|20)\d\d|\d\d)",
        rf"{_MONTH}\s?(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\s?,?\s*(?:19|20)\d\d",
        r"(?:19|20)\d\d\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日",
    )
)


def date_spans(text: str) -> list[tuple[int, int]]:
    """Return where the dates of a text begin and end; those that are printed in several ways may overlap."""
    return sorted(match.span() for match in chain.from_iterable(date.finditer(text) for date in _DATES))


def dates_in(text: str) -> list[str]:
    """Return the dates of a text as they are printed; the order of day and month is not judged."""
    return [text[start:end] for start, end in date_spans(text)]
