"""Finds borderless tables: rows whose text boxes are aligned in columns, with gaps that run through all rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from app.engine.reader.tables.area import Area
from app.engine.reader.text_boxes import TextBox, joined, letters_in, rows_of

MIN_ROWS = 3
MIN_GAP = 0.35
"""Minimum gap between columns, in line heights: as wide as a space, since boxes are wider than their text."""
MAX_DISTANCE = 3.2
"""Maximum distance between the middles of two rows, in line heights, unless the rows before are as far apart."""
FULL = 0.6
"""Minimum fraction of rows with text in several columns."""
PROSE_LETTERS = 22
"""Median number of letters in a cell, wide ones counted twice, from which a column is prose."""
PROSE_WORDS, PROSE_WIDTH = 3, 0.75
"""Median words of a cell, and fraction of the column's width, from which narrow columns or wide letters are prose."""
LABELS = 0.6
"""Fraction of two-column rows with a colon after the first text from which they are a form and no table."""

_MARK = re.compile(r"[(\[]?\w{1,3}[.)\]]|[^\w\s]{1,3}|[a-zA-Z]")

Band = tuple[float, float]


@dataclass(slots=True)
class _TableRows:
    """Consecutive rows that share the same columns so far."""

    rows: list[list[TextBox]] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)


def borderless_areas(text_boxes: Sequence[TextBox]) -> list[Area]:
    """Return the areas that may be tables among text boxes outside other tables, from top to bottom."""
    if len(text_boxes) < 2 * MIN_ROWS:
        return []
    height = median(text_box.height for text_box in text_boxes)
    areas = []
    run = _TableRows()
    for row in [*rows_of(text_boxes), []]:
        bands = _bands([*run.rows, row], height) if row else []
        if row and _continues(run, row, bands, height):
            run.rows.append(row)
            run.bands = bands
            continue
        if area := _area(run):
            areas.append(area)
        run = _TableRows([row], _bands([row], height)) if len(row) > 1 else _TableRows()
    return areas


def _continues(run: _TableRows, row: Sequence[TextBox], bands: Sequence[Band], height: float) -> bool:
    """Return whether a row continues the possible table of the rows before it."""
    if not run.rows:
        return len(row) > 1
    distance = _middle(row) - _middle(run.rows[-1])
    if distance > MAX_DISTANCE * height:
        steps = [_middle(below) - _middle(above) for above, below in zip(run.rows, run.rows[1:], strict=False)]
        if not steps or distance > 1.25 * max(steps):
            return False
    # A row must not close a gap between columns, and a table has at least two.
    return len(bands) >= max(2, len(run.bands))


def _bands(rows: Sequence[Sequence[TextBox]], height: float) -> list[Band]:
    """Return the columns from left to right: the intervals of x that any text box covers, separated by gaps."""
    bands: list[Band] = []
    for text_box in sorted((text_box for row in rows for text_box in row), key=lambda text_box: text_box.left):
        if bands and text_box.left - bands[-1][1] < MIN_GAP * height:
            bands[-1] = (bands[-1][0], max(bands[-1][1], text_box.right))
        else:
            bands.append((text_box.left, text_box.right))
    return bands


def _area(run: _TableRows) -> Area | None:
    rows, bands = run.rows, run.bands
    if len(rows) < MIN_ROWS or len(bands) < 2:
        return None
    columns_of_rows = [{_band(text_box, bands) for text_box in row} for row in rows]
    if sum(len(columns) > 1 for columns in columns_of_rows) < FULL * len(rows):
        return None
    if _is_prose(rows, bands) or (len(bands) == 2 and (_is_form(rows) or _is_list(rows))):
        return None
    top, bottom = min(text_box.top for text_box in rows[0]), max(text_box.bottom for text_box in rows[-1])
    return Area(bands[0][0], top, bands[-1][1], bottom)


def _band(text_box: TextBox, bands: Sequence[Band]) -> int:
    middle = (text_box.left + text_box.right) / 2
    return min(range(len(bands)), key=lambda number: max(bands[number][0] - middle, middle - bands[number][1]))


def _is_prose(rows: Sequence[Sequence[TextBox]], bands: Sequence[Band]) -> bool:
    columns = [
        [[text_box for text_box in row if _band(text_box, bands) == number] for row in rows]
        for number in range(len(bands))
    ]
    return all(_is_prose_column([parts for parts in column if parts], bands[n]) for n, column in enumerate(columns))


def _is_prose_column(parts: Sequence[Sequence[TextBox]], band: Band) -> bool:
    """Return whether a column is prose; `parts` are each row's text boxes in it."""
    texts = [joined(text_boxes) for text_boxes in parts]
    if median(map(letters_in, texts)) >= PROSE_LETTERS:
        return True
    width = median(text_boxes[-1].right - text_boxes[0].left for text_boxes in parts)
    words = median(len(text.split()) for text in texts)
    return words >= PROSE_WORDS and width >= PROSE_WIDTH * (band[1] - band[0])


def _is_form(rows: Sequence[Sequence[TextBox]]) -> bool:
    labels = sum(row[0].text.endswith((":", "：")) for row in rows)
    return labels >= LABELS * len(rows)


def _is_list(rows: Sequence[Sequence[TextBox]]) -> bool:
    """Return whether rows begin with a bullet or a number and go on with text."""
    marks = sum(_MARK.fullmatch(row[0].text) is not None for row in rows)
    texts = sum(any(letter.isalpha() for letter in row[-1].text) for row in rows)
    return marks >= LABELS * len(rows) and texts >= LABELS * len(rows)


def _middle(row: Sequence[TextBox]) -> float:
    return median(text_box.middle for text_box in row)
