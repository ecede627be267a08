"""Sorts the lines of a page into reading order and joins them to plain text.

Columns come first (each read from top to bottom before the next), then rows (boxes side by side on one line, such as
an item and its price), then boxes from left to right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.engine.reader.recognise import OcrLine
from app.engine.reader.rotation import FIRST_CJK

MIN_COLUMN_ROWS = 3
"""Minimum number of rows in a column of prose."""

SHORT_COLUMN_ROWS, MIN_FILL = 5, 0.85
"""Number of rows below which the median row of a column must have this fraction of the column's width.

An address and a date have few rows, too, but theirs differ in width.
"""

MIN_COLUMN_LETTERS = 12
"""Minimum number of letters in the median row of a column of prose; a Chinese or Japanese character counts as two."""

MAX_CROSSING = 0.25
"""Maximum fraction of lines that may cross a gutter between two columns of prose."""

WIDE = 1.5
"""Ratio of a line's width to the median from which it may be a heading over several columns."""

OVERHANG = 0.4
"""Maximum overhang of a line's box into a gutter, as a fraction of the box's height."""

MAX_BOXES_PER_ROW = 1.5
"""Maximum mean number of boxes in a row of prose: more than one because a line may be detected in parts."""

STEPS = 120
"""Number of positions across the text that are tried as a gutter."""


@dataclass(frozen=True, slots=True)
class _TextBox:
    """A line with its bounding box on the deskewed page."""

    found: OcrLine
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def crosses(self, x: float) -> bool:
        """Return whether the box extends beyond `x` on both sides by more than OVERHANG."""
        return self.left + OVERHANG * self.height < x < self.right - OVERHANG * self.height

    def is_left_of(self, x: float) -> bool:
        return not self.crosses(x) and self.left + self.right < 2 * x

    def is_right_of(self, x: float) -> bool:
        return not self.crosses(x) and self.left + self.right >= 2 * x


def order_rows(lines: Sequence[OcrLine]) -> list[list[OcrLine]]:
    """Return the lines in reading order, grouped into rows."""
    boxes = _deskewed(lines)
    return [[box.found for box in row] for row in _order(boxes)]


def text_of(rows: Sequence[Sequence[OcrLine]]) -> str:
    """Return one line of text per row, with the boxes of a row two spaces apart."""
    return "\n".join("  ".join(box.text for box in row) for row in rows)


def _deskewed(lines: Sequence[OcrLine]) -> list[_TextBox]:
    skew = _skew(lines)
    cos, sin = np.cos(-skew), np.sin(-skew)
    boxes = []
    for line in lines:
        x = line.quad[:, 0] * cos - line.quad[:, 1] * sin
        y = line.quad[:, 0] * sin + line.quad[:, 1] * cos
        boxes.append(_TextBox(line, float(x.min()), float(y.min()), float(x.max()), float(y.max())))
    return boxes


def _skew(lines: Sequence[OcrLine]) -> float:
    """Return the page's skew in radians: the median over lines long enough to measure it."""
    angles = []
    for line in lines:
        run = line.quad[1] - line.quad[0]
        side = line.quad[3] - line.quad[0]
        if np.hypot(*run) > 3 * np.hypot(*side):
            angles.append(float(np.arctan2(run[1], run[0])))
    return float(np.median(angles)) if angles else 0.0


def _order(boxes: Sequence[_TextBox]) -> list[list[_TextBox]]:
    gutter = _find_gutter(boxes)
    if gutter is None:
        return _rows(boxes)
    crossing = sorted((box for box in boxes if box.crosses(gutter)), key=lambda box: box.top)
    rest = [box for box in boxes if not box.crosses(gutter)]
    rows: list[list[_TextBox]] = []
    # A box that crosses the gutter, such as a headline, divides the page: both columns above it are read first.
    for box in crossing:
        middle = (box.top + box.bottom) / 2
        above = [other for other in rest if (other.top + other.bottom) / 2 < middle]
        rest = [other for other in rest if (other.top + other.bottom) / 2 >= middle]
        rows += _order_columns(above, gutter)
        rows.append([box])
    return rows + _order_columns(rest, gutter)


def _order_columns(boxes: Sequence[_TextBox], gutter: float) -> list[list[_TextBox]]:
    left = [box for box in boxes if box.is_left_of(gutter)]
    right = [box for box in boxes if box.is_right_of(gutter)]
    return [row for column in (left, right) if column for row in _order(column)]


