"""Builds a table from the words and rules of an area of a deskewed page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from app.domain.documents.tables import Cell, Table
from app.engine.reader.tables.area import Area
from app.engine.reader.tables.cells import GridCell, cells_of
from app.engine.reader.tables.columns import (
    Fragment,
    Gutter,
    bands_of,
    find_gutters,
    fragments_of,
    middles,
    split_at_sides,
    united_gutters,
)
from app.engine.reader.tables.headers import cells_under, expand_headers, expand_subheadings, is_drawn_heading
from app.engine.reader.tables.rows import Line, group_rows, header_end, is_value, ruled_below
from app.engine.reader.tables.rules import Rule, Rules
from app.engine.reader.tables.skew import Skew
from app.engine.reader.text_boxes import TextBox, letters_in, rows_of

MIN_UPRIGHT = 0.3
"""Minimum fraction of a table's height that vertical rules at one x cover to separate columns."""
THROUGH = 0.6
"""Fraction of a table's height from which a vertical rule, where it is missing, tells that a cell spans columns."""
SIDE = 1.5
"""Distance in text heights from the text within which a rule is the side of the table."""
WITHIN_RULED = 2.0
"""How much wider a gap must be that separates columns between vertical rules."""

MIN_SEVERAL = 0.55
"""Minimum fraction of rows with text in several columns."""
MIN_FORM = 2
MIN_PROSE, MAX_PROSE = 5, 0.4
"""Minimum number of lines of prose, and fraction of rows that are such lines, in a column that is no table's."""
MIN_VALUES = 0.3
"""Minimum fraction of values among the texts right of the first column that make long labels beside them no prose."""
PROSE_LETTERS, PROSE_WIDTH = 28, 0.85
"""Minimum letters of a line of prose, wide ones counted twice, and minimum fraction of its column's width."""
MIN_PARTED = 0.8
"""Minimum fraction of a grid's rows with a rule below all their columns: two may be spanned by cells."""
MIN_GRID = 0.6
"""Minimum fraction of a grid that has text: charts have one behind them."""
MIN_FILLED = 0.5
"""Minimum fraction of a table that has text."""
_LEADERS = re.compile(r"[.·…_\s]+")


@dataclass(slots=True)
class Structure:
    """The rows and columns of a possible table."""

    lines: list[Line]
    rows: list[list[int]]
    columns: int
    header_rows: int
    gutters: list[Gutter]
    cells: list[GridCell]
    edges: list[float]
    levels: list[float]
    sides: tuple[Gutter, ...]
    is_ruled: bool

    def is_table(self) -> bool:
        """Return whether the rows and columns hold enough text for a table; the axes and labels of a chart do not."""
        texts = [sum(bool(cell.words) for cell in self.cells if cell.row == row) for row in range(len(self.rows))]
        if self._is_form():
            return True
        if self._is_prose():
            return False
        several = sum(count > 1 for count in texts)
        covered = sum(cell.row_span * cell.column_span for cell in self.cells if cell.words)
        return several >= max(2, MIN_SEVERAL * len(texts)) and covered >= MIN_FILLED * len(texts) * self.columns

    def _is_form(self) -> bool:
        """Return whether drawn cells wait to be filled in: only the first row and the first column have texts."""
        is_closed = self.is_ruled and all(gutter.through for gutter in self.gutters)
        parted = all(len(ruled_below(self.lines, row)) == self.columns for row in self.rows[:-1])
        heads = [cell for cell in self.cells if cell.words and (not cell.row or not cell.column)]
        is_large = len(self.rows) > MIN_FORM and self.columns > MIN_FORM
        return is_closed and parted and is_large and len(heads) == len(self.rows) + self.columns - 1

    def _is_prose(self) -> bool:
        """Return whether a column has lines of prose as rows, and the others hardly any values."""
        beside = [f for line in self.lines for f in line.fragments if f.first]
        if sum(is_value(f.text) for f in beside) >= MIN_VALUES * len(beside):
            return False
        for column in range(self.columns):
            width = self.edges[column + 1] - self.edges[column]
            texts = [cell for cell in self.cells if cell.column == column and cell.words and cell.column_span == 1]
            prose = sum(_is_prose_line(cell.words[0], width) for cell in texts if len(cell.words) == 1)
            if prose >= MIN_PROSE and prose >= MAX_PROSE * len(self.rows):
                return True
        return False

    @property
    def is_grid(self) -> bool:
        """Whether all cells are drawn and most have texts, so that nothing but a table can be meant."""
        parted = sum(len(ruled_below(self.lines, row)) == self.columns for row in self.rows[:-1])
        filled = sum(cell.row_span * cell.column_span for cell in self.cells if cell.words)
        is_full = filled >= MIN_GRID * len(self.rows) * self.columns
        return (
            is_full
            and all(gutter.through for gutter in self.gutters)
            and len(self.rows) > 2
            and parted >= MIN_PARTED * (len(self.rows) - 1)
        )

    @property
    def has_body(self) -> bool:
        """Whether there are rows with values, not the header alone."""
        body = [self.lines[number] for row in self.rows[self.header_rows :] for number in row]
        return any(is_value(f.text) for line in body for f in line.fragments)

    def trimmed(self, area: Area) -> Area | None:
        """Return the area without titles and notes, which are texts across the columns; None if it has none."""
        first, last = 0, len(self.rows) - 1
        while first < last and self._is_across(first):
            first += 1
        lone = last
        while lone > first and self._is_lone(lone):
            lone -= 1
            if self._is_across(lone + 1):
                last = lone
        if (first, last) == (0, len(self.rows) - 1):
            return None
        top = self.levels[first] if first else area.top
        bottom = self.levels[last + 1] if last + 1 < len(self.rows) else area.bottom
        return Area(area.left, top, area.right, bottom)

    def _is_lone(self, row: int) -> bool:
        """Return whether each line of a row is one text."""
        return all(len(self.lines[number].fragments) == 1 for number in self.rows[row])

    def _is_across(self, row: int) -> bool:
        """Return whether a row is a text over the first and other columns, or over all of them, and no drawn cell."""
        if not self._is_lone(row) or self._is_closed(row):
            return False
        wide = [f for number in self.rows[row] for f in self.lines[number].fragments if f.last > f.first]
        width = self.edges[-1] - self.edges[0]
        return any(f.first == 0 or f.last - f.first + 1 == self.columns or f.right - f.left > 0.6 * width for f in wide)

    def _is_closed(self, row: int) -> bool:
        """Return whether a row is a heading between the drawn sides of the table."""
        return all(is_drawn_heading(self.lines[number], self.sides, self.gutters) for number in self.rows[row])

    def table(self, skew: Skew) -> Table:
        """Return the table on the page as it was before deskewing."""
        cells = []
        for cell in sorted(self.cells, key=lambda cell: (cell.row, cell.column)):
            box = skew.box(
                self.edges[cell.column],
                self.levels[cell.row],
                self.edges[cell.column + cell.column_span],
                self.levels[cell.row + cell.row_span],
            )
            cells.append(Cell(cell.row, cell.column, cell.text, box, cell.row_span, cell.column_span))
        whole = skew.box(self.edges[0], self.levels[0], self.edges[-1], self.levels[-1])
        return Table(len(self.rows), self.columns, tuple(cells), whole, is_ruled=self.is_ruled)


