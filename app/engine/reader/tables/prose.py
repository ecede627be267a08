"""Tells prose from tables: frames, pictures and columns of a magazine make rows and columns of its text, too."""

from collections.abc import Sequence

from app.domain.documents.blocks import BlockKind
from app.domain.documents.tables import Table
from app.domain.images.geometry import TextLine
from app.engine.reader.layout.line_boxes import deskewed, ocr_line
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

MIN_CELLS = 6
"""Minimum number of texts in a table that neither rules nor the layout model know; fewer align by chance."""


class ProseTest:
    """Tells whether what was taken for a table is prose of a page with these lines.

    The layout model may know a table there. Where it sees paragraphs instead, there is none.
    """

    def __init__(self, lines: Sequence[TextLine], find_areas: FindAreas | None) -> None:
        self._lines = [ocr_line(line) for line in lines]
        self._prose = {id(box.found) for run in prose_runs(deskewed(self._lines)) for box in run}
        self._find_areas = find_areas

    def is_prose(self, table: Table) -> bool:
        """Return whether a table of the page is prose, or a few texts that happen to be aligned."""
        areas = self._find_areas() if self._find_areas else ()
        tables = [area.box for area in areas if area.kind is BlockKind.TABLE]
        if any(table.box.share_inside(box) > MAX_IN_TABLES for box in tables):
            return False
        if self._find_areas and sum(bool(cell.text) for cell in table.cells) < MIN_CELLS:
            return True
        inside = [line for line in self._lines if line.text.strip() and is_in(line, table.box)]
        paragraphs = [area.box for area in areas if area.kind is BlockKind.PARAGRAPH]
        within = [line for line in inside if any(is_in(line, box) for box in paragraphs)]
        letters = sum(len(line.text) for line in inside)
        return sum(len(line.text) for line in within) > MAX_IN_PARAGRAPHS * letters or _is_prose(
            table, inside, self._prose
        )


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
