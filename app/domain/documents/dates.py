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


_MONTH_NUMBERS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene", "feb fév", "mar mär", "apr avr abr", "may mai", "jun", "jul", "aug aoû ago", "sep", "oct okt",
            "nov", "dec dez déc dic",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_PARTS = re.compile(r"\d+|[^\W\d_]{3,}")


def date_values(text: str) -> frozenset[tuple[int, int, int]]:
    """Return the year, month and day that one printed date may mean: two where day and month cannot be told apart.

    A year of two digits is one of 1970 to 2069. None if it is no date.
    """
    parts = _PARTS.findall(text)
    named = [_month_of(part) for part in parts if not part[0].isdigit()]
    numbers = [part for part in parts if part[0].isdigit()]
    month = next((number for number in named if number), 0)
    if month and len(numbers) == 2:
        day, year = numbers
        candidates = [(_year_of(year), month, int(day))]
    elif len(numbers) == 3 and len(numbers[0]) == 4:
        candidates = [(int(numbers[0]), int(numbers[1]), int(numbers[2]))]
    elif len(numbers) == 3:
        first, second, year = int(numbers[0]), int(numbers[1]), _year_of(numbers[2])
        candidates = [(year, second, first), (year, first, second)]
    else:
        return frozenset()
    return frozenset(value for value in candidates if 1 <= value[1] <= 12 and 1 <= value[2] <= 31)


def _month_of(word: str) -> int:
    folded = word.casefold()
    if folded.startswith("juil"):
        return 7
    if folded.startswith("juin"):
        return 6
    return _MONTH_NUMBERS.get(folded[:3], 0)


def _year_of(digits: str) -> int:
    number = int(digits)
    return number if len(digits) == 4 else number + (2000 if number < 70 else 1900)


def date_spans(text: str) -> list[tuple[int, int]]:
    """Return where the dates of a text begin and end; those that are printed in several ways may overlap."""
    return sorted(match.span() for match in chain.from_iterable(date.finditer(text) for date in _DATES))


def dates_in(text: str) -> list[str]:
    """Return the dates of a text as they are printed; the order of day and month is not judged."""
    return [text[start:end] for start, end in date_spans(text)]