def _is_prose_line(words: Sequence[TextBox], width: float) -> bool:
    """Return whether a line of words fills its column, as running text does."""
    text = " ".join(word.text for word in words)
    return words[-1].right - words[0].left >= PROSE_WIDTH * width and letters_in(text) >= PROSE_LETTERS


def structure_of(words: Sequence[TextBox], rules: Rules, area: Area) -> Structure | None:
    """Return the rows and columns of the words in an area; None if there are not two of each."""
    words = [word for word in words if area.holds(word)]
    if len(words) < 4:
        return None
    height = median(word.height for word in words)
    rows = rows_of(words)
    level = [
        rule
        for rule in rules.level
        if area.top - 0.5 * height <= rule.position <= area.bottom + 0.5 * height
        and rule.end > area.left
        and rule.begin < area.right
    ]
    upright = [
        rule
        for rule in rules.upright
        if area.left - 0.5 * height <= rule.position <= area.right + 0.5 * height
        and min(rule.end, area.bottom) - max(rule.begin, area.top) > 0.5 * height
    ]
    drawn = _ruled_gutters(upright, area, height)
    left, right = min(word.left for word in words), max(word.right for word in words)
    gutters = _gutters(rows, [gutter for gutter in drawn if left + height < gutter.middle < right - height], height)
    if not gutters:
        return None
    lines = _lines(rows, gutters, height)
    if gutters := _used(gutters, lines):
        lines = _lines(rows, gutters, height)
    else:
        return None
    columns = len(gutters) + 1
    for line, fragments in zip(lines, split_at_sides([line.fragments for line in lines], gutters, height), strict=True):
        line.fragments = fragments
    bands = bands_of([line.fragments for line in lines], columns)
    sides = _sides(drawn, left, right, height)
    for line in lines:
        if is_drawn_heading(line, sides, gutters):
            line.fragments = [Fragment(line.fragments[0].words, 0, columns - 1)]
    _mark_rules(lines, level, bands)
    header = header_end(lines, columns)
    expand_headers(lines[:header], bands, level, height)
    expand_subheadings(lines[header:], bands, height)
    _mark_spans(lines[:header])
    grouped = group_rows(lines, header, columns, height)
    header_rows = sum(1 for row in grouped if row[0] < header)
    if len(grouped) < 2:
        return None
    cells = cells_of(lines, grouped, header_rows, columns)
    tops = [min(lines[n].top for n in row) for row in grouped]
    bottoms = [max(lines[n].bottom for n in row) for row in grouped]
    levels = _levels(tops, bottoms, level, height)
    sides = (
        (drawn[0], drawn[-1]) if drawn and drawn[0].middle < left + height and drawn[-1].middle > right - height else ()
    )
    outer = [gutter.middle for gutter in drawn]
    left = max((x for x in outer if left - SIDE * height < x <= left + 0.5 * height), default=left)
    right = min((x for x in outer if right - 0.5 * height <= x < right + SIDE * height), default=right)
    edges = middles(gutters, left, right)
    is_ruled = len(drawn) >= 2 and len(level) >= 2
    return Structure(lines, grouped, columns, header_rows, gutters, cells, edges, levels, sides, is_ruled)


