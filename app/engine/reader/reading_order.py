"""Sorts the lines of a page into reading order and joins them to plain text.

Columns come first (each read from top to bottom before the next), then rows (boxes side by side on one line, such as
an item and its price), then boxes from left to right. Only prose has columns: where lines beside each other are not
parts of longer runs of text, they are the cells of a row, unless they are a list whose order runs down each column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.engine.reader.layout.facing_pages import facing_pages
from app.engine.reader.layout.line_boxes import OVERHANG, LineBox, deskewed
from app.engine.reader.layout.lists_in_columns import find_list
from app.engine.reader.layout.runs import MIN_PROSE_ROWS, prose_runs
from app.engine.reader.layout.unbend import unbent
from app.engine.reader.recognise import OcrLine
from app.engine.reader.text_boxes import rows_of

MIN_DOCUMENT_LINES = 8
"""Minimum number of lines of prose on a page of a document; receipts and screens have fewer."""

STEPS = 120
"""Number of positions across the text that are tried as a gutter."""

MAX_TORN = 0.2
"""Maximum number of rows of cells that a gutter tears apart, as a fraction of the lines of prose beside it."""

MIN_BLANK, MAX_BLANK = 1.0, 2.5
"""Minimum height of a blank that separates what is above from what is below, in heights of the median line.

Up to the maximum it may be one between the paragraphs of columns that go on below it.
"""

MIN_BESIDE = 0.5
"""Minimum extent over which the prose on both sides is beside each other, as a fraction of the shorter side's."""


@dataclass(slots=True)
class _Section:
    """A part of a page between two heights: two columns at the gutter, or anything else."""

    is_split: bool
    boxes: list[LineBox]


@dataclass(frozen=True, slots=True)
class _Page:
    """The lines of a page that are prose."""

    prose: frozenset[LineBox]

    def order(self, boxes: Sequence[LineBox]) -> list[list[LineBox]]:
        """Return the boxes in reading order, in rows. Each level splits them into fewer, so that it ends."""
        if not boxes:
            return []
        if found := find_list(boxes):
            items = [[box] for column in found.columns for box in column]
            return [*self.order(found.above), *items, *self.order(found.below)]
        if len(bands := self._joined(_bands(boxes))) > 1:
            return [row for band in bands for row in self.order(band)]
        gutter, sections = self._best_gutter(boxes)
        if not sections:
            return rows_of(boxes, parts_stacked=True)
        rows: list[list[LineBox]] = []
        for section in sections:
            if section.is_split:
                rows += self.order([box for box in section.boxes if box.is_left_of(gutter)])
                rows += self.order([box for box in section.boxes if not box.is_left_of(gutter)])
            else:
                rows += self.order(section.boxes)
        return rows

    def _joined(self, bands: Sequence[list[LineBox]]) -> list[list[LineBox]]:
        """Join bands that are parts of the same columns, between whose paragraphs or headings a blank happens to be."""
        joined: list[list[LineBox]] = []
        rest = list(bands)
        while rest:
            for count in (1, 2):
                part = [box for band in rest[:count] for box in band]
                if joined and len(rest) >= count and self._are_parts(joined[-1], part, rest[count - 1]):
                    joined[-1] += part
                    del rest[:count]
                    break
            else:
                joined.append(list(rest.pop(0)))
        return joined

    def _are_parts(self, above: Sequence[LineBox], below: Sequence[LineBox], last: Sequence[LineBox]) -> bool:
        """Return whether a gutter that no box crosses splits what is above, and the last band of what is below."""
        height = float(np.median([box.height for box in (*above, *below)]))
        gutters = [gutter for gutter, crossing, _ in _gutters([*above, *below]) if not crossing]
        return any(
            _blank(above, below, gutter) <= MAX_BLANK * height
            and self._is_split(above, gutter)
            and self._is_split(last, gutter)
            for gutter in gutters
        )

    def _best_gutter(self, boxes: Sequence[LineBox]) -> tuple[float, list[_Section]]:
        """Return the x that splits the most lines into two columns, and the sections; none if there are no columns."""
        best_worth, best_gutter, best_sections = (0, 0, 0), 0.0, list[_Section]()
        for gutter, crossing, extent in _gutters(boxes):
            sections = self._sections(boxes, gutter)
            split = sum(len(section.boxes) for section in sections if section.is_split)
            worth = (split, -crossing, extent)
            if split and (not best_sections or worth > best_worth):
                best_worth, best_gutter, best_sections = worth, gutter, sections
        return best_gutter, best_sections

    def _sections(self, boxes: Sequence[LineBox], gutter: float) -> list[_Section]:
        """Cut a page at the boxes that cross a gutter, such as a headline: what is above them is read first."""
        sections: list[_Section] = []

        def add(part: list[LineBox]) -> None:
            if self._is_split(part, gutter):
                sections.append(_Section(is_split=True, boxes=part))
            elif inner := self._split_part(part, gutter):
                first, last = part.index(inner[0]), part.index(inner[-1])
                add_other(part[:first])
                sections.append(_Section(is_split=True, boxes=inner))
                add_other(part[last + 1 :])
            else:
                add_other(part)

        def add_other(part: list[LineBox]) -> None:
            if sections and not sections[-1].is_split:
                sections[-1].boxes += part
            elif part:
                sections.append(_Section(is_split=False, boxes=part))

        rest = sorted((box for box in boxes if not box.crosses(gutter)), key=lambda box: box.middle)
        for box in sorted((box for box in boxes if box.crosses(gutter)), key=lambda box: box.middle):
            above = [other for other in rest if other.middle < box.middle]
            rest = rest[len(above) :]
            add(above)
            add_other([box])
        add(rest)
        return sections

    def _split_part(self, boxes: Sequence[LineBox], gutter: float) -> list[LineBox]:
        """Return the boxes from the first to the last line of prose, if they are split without what is around them."""
        prose = [number for number, box in enumerate(boxes) if box in self.prose]
        inner = list(boxes[prose[0] : prose[-1] + 1]) if prose else []
        return inner if self._is_split(inner, gutter) else []

    def _is_split(self, boxes: Sequence[LineBox], gutter: float) -> bool:
        """Return whether there is prose on both sides, beside each other, and hardly a row of cells that is torn."""
        left, right = ([box for box in boxes if box.is_left_of(gutter) is is_left] for is_left in (True, False))
        extents, num_prose = [], 0
        for side in (left, right):
            prose = [box for box in side if box in self.prose]
            if len(prose) < MIN_PROSE_ROWS:
                return False
            num_prose += len(prose)
            extents.append((min(box.top for box in prose), max(box.bottom for box in prose)))
        beside = min(bottom for _, bottom in extents) - max(top for top, _ in extents)
        if beside < MIN_BESIDE * min(bottom - top for top, bottom in extents):
            return False
        return self._torn(left, right) <= MAX_TORN * num_prose

    def _torn(self, left: Sequence[LineBox], right: Sequence[LineBox]) -> int:
        """Return the number of boxes on the left that are not prose and have such a box beside them on the right."""
        heights = np.array([(box.top, box.bottom) for box in right if box not in self.prose]).reshape(-1, 2)
        beside = [(heights[:, 0] < box.middle) & (heights[:, 1] > box.middle) for box in left if box not in self.prose]
        return sum(bool(found.any()) for found in beside)


