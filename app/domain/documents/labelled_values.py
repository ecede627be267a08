"""Pairs of names and values on a page: "Total: 12.50", "Date   01.02.2025", "Total (incl. GST)   12.50"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.documents.companies import company_in
from app.domain.documents.dates import dates_in
from app.domain.documents.page_rows import page_rows
from app.domain.documents.pages import OcrPage
from app.domain.documents.totals import Total, has_total, totals_in
from app.domain.images.geometry import Box, TextLine

MAX_NAME_CHARS = 40
"""Maximum length of a name, in characters; a longer text is a sentence that contains a colon."""

DATE_NAME = "Date"
"""Name of a page's only date if no name stands beside it."""

COMPANY_NAME = "Company"
"""Name of the company that a page's first rows name, by its legal form."""

_PAIR = re.compile(r"^\s*([^:：]{2,40}?)\s*[:：]\s*(\S.*?)\s*$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_TIME = re.compile(r"\d$")
_COLONS = (":", "：")


@dataclass(frozen=True, slots=True)
class LabelledValue:
    """A pair, and the boxes of its parts on the page in pixels; an unverified value has no box as evidence."""

    name: str
    value: str
    boxes: tuple[Box, ...]
    is_unverified: bool = False


def labelled_values(page: OcrPage) -> tuple[LabelledValue, ...]:
    """Return the pairs in reading order: a colon separates them, or ends a line that has another line beside it.

    Totals need no colon, and one is a value only if the page has a total that can be what is due: a page whose only
    "total" is a tax or a number of items has none. The only date of a page is a value, too, named or not, and so is the
    company in its first rows.
    """
    rows = [[page.lines[number] for number in row] for row in page_rows(page)]
    totals = totals_in(rows)
    found: list[LabelledValue] = []
    for number, row in enumerate(rows):
        found += _pairs_of(row, [total for total in totals if total.row == number], has_totals=bool(totals))
    return (*_company(rows, found), *found, *_only_date(rows, found))


def _pairs_of(row: Sequence[TextLine], totals: Sequence[Total], *, has_totals: bool) -> list[LabelledValue]:
    found: list[tuple[int, LabelledValue]] = []
    named = {total.line for total in totals}
    index = 0
    while index < len(row):
        text = row[index].text.strip()
        following = row[index + 1] if index + 1 < len(row) else None
        if index in named:
            pass
        elif text.endswith(_COLONS) and following and _is_name(text[:-1]) and not _is_label(following.text):
            value = _whole_date(row[index + 1 :]) or following.text.strip()
            if has_totals or not has_total(text):
                found.append((index, LabelledValue(text[:-1].strip(), value, (row[index].box, following.box))))
            index += 1
        elif (
            (match := _PAIR.match(text))
            and _is_name(match[1])
            and not _is_label(match[2])
            and (has_totals or not has_total(match[1]))
        ):
            found.append((index, LabelledValue(match[1].strip(), match[2], (row[index].box,))))
        index += 1
    found += [(total.line, LabelledValue(total.name, total.value, total.boxes)) for total in totals]
    return [pair for _, pair in sorted(found, key=lambda numbered: numbered[0])]


def _whole_date(lines: Sequence[TextLine]) -> str | None:
    """Return the date that a value begins with if it was cut in two lines: "Oct 3,  2016"."""
    text = " ".join(line.text.strip() for line in lines)
    dates = dates_in(text)
    return dates[0] if dates and text.startswith(dates[0]) and len(dates[0]) > len(lines[0].text.strip()) else None


def _only_date(rows: Sequence[Sequence[TextLine]], named: Sequence[LabelledValue]) -> list[LabelledValue]:
    """Return the page's date if it has just one, and no pair has it."""
    dates = [(date, line) for row in rows for line in row for date in dates_in(line.text)]
    if len({date for date, _ in dates}) != 1 or any(pair.value.startswith(dates[0][0]) for pair in named):
        return []
    date, line = dates[0]
    return [LabelledValue(DATE_NAME, date, (line.box,))]


def _company(rows: Sequence[Sequence[TextLine]], named: Sequence[LabelledValue]) -> list[LabelledValue]:
    company = company_in(rows)
    if company is None or any(company[1].box in pair.boxes for pair in named):
        return []
    name, line = company
    return [LabelledValue(COMPANY_NAME, name, (line.box,))]


def _is_label(text: str) -> bool:
    """Return whether a text is the name of the next value, as on an empty form: "Name:  Date:"."""
    text = text.strip()
    return text.endswith(_COLONS) and _is_name(text[:-1])


def _is_name(text: str) -> bool:
    """Return whether `text` can be a name: it contains a word, is short, and is not the hour of a time."""
    return len(text) <= MAX_NAME_CHARS and bool(_WORD.search(text)) and not _TIME.search(text.strip())
