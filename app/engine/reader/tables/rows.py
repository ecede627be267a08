"""Groups the lines of a table into rows: by rules, by distance, and by what the lines hold."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from app.engine.reader.tables.columns import Fragment

OVERLAP = 0.7
"""Distance of two lines' middles, in text heights, below which they are one row, as with a value beside two lines."""
TIGHT = 1.3
"""Distance of two lines, as a multiple of the table's closest ones, up to which the lower may continue the upper."""
WIDER = 1.25
"""Ratio of the distances between and within rows from which the distance alone tells them apart."""
RULED_SHARE = 0.4
"""Minimum fraction of lines with a rule above from which every row is taken to have one."""
MAX_HEADER_LINES = 9
MIN_REPEATED, SMALL = 6, 0.6
"""Minimum number of texts that begin with small letters and are repeated, and their fraction among all that do: these
do not go on from the ones above."""
_VALUE = re.compile(r"[\s\d.,:;%‰$€£¥()\[\]<>±+\-–—−*/†‡#~≈<>≤≥'’^°]*")
_NUMBERED = re.compile(r"[(\[]?\w{1,2}[.)\]](?!\w)")
_LETTERS = re.compile(r"[^\W\d_]{3,}")


@dataclass(slots=True)
class Line:
    """A line of a table; `ruled_below` are the columns with a rule between it and the next line."""

    fragments: list[Fragment]
    top: float
    bottom: float
    ruled_below: set[int] = field(default_factory=set)

    @property
    def middle(self) -> float:
        """The y of the middle, in pixels."""
        return (self.top + self.bottom) / 2

    @property
    def columns(self) -> set[int]:
        """The columns in which it has text."""
        return {column for f in self.fragments for column in range(f.first, f.last + 1)}

    def text(self, column: int) -> str:
        """Return the text that begins in a column."""
        return " ".join(f.text for f in self.fragments if f.first == column)


def is_value(text: str) -> bool:
    """Return whether a cell's text is a number, an amount or a sign that stands for one."""
    tight = "".join(text.split())
    if not tight or len(tight) > 24:
        return False
    if _VALUE.fullmatch(tight):
        return True
    digits = sum(letter.isdigit() for letter in tight)
    return 2 * digits >= len(tight) and not _LETTERS.search(tight)


def header_end(lines: Sequence[Line], columns: int) -> int:
    """Return the number of lines that are the header: those above the first full rule, or above the first values."""
    for number, line in enumerate(lines[:MAX_HEADER_LINES]):
        if 0 in line.ruled_below and len(line.ruled_below) >= 0.8 * columns:
            strip = lines[: number + 1]
            is_body = any(conflict(strip[:index], strip[index]) for index in range(1, len(strip)))
            if number + 1 < len(lines) and not is_body:
                return number + 1
            break
    for number, line in enumerate(lines[:MAX_HEADER_LINES]):
        if any(is_value(f.text) for f in line.fragments if f.first) or line.columns == {0}:
            return max(number, 1) if any(_values(other) for other in lines[number:]) else 1
    return 1


def _values(line: Line) -> int:
    return sum(is_value(f.text) for f in line.fragments if f.first)


def group_rows(lines: Sequence[Line], header: int, columns: int, height: float) -> list[list[int]]:
    """Return the numbers of the lines of each row, from top to bottom; the first `header` lines are the header."""
    rows: list[list[int]] = []
    is_ruled = _is_ruled(lines[header:], columns)
    lead, parted = _distances(lines, header)
    height = min(height, _pitch(lines[header:]) or height)
    is_small = _begin_small(lines[header:])
    for number, line in enumerate(lines):
        if not rows:
            rows.append([number])
            continue
        above = lines[number - 1]
        distance = line.middle - above.middle
        is_parted = bool(ruled_below(lines, rows[-1]) & line.columns)
        if distance < OVERLAP * height and not is_parted and not conflict([lines[n] for n in rows[-1]], line):
            continues = True
        elif number == header or is_parted:
            continues = False
        elif number < header:
            continues = not _spans_below(above, line)
        else:
            row = [lines[index] for index in rows[-1]]
            has_label = 0 in line.columns and is_small
            continues = not has_label and _continues(row, line, is_ruled=is_ruled, lead=lead, parted=parted)
        if continues:
            rows[-1].append(number)
        else:
            rows.append([number])
    return rows