def order_rows(lines: Sequence[OcrLine]) -> list[list[OcrLine]]:
    """Return the lines in reading order, grouped into rows; facing pages are read one after the other."""
    rows: list[list[OcrLine]] = []
    for leaf in facing_pages(deskewed(lines)):
        boxes = unbent(leaf)
        page = _Page(frozenset(box for run in prose_runs(boxes, also_beside=True) for box in run))
        rows += [[box.found for box in row] for row in page.order(boxes)]
    return rows


def has_prose(lines: Sequence[OcrLine]) -> bool:
    """Return whether so many lines are prose that the page may be one of a document."""
    return sum(map(len, prose_runs(deskewed(lines)))) >= MIN_DOCUMENT_LINES


def text_of(rows: Sequence[Sequence[OcrLine]]) -> str:
    """Return one line of text per row, with the boxes of a row two spaces apart."""
    return "\n".join("  ".join(box.text for box in row) for row in rows)


def _blank(above: Sequence[LineBox], below: Sequence[LineBox], gutter: float) -> float:
    """Return the height of the larger blank on the two sides of a gutter."""
    blanks = []
    for is_left in (True, False):
        bottoms = [box.bottom for box in above if box.is_left_of(gutter) is is_left]
        tops = [box.top for box in below if box.is_left_of(gutter) is is_left]
        blanks.append(min(tops) - max(bottoms) if tops and bottoms else np.inf)
    return max(blanks)


def _bands(boxes: Sequence[LineBox]) -> list[list[LineBox]]:
    """Cut a page where nothing stands over its whole width."""
    bands: list[list[LineBox]] = []
    bottom = -np.inf
    blank = MIN_BLANK * float(np.median([box.height for box in boxes]))
    for box in sorted(boxes, key=lambda box: box.top):
        if box.top - bottom > blank:
            bands.append([])
        bands[-1].append(box)
        bottom = max(bottom, box.bottom)
    return bands


def _gutters(boxes: Sequence[LineBox]) -> list[tuple[float, int, int]]:
    """Return the middles of ranges of x that fewer lines cross than beside them, with the number of lines and steps."""
    left = np.array([box.left + OVERHANG * box.height for box in boxes])
    right = np.array([box.right - OVERHANG * box.height for box in boxes])
    positions = np.linspace(left.min(), right.max(), STEPS + 2)[1:-1]
    crossing = ((left[None, :] < positions[:, None]) & (right[None, :] > positions[:, None])).sum(axis=1)
    edges = [0, *(np.flatnonzero(np.diff(crossing)) + 1).tolist(), len(positions)]
    ranges = list(pairwise(edges))
    counts = [len(boxes), *(int(crossing[first]) for first, _ in ranges), len(boxes)]
    return [
        (float(positions[(first + end - 1) // 2]), counts[number], end - first)
        for number, (first, end) in enumerate(ranges, start=1)
        if counts[number] <= min(counts[number - 1], counts[number + 1])
    ]