def _find_gutter(boxes: Sequence[_TextBox]) -> float | None:
    """Return the x between two columns of prose that the fewest lines cross; None if there are no two columns."""
    if len(boxes) < 2 * MIN_COLUMN_ROWS:
        return None
    left = np.array([box.left + OVERHANG * box.height for box in boxes])
    right = np.array([box.right - OVERHANG * box.height for box in boxes])
    candidates = np.linspace(left.min(), right.max(), STEPS + 2)[1:-1]
    crossing = ((left[None, :] < candidates[:, None]) & (right[None, :] > candidates[:, None])).sum(axis=1)
    # The middle of the widest run of equally good positions is the middle of the gutter.
    for count in sorted(set(crossing.tolist())):
        if count > MAX_CROSSING * len(boxes):
            return None
        good = [float(x) for run in _runs(crossing == count) for x in [candidates[run[len(run) // 2]]]]
        for gutter in good:
            sides = [[p for p in boxes if p.is_left_of(gutter)], [p for p in boxes if p.is_right_of(gutter)]]
            if all(_is_prose(side) for side in sides):
                return gutter
    return None


def _runs(mask: "np.typing.NDArray[np.bool_]") -> list[list[int]]:
    """Return runs of consecutive true indices, longest first."""
    runs: list[list[int]] = []
    for index in np.flatnonzero(mask).tolist():
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return sorted(runs, key=len, reverse=True)


def _is_prose(boxes: Sequence[_TextBox]) -> bool:
    """Return whether the boxes are columns of prose side by side, or one, apart from strays such as page numbers."""
    columns = _columns(boxes) if boxes else []
    large = [column for column in columns if len(_rows(column)) >= MIN_COLUMN_ROWS]
    strays = len(boxes) - sum(map(len, large))
    return bool(large) and strays <= MAX_CROSSING * len(boxes) and all(map(_is_column, large))


def _columns(boxes: Sequence[_TextBox]) -> list[list[_TextBox]]:
    """Sweep from the left: a column ends where no box reaches further, except for a few wide ones such as headings.

    Looking for a gutter again, as in the whole, would take time exponential in the columns of a table.
    """
    wide = WIDE * float(np.median([box.right - box.left for box in boxes]))
    narrow = [box for box in boxes if box.right - box.left < wide]
    if len(boxes) - len(narrow) > MAX_CROSSING * len(boxes):
        narrow = list(boxes)
    columns: list[list[_TextBox]] = []
    right = -np.inf
    for box in sorted(narrow, key=lambda box: box.left):
        if box.left + OVERHANG * box.height < right:
            columns[-1].append(box)
        else:
            columns.append([box])
        right = max(right, box.right - OVERHANG * box.height)
    return columns


def _is_column(boxes: Sequence[_TextBox]) -> bool:
    rows = _rows(boxes)
    # A table has several boxes in most rows and is read row by row.
    if len(boxes) > MAX_BOXES_PER_ROW * len(rows):
        return False
    if float(np.median([sum(_letters(box.found.text) for box in row) for row in rows])) < MIN_COLUMN_LETTERS:
        return False
    width = max(box.right for box in boxes) - min(box.left for box in boxes)
    fills = [(row[-1].right - row[0].left) / max(width, 1.0) for row in rows]
    return len(rows) >= SHORT_COLUMN_ROWS or float(np.median(fills)) >= MIN_FILL


def _letters(text: str) -> int:
    return sum(1 + (letter >= FIRST_CJK) for letter in text)


def _rows(boxes: Sequence[_TextBox]) -> list[list[_TextBox]]:
    """Group boxes into rows: a box joins the row above if their vertical overlap is half a height or more."""
    rows: list[list[_TextBox]] = []
    for box in sorted(boxes, key=lambda box: (box.top + box.bottom) / 2):
        if rows and _shares_row(rows[-1], box):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _shares_row(row: Sequence[_TextBox], box: _TextBox) -> bool:
    top = float(np.median([other.top for other in row]))
    bottom = float(np.median([other.bottom for other in row]))
    overlap = min(bottom, box.bottom) - max(top, box.top)
    if overlap < 0.5 * min(bottom - top, box.height):
        return False
    # Boxes are larger than their text: two that lie above one another may overlap and are still two rows.
    return all(min(other.right, box.right) - max(other.left, box.left) < 0.5 * box.height for other in row)
