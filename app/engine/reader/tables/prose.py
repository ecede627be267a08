"""Tells prose from tables: frames, pictures and columns of a magazine make rows and columns of its text, too."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from app.domain.documents.blocks import BlockKind
from app.domain.documents.tables import Table
from app.domain.images.geometry import Box, TextLine, Word, quad_sides
from app.engine.reader.layout.line_boxes import deskewed, ocr_line
from app.engine.reader.layout.lists_in_columns import find_list
from app.engine.reader.layout.runs import prose_runs
from app.engine.reader.layout.table_rows import is_in
from app.engine.reader.recognise import OcrLine
from app.engine.reader.tables.charts import MAX_IN_TABLES, FindAreas

MIN_LINES, MIN_LINES_OF_PROSE = 0.75, 0.9
"""Minimum number of lines for each filled cell, and that in a table half of which is prose: the columns of what is no
table cut through its lines, so that there are more cells than lines.
"""

MAX_LINES, SOME_PROSE = 4.0, 0.4
"""Maximum number of lines for each filled cell, if so much of the table is prose: cells are no whole columns."""

HALF, NEARLY_ALL, FEW_COLUMNS, SINGLE_LINES = 0.5, 0.9, 2, 1.25
"""Fractions of a table's letters in prose; tables of prose alone have few columns, and more lines for each cell."""

MAX_IN_PARAGRAPHS = 0.4
"""Maximum fraction of a table's letters within what the layout model takes for paragraphs: a sixth in real ones."""

MIN_CUT_LINES, MIN_CUT = 5, 0.4
"""Minimum number of lines in a table, and fraction of them that a border of its cells cuts between two words."""

WORD_GAP, USUAL_GAP = 0.6, 1.3
"""Maximum gap between two such words, in heights of their line, and as a multiple of the line's median one."""

MIN_CELLS = 6
"""Minimum number of texts in a table that neither rules nor the layout model know; fewer align by chance."""


class ProseTest:
    """Tells whether what was taken for a table is prose of a page with these lines.

    The layout model may know a table there. Where it sees paragraphs instead, there is none.
    """

    def __init__(self, lines: Sequence[TextLine], find_areas: FindAreas | None) -> None:
        self._text_lines = lines
        self._lines = [ocr_line(line) for line in lines]
        self._prose = {id(box.found) for run in prose_runs(deskewed(self._lines)) for box in run}
        self._find_areas = find_areas

    def is_prose(self, table: Table) -> bool:
        """Return whether a table of the page is prose, a list in columns, or a few texts that happen to be aligned."""
        areas = self._find_areas() if self._find_areas else ()
        tables = [area.box for area in areas if area.kind is BlockKind.TABLE]
        if any(table.box.share_inside(box) > MAX_IN_TABLES for box in tables):
            return False
        if self._find_areas and sum(bool(cell.text) for cell in table.cells) < MIN_CELLS:
            return True
        if _is_cut_through(table, self._text_lines):
            return True
        inside = [line for line in self._lines if line.text.strip() and is_in(line, table.box)]
        if find_list(deskewed(inside)):
            return True
        paragraphs = [area.box for area in areas if area.kind is BlockKind.PARAGRAPH]
        within = [line for line in inside if any(is_in(line, box) for box in paragraphs)]
        letters = sum(len(line.text) for line in inside)
        return sum(len(line.text) for line in within) > MAX_IN_PARAGRAPHS * letters or _is_prose(
            table, inside, self._prose
        )


def _is_cut_through(table: Table, lines: Sequence[TextLine]) -> bool:
    """Return whether the borders of a table's cells cut through its lines as through running text."""
    touched = [line for line in lines if any(_holds(table.box, word) for word in line.words)]
    return len(touched) >= MIN_CUT_LINES and sum(_is_cut(line, table) for line in touched) >= MIN_CUT * len(touched)


def _holds(box: Box, word: Word) -> bool:
    return word.box.share_inside(box) > 0.5


def _is_cut(line: TextLine, table: Table) -> bool:
    """Return whether a border is between two words of a line, no numbers, that are no further apart than others."""
    words = sorted(line.words, key=lambda word: word.box.left)
    gaps = [right.box.left - left.box.right for left, right in pairwise(words)]
    if not gaps:
        return False
    usual = min(WORD_GAP * quad_sides((p.x, p.y) for p in line.quad)[1], USUAL_GAP * median(gaps))
    for (left, right), gap in zip(pairwise(words), gaps, strict=True):
        if gap > usual or not (_is_text(left) and _is_text(right)):
            continue
        y = (left.box.centre.y + right.box.centre.y) / 2
        cells = [cell.box for cell in table.cells if cell.box.top <= y <= cell.box.bottom]
        if any(left.box.centre.x < x < right.box.centre.x for box in cells for x in (box.left, box.right)):
            return True
    return False


def _is_text(word: Word) -> bool:
    return any(letter.isalpha() for letter in word.text) and not any(letter.isdecimal() for letter in word.text)


def _is_prose(table: Table, inside: Sequence[OcrLine], prose: set[int]) -> bool:
    filled = sum(bool(cell.text) for cell in table.cells)
    if not inside or not filled:
        return False
    letters = sum(len(line.text) for line in inside)
    share = sum(len(line.text) for line in inside if id(line) in prose) / letters
    lines_of_cell = len(inside) / filled
    return (
        lines_of_cell < (MIN_LINES_OF_PROSE if share >= HALF else MIN_LINES)
        or (lines_of_cell > MAX_LINES and share >= SOME_PROSE)
        or (share >= NEARLY_ALL and (table.columns > FEW_COLUMNS or lines_of_cell <= SINGLE_LINES))
    )