def ruled_below(lines: Sequence[Line], row: Sequence[int]) -> set[int]:
    """Return the columns with a rule below one of the lines of a row."""
    return {column for number in row for column in lines[number].ruled_below}


def _is_ruled(lines: Sequence[Line], columns: int) -> bool:
    """Return whether rules separate the rows of the body."""
    ruled = sum(len(line.ruled_below) >= 0.5 * columns for line in lines[:-1])
    return (ruled >= 2 and ruled >= RULED_SHARE * (len(lines) - 1)) or (ruled >= 4 and ruled >= 0.2 * len(lines))


def _begin_small(lines: Sequence[Line]) -> bool:
    """Return whether texts begin with small letters without going on, as the same ones do in many rows: yes and no."""
    counts = Counter(f.text for line in lines for f in line.fragments if f.first and f.text[0].islower())
    repeated = sum(count for count in counts.values() if count > 1)
    return repeated >= MIN_REPEATED and repeated > SMALL * counts.total()


def _distances(lines: Sequence[Line], header: int) -> tuple[float, float]:
    """Return the closest usual distance of lines, and the one from which rows are apart (infinite if none)."""
    steps = sorted(
        below.middle - above.middle
        for above, below in zip(lines[header:], lines[header + 1 :], strict=False)
        if not above.ruled_below
    )
    steps = [step for step in steps if step > OVERLAP * typical_height(lines)]
    if not steps:
        return 0.0, 0.0
    lead = steps[len(steps) // 10]
    best, parted = WIDER, float("inf")
    for small, large in pairwise(steps):
        if large / small > best and small < TIGHT * lead:
            best, parted = large / small, (small + large) / 2
    return lead, parted


def _pitch(lines: Sequence[Line]) -> float | None:
    """Return the usual distance of lines that are surely two rows: boxes of a recogniser may be as high as that."""
    steps = [below.middle - above.middle for above, below in pairwise(lines) if conflict([above], below)]
    return median(steps) if steps else None


def _continues(row: Sequence[Line], line: Line, *, is_ruled: bool, lead: float, parted: float) -> bool:
    """Return whether a line of the body continues the row above it."""
    above = row[-1]
    taken = {column for other in row for column in other.columns}
    if conflict(row, line):
        return False
    if is_ruled:
        return True
    if line.middle - above.middle > min(parted, TIGHT * lead):
        return False
    if 0 not in line.columns:
        has_values = any(is_value(f.text) for f in line.fragments)
        return line.columns <= taken and (not has_values or _are_in_brackets(row, line))
    shared = [f for f in line.fragments if f.first in taken]
    return bool(shared) and 2 * sum(goes_on(f.text) for f in shared) > len(shared)


def conflict(row: Sequence[Line], line: Line) -> bool:
    """Return whether a line has a value where the row has one already, so that it is a row of its own."""
    values = {f.first for other in row for f in other.fragments if f.first and is_value(f.text)}
    return any(f.first in values and is_value(f.text) for f in line.fragments) and not _are_in_brackets(row, line)


def _are_in_brackets(row: Sequence[Line], line: Line) -> bool:
    """Return whether a line without a label has in brackets what belongs to the values above it."""
    above = {f.first: f.text for other in row for f in other.fragments}
    return 0 not in line.columns and all(
        f.text[0] in "([{" and f.first in above and above[f.first][0] not in "([{" for f in line.fragments
    )


def goes_on(text: str) -> bool:
    """Return whether a text is the rest of one above: it begins with a small letter or within brackets."""
    return bool(text) and (text[0].islower() or text[0] in "(&/,") and not _NUMBERED.match(text)


def _spans_below(above: Line, line: Line) -> bool:
    """Return whether a header line has a text over several columns, each of which has one of its own below."""
    for fragment in above.fragments:
        under = [f for f in line.fragments if fragment.first <= f.first and f.last <= fragment.last]
        if fragment.last > fragment.first and len(under) > 1:
            return True
    return False


def typical_height(lines: Sequence[Line]) -> float:
    """Return the median height of lines in pixels."""
    return median(line.bottom - line.top for line in lines) if lines else 1.0
