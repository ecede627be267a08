"""Finds all tables of a page."""

from collections.abc import Sequence

from PIL import Image

from app.domain.documents.tables import Table
from app.domain.images.geometry import TextLine
from app.engine.reader.tables.bordered import find_grids
from app.engine.reader.tables.borderless import borderless_tables
from app.engine.reader.tables.cells import bordered_table
from app.engine.reader.tables.foreground import Foreground
from app.engine.reader.tables.text_boxes import deskewed_boxes, skew_of


def find_tables(lines: Sequence[TextLine], picture: Image.Image | None) -> tuple[Table, ...]:
    """Return the tables of an upright page, from top to bottom; bordered ones are found only with its RGB picture."""
    skew = skew_of(lines)
    text_boxes = deskewed_boxes(lines, skew)
    tables: list[Table] = []
    foreground = Foreground(picture, skew) if picture and text_boxes else None
    for grid in find_grids(foreground, text_boxes) if foreground else ():
        if found := bordered_table(grid, text_boxes, skew):
            table, inside = found
            tables.append(table)
            text_boxes = [text_box for text_box in text_boxes if text_box not in inside]
    if foreground:
        text_boxes = [part for text_box in text_boxes for part in foreground.split(text_box)]
    tables += borderless_tables(text_boxes, skew)
    return tuple(sorted(tables, key=lambda table: table.box.top))
