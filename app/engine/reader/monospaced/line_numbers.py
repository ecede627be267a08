"""Tells an editor's line numbers from the code beside them: they stand on columns of their own."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from app.domain.documents.tables import Table
from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.monospaced.grid import Grid
from app.engine.reader.recognise import OcrLine

MIN_ROWS = 4
"""Minimum number of rows with a number."""

MIN_SHARE = 0.6
"""Minimum share of the rows that begin with one."""

MIN_IN_STEP = 0.7
"""Minimum share of neighbours whose numbers are as far apart as their rows."""

EDGE = 0.6
"""Distance in columns from the middle of the last digits within which everything is beside the code."""

_NUMBER = re.compile(r"(\d{1,6})(?:\s|$)")


def has_line_numbers(table: Table) -> bool:
    """Return whether what was taken for a table is code beside its line numbers."""
    numbers = ["".join(row[0].split()) for row in table.grid() if row[0].strip()]
    is_numbered = len(numbers) >= max(MIN_ROWS, MIN_SHARE * table.rows) and all(map(str.isdecimal, numbers))
    return is_numbered and table.columns == 2 and not table.is_ruled


@dataclass(frozen=True, slots=True)
class Numbered:
    """The rows of a block, parted: a line with the number of each row that has one, and the lines without numbers.

    `taken` are lines from beside the block that are among its numbers; `is_flush` tells whether the numbers begin below
    one another, instead of ending there.
    """

    numbers: Mapping[int, OcrLine]
    lines: tuple[OcrLine, ...]
    taken: tuple[OcrLine, ...] = ()
    is_flush: bool = False


def without_numbers(grid: Grid, lines: Sequence[OcrLine], beside: Sequence[OcrLine]) -> Numbered:
    """Part the numbers from a block's lines; `beside` are lines that are on no grid, as numbers with a little code."""
    alone = [line for line in beside if _NUMBER.match(line.text)]
    first = min(float(line.quad[:, 0].min()) for line in lines)
    bottom = max(grid.row(_middle(line)) for line in lines)
    near = [line for line in alone if line.quad[0, 0] < first + grid.pitch and 0 <= grid.row(_middle(line)) <= bottom]
    leftmost: dict[int, OcrLine] = {}
    for line in [*lines, *near]:
        row = grid.row(_middle(line))
        if row not in leftmost or line.quad[0, 0] < leftmost[row].quad[0, 0]:
            leftmost[row] = line
    found = {row: match[1] for row, line in leftmost.items() if (match := _NUMBER.match(line.text)) and line.letters}
    if not _is_counted(found, len(leftmost)):
        return Numbered({}, tuple(lines))
    in_step = _in_step(found)
    starts = [_place(leftmost[row], leftmost[row].letters[0]) for row in in_step]
    ends = [_place(leftmost[row], leftmost[row].letters[len(found[row]) - 1]) for row in in_step]
    is_flush = float(np.std(starts)) < float(np.std(ends))
    edge = float(np.max(ends) if is_flush else np.median(ends)) + EDGE * grid.pitch
    numbers: dict[int, OcrLine] = {}
    rest = []
    for line in [*lines, *near]:
        count = sum(_place(line, letter) < edge for letter in line.letters)
        if count:
            numbers[grid.row(_middle(line))] = _part(line, slice(0, count))
        if count < len(line.letters):
            rest.append(_part(line, slice(count, None)))
    return Numbered(numbers, tuple(line for line in rest if line.text), tuple(near), is_flush)


def _place(line: OcrLine, letter: Letter) -> float:
    """Return the middle of a letter in pixels."""
    return float(line.quad[0, 0] + letter.centre * (line.quad[1, 0] - line.quad[0, 0]))


def _is_counted(found: Mapping[int, str], rows: int) -> bool:
    if len(found) < MIN_ROWS or len(found) < MIN_SHARE * rows:
        return False
    pairs = list(pairwise(sorted(found)))
    in_step = sum(int(found[below]) - int(found[above]) == below - above for above, below in pairs)
    return in_step >= MIN_IN_STEP * len(pairs)


def _in_step(found: Mapping[int, str]) -> list[int]:
    """Return the rows whose numbers are as far from their row as most are."""
    distances = {row: int(text) - row for row, text in found.items()}
    usual = Counter(distances.values()).most_common(1)[0][0]
    return [row for row, distance in distances.items() if distance == usual]


def _middle(line: OcrLine) -> float:
    return float(line.quad[:, 1].mean())


def _part(line: OcrLine, part: slice) -> OcrLine:
    """Return a line of some of its letters, within their bounds."""
    letters = list(line.letters[part])
    while letters and letters[0].text.isspace():
        del letters[0]
    if len(letters) == len(line.letters):
        return line
    if not letters:
        return replace(line, text="", letters=())
    width = max(1e-6, (line.letters[-1].centre - line.letters[0].centre) / max(1, len(line.letters) - 1))
    start, end = max(0.0, letters[0].centre - width / 2), min(1.0, letters[-1].centre + width / 2)
    along = line.quad[1] - line.quad[0]
    quad = line.quad + np.outer([start, end - 1, end - 1, start], along)
    moved = tuple(_moved(letter, start, end) for letter in letters)
    return replace(line, text=text_of(moved), quad=quad, letters=moved)


def _moved(letter: Letter, start: float, end: float) -> Letter:
    length = max(1e-6, end - start)
    return replace(letter, start=(letter.start - start) / length, end=(letter.end - start) / length)
