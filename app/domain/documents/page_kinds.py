"""What an image shows, told from what the built-in OCR has read on it; questions are suggested by it."""

import re
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

from app.domain.documents.page_rows import page_rows
from app.domain.documents.pages import UNCERTAIN_SCORE, OcrPage
from app.domain.documents.totals import totals_in
from app.domain.images.geometry import TextLine

MIN_TABLE_SHARE = 0.5
"""Minimum fraction of the lines that are in tables on an image that shows a table."""
MIN_TEXT, MIN_TEXT_AREA = 120, 0.05
"""Minimum characters of a page of text, and minimum fraction of the image that its lines cover."""
MIN_TICKS = 4
"""Minimum number of labels of a chart's value axis."""
TICK_TOLERANCE = 0.15
"""Maximum deviation of a label's place from an even axis, as a fraction of the distance between two labels."""
_TICK = re.compile(r"[-−–]?[$€£¥]?(\d+(?:[.,]\d+)*) ?(?:[%kKMB]|Mio|Mrd)?")


class PageKind(StrEnum):
    """What an image shows; PHOTO has no text that is worth reading."""

    RECEIPT = "receipt"
    TABLE = "table"
    CHART = "chart"
    TEXT = "text"
    PHOTO = "photo"


def kind_of(page: OcrPage) -> PageKind:
    """Return what an image shows, given its page. A receipt or invoice has a total that was paid or is due."""
    lines = [line for line in page.lines if line.score >= UNCERTAIN_SCORE]
    if totals_in([[page.lines[number] for number in row] for row in page_rows(page)]):
        return PageKind.RECEIPT
    if _has_value_axis(lines):
        return PageKind.CHART
    if lines and sum(_is_in_table(line, page) for line in lines) >= MIN_TABLE_SHARE * len(lines):
        return PageKind.TABLE
    area = sum(line.box.width * line.box.height for line in lines) / max(1, page.width * page.height)
    if sum(len(line.text) for line in lines) >= MIN_TEXT and area >= MIN_TEXT_AREA:
        return PageKind.TEXT
    return PageKind.PHOTO


def _is_in_table(line: TextLine, page: OcrPage) -> bool:
    return any(line.box.share_inside(table.box) >= 0.5 for table in page.tables)


def _has_value_axis(lines: Sequence[TextLine]) -> bool:
    """Return whether numbers stand one above the other, evenly spaced and by equal steps, the greatest at the top.

    The numbers of a table's rows grow downwards.
    """
    ticks = [(line.box, float(match[1].replace(",", ""))) for line in lines if (match := _tick(line.text))]
    for box, _ in ticks:
        column = sorted(
            (other.top, value)
            for other, value in ticks
            if abs(other.right - box.right) <= box.height or abs(other.left - box.left) <= box.height
        )
        if len(column) >= MIN_TICKS and _is_even([top for top, _ in column]) and _falls([value for _, value in column]):
            return True
    return False


def _tick(text: str) -> re.Match[str] | None:
    match = _TICK.fullmatch(text.strip())
    return match if match and match[1].count(".") <= 1 else None


def _is_even(places: Sequence[float]) -> bool:
    steps = [below - above for above, below in pairwise(places)]
    mean = sum(steps) / len(steps)
    return mean > 0 and all(abs(step - mean) <= TICK_TOLERANCE * mean for step in steps)


def _falls(values: Sequence[float]) -> bool:
    steps = [above - below for above, below in pairwise(values)]
    return steps[0] > 0 and all(abs(step - steps[0]) <= TICK_TOLERANCE * steps[0] for step in steps)
