"""Lists in several columns: their alphabet, or their numbers, run down one column and on at the top of the next.

Nothing else tells such short items from the cells of a table, which is read row by row.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from app.engine.reader.layout.line_boxes import OVERHANG, LineBox
from app.engine.reader.rotation import FIRST_CJK
from app.engine.reader.text_boxes import rows_of

MIN_ITEMS, MIN_LAST_ITEMS = 4, 3
"""Minimum number of items in a column, and in the last one: so many cells are not in this order by chance."""

MIN_INITIALS = 0.5
"""Minimum number of different initials, as a fraction of the items: Item 1 to 9 may be beside Price 1 to 9."""

MAX_OFF = 0.7
"""Maximum distance of the tops of two columns, in heights of the median item."""

_NUMBER = re.compile(r"\(?(\d{1,3})[.):]?\s+[^\W\d]")


@dataclass(frozen=True, slots=True)
class ListInColumns:
    """The columns of a list from left to right, each from its top, and what is above and below it."""

    above: list[LineBox]
    columns: list[list[LineBox]]
    below: list[LineBox]


def find_list(boxes: Sequence[LineBox]) -> ListInColumns | None:
    """Return the list that boxes are, but for the rows above and below that have a single box; None without one."""
    rows = rows_of(boxes, parts_stacked=True)
    shared = [number for number, row in enumerate(rows) if len(row) > 1]
    if not shared:
        return None
    first, end = shared[0], shared[-1] + 1
    # The first column may be longer by an item.
    for last in (end + 1, end):
        columns = _columns([box for row in rows[first:last] for box in row])
        if _is_list(columns):
            above, below = ([box for row in part for box in row] for part in (rows[:first], rows[last:]))
            return ListInColumns(above, columns, below)
    return None


def _columns(boxes: Sequence[LineBox]) -> list[list[LineBox]]:
    """Return boxes by the intervals of x that they cover, from left to right, each from its top."""
    columns: list[list[LineBox]] = []
    right = 0.0
    for box in sorted(boxes, key=lambda box: box.left):
        if not columns or box.left > right - OVERHANG * box.height:
            columns.append([])
            right = box.right
        columns[-1].append(box)
        right = max(right, box.right)
    return [sorted(column, key=lambda box: box.middle) for column in columns]


def _is_list(columns: Sequence[Sequence[LineBox]]) -> bool:
    if len(columns) < 2 or len(columns[-1]) < MIN_LAST_ITEMS or min(map(len, columns[:-1])) < MIN_ITEMS:
        return False
    height = median(box.height for column in columns for box in column)
    tops = [column[0].top for column in columns]
    return max(tops) - min(tops) <= MAX_OFF * height and _are_in_order([box.text for of in columns for box in of])


def _are_in_order(texts: Sequence[str]) -> bool:
    """Return whether each text is the one after that before it: by its number, or in the alphabet."""
    numbers = [int(match[1]) for text in texts if (match := _NUMBER.match(text))]
    if len(numbers) == len(texts):
        return all(after == before + 1 for before, after in pairwise(numbers))
    keys = [_sort_key(text) for text in texts]
    initials = {key[:1] for key in keys}
    if len(initials) < MIN_INITIALS * len(keys) or not all(sign.isalpha() and sign < FIRST_CJK for sign in initials):
        return False
    return all(before < after for before, after in pairwise(keys))


def _sort_key(text: str) -> str:
    """Return what a text is sorted by in an alphabet: letters without marks, in lower case."""
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in parts if letter.isalnum() or letter == " ").strip()
