"""Tells charts from tables by a layout model's areas: axes and labels stand in rows and columns as cells do."""

from collections.abc import Callable, Sequence

from app.domain.documents.blocks import Area, BlockKind
from app.domain.documents.tables import Table
from app.domain.images.geometry import Box

FindAreas = Callable[[], Sequence[Area]]
"""Gives a page's areas, in pixels; asked only where a table was found, since the model takes as long as the tables."""

MIN_SCORE = 0.9
"""Minimum confidence of a figure that may be a chart."""
MIN_INSIDE = 0.7
"""Minimum fraction of a chart's labels within the figure."""
MAX_IN_TABLES = 0.3
"""Maximum fraction of the labels within an area of a table."""
MAX_PAGE = 0.85
"""Fraction of the page from which an area is no figure: photographs of pages are figures to the model."""
MIN_COVERED = 0.5
"""Minimum fraction of the figure that a table covers: a chart's legend is a small part of it."""
MIN_FILLED = 0.9
"""Minimum fraction of a table's cells that have texts: few are free in the small tables that look like figures."""


def is_chart(table: Table, size: tuple[int, int], areas: Sequence[Area], *, is_grid: bool) -> bool:
    """Return whether a table of a page with these areas is a part of a chart.

    `size` is the page's, in pixels. The table `is_grid` if all its cells are drawn.
    """
    if any(area.kind is BlockKind.TABLE and table.box.share_inside(area.box) > MAX_IN_TABLES for area in areas):
        return False
    largest = MAX_PAGE * size[0] * size[1]
    return any(
        _is_part(table, area.box, is_grid=is_grid)
        for area in areas
        if area.kind is BlockKind.FIGURE and area.score >= MIN_SCORE and area.box.width * area.box.height <= largest
    )


def _is_part(table: Table, figure: Box, *, is_grid: bool) -> bool:
    """Return whether what was taken for a table is within a figure and leaves much of it, or of its cells, free."""
    if table.box.share_inside(figure) < MIN_INSIDE:
        return False
    filled = [cell for cell in table.cells if cell.text]
    heads = [cell for cell in filled if not cell.row or not cell.column]
    if table.is_ruled and len(filled) == len(heads) == table.rows + table.columns - 1:  # A form to be filled in.
        return False
    places = sum(cell.row_span * cell.column_span for cell in filled)
    is_part = figure.share_inside(table.box) < MIN_COVERED
    return is_part or (not is_grid and places < MIN_FILLED * table.rows * table.columns)