def _lines(rows: Sequence[Sequence[TextBox]], gutters: Sequence[Gutter], height: float) -> list[Line]:
    return [
        Line(fragments_of(row, gutters, height), median(w.top for w in row), median(w.bottom for w in row))
        for row in rows
    ]


def _used(gutters: Sequence[Gutter], lines: Sequence[Line]) -> list[Gutter]:
    """Return the gutters without those of columns in which no text stands, or leaders alone."""
    texts: list[list[str]] = [[] for _ in range(len(gutters) + 1)]
    for line in lines:
        for fragment in line.fragments:
            if fragment.first == fragment.last:
                texts[fragment.first].append(fragment.text)
    # Leaders belong to what stands before them.
    dropped = {
        max(number - 1, 0) if column else min(number, len(gutters) - 1)
        for number, column in enumerate(texts)
        if all(_LEADERS.fullmatch(text) for text in column)
    }
    return [gutter for number, gutter in enumerate(gutters) if number not in dropped]


def _ruled_gutters(upright: Sequence[Rule], area: Area, height: float) -> list[Gutter]:
    """Return vertical rules long enough to separate columns, those at the area's sides included."""
    total = max(area.bottom - area.top, 1.0)
    groups: list[list[Rule]] = []
    for rule in sorted(upright, key=lambda rule: rule.position):
        if groups and rule.position - groups[-1][-1].position <= 0.4 * height:
            groups[-1].append(rule)
        else:
            groups.append([rule])
    gutters = []
    for group in groups:
        x = median(rule.position for rule in group)
        length = sum(rule.length for rule in group)
        if length >= MIN_UPRIGHT * total:
            drawn = tuple((rule.begin, rule.end) for rule in group)
            gutters.append(Gutter(x, x, drawn, through=length >= THROUGH * total))
    return gutters


def _sides(drawn: Sequence[Gutter], left: float, right: float, height: float) -> tuple[Gutter, ...]:
    """Return the vertical rules beside all text between `left` and `right`, if there are both."""
    is_between = bool(drawn) and drawn[0].middle < left + height and drawn[-1].middle > right - height
    return (drawn[0], drawn[-1]) if is_between else ()


def _gutters(rows: Sequence[Sequence[TextBox]], ruled: Sequence[Gutter], height: float) -> list[Gutter]:
    edges = [float("-inf"), *(gutter.middle for gutter in ruled), float("inf")]
    found: list[Gutter] = []
    for left, right in pairwise(edges):
        inside = [[word for word in row if left <= (word.left + word.right) / 2 < right] for row in rows]
        lines = [row for row in inside if row]
        if lines:
            found += find_gutters(lines, height, WITHIN_RULED if len(ruled) > 1 else 1.0)
    return united_gutters(found, ruled, height)


def _levels(tops: Sequence[float], bottoms: Sequence[float], level: Sequence[Rule], height: float) -> list[float]:
    """Return the y of the rows' boundaries, the top and bottom of the table included: those of rules where they are."""

    def between(above: float, below: float, otherwise: float) -> float:
        return next((rule.position for rule in level if above <= rule.position <= below), otherwise)

    first = between(tops[0] - SIDE * height, tops[0] + 0.3 * height, tops[0])
    last = between(bottoms[-1] - 0.3 * height, bottoms[-1] + SIDE * height, bottoms[-1])
    inner = [
        between(min(low, top) - 0.3 * height, max(low, top) + 0.3 * height, (low + top) / 2)
        for low, top in zip(bottoms, tops[1:], strict=False)
    ]
    levels = [first]
    for y in [*inner, last]:
        levels.append(max(y, levels[-1]))
    return levels


def _mark_rules(lines: Sequence[Line], level: Sequence[Rule], bands: Sequence[tuple[float, float]]) -> None:
    """Note between which lines there is a rule, and over which columns."""
    for above, below in pairwise(lines):
        for rule in level:
            if above.middle < rule.position < below.middle:
                above.ruled_below |= {n for n, band in enumerate(bands) if rule.covers(*band) >= 0.5}


def _mark_spans(lines: Sequence[Line]) -> None:
    """Treat the lower edge of a header over several columns as a rule."""
    for above, below in pairwise(lines):
        for fragment in above.fragments:
            if fragment.last > fragment.first and cells_under(below, fragment.first, fragment.last) > 1:
                above.ruled_below |= set(range(fragment.first, fragment.last + 1))
