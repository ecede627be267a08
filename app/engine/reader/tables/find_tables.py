"""Finds all tables of a page."""

from collections.abc import Sequence
from functools import cache
from statistics import median

from PIL import Image

from app.domain.documents.blocks import BlockKind
from app.domain.documents.tables import Table
from app.domain.images.geometry import Box, TextLine
from app.engine.reader.layout.facing_pages import facing_pages
from app.engine.reader.layout.line_boxes import deskewed, ocr_line
from app.engine.reader.tables.area import Area
from app.engine.reader.tables.charts import FindAreas, is_chart
from app.engine.reader.tables.foreground import Foreground
from app.engine.reader.tables.overlaps import without_overlaps
from app.engine.reader.tables.page_tables import tables_of_words
from app.engine.reader.tables.prose import ProseTest
from app.engine.reader.tables.rules import Rules, find_rules, without_letters
from app.engine.reader.tables.skew import Skew, deskewed_boxes, page_skew
from app.engine.reader.tables.words import page_words, without_rule_signs

MAX_POSITION = 1e6
"""Maximum distance of a line from the page's corner in pixels; no page is as large."""


def find_tables(
    lines: Sequence[TextLine], picture: Image.Image | None, find_areas: FindAreas | None = None
) -> tuple[Table, ...]:
    """Return the tables of an upright page, from top to bottom; rules are found only with its RGB picture.

    `find_areas` gives the picture's areas, and is asked at most once. Of facing pages each is looked at by itself.
    """
    areas = cache(find_areas) if find_areas else None
    pages = _pages([line for line in lines if _is_placed(line)])
    return tuple(table for page in pages for table in _tables_of_page(page, picture, areas))


def _pages(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    found = [ocr_line(line) for line in lines]
    line_of = {id(one): line for one, line in zip(found, lines, strict=True)}
    return [[line_of[id(box.found)] for box in page] for page in facing_pages(deskewed(found))]


def _tables_of_page(
    lines: Sequence[TextLine], picture: Image.Image | None, areas: FindAreas | None
) -> tuple[Table, ...]:
    skew = page_skew(lines)
    text_boxes = without_overlaps(deskewed_boxes(lines, skew))
    if not text_boxes:
        return ()
    height = median(text_box.height for text_box in text_boxes)
    rules = find_rules(picture, skew, height, text_boxes) if picture else Rules()
    has_words = all(line.words for line in lines)
    foreground = Foreground(picture, skew) if picture and not has_words else None
    words = without_rule_signs(without_overlaps(page_words(lines, skew, rules, foreground)), rules)
    if has_words:
        rules = without_letters(rules, words)

    def find_known() -> list[Area]:
        return [_deskewed(area.box, skew) for area in areas() if area.kind is BlockKind.TABLE] if areas else []

    tables = tables_of_words(words, rules, skew, ProseTest(lines, areas).is_prose, find_known)
    if picture is None or areas is None:
        return tuple(table for table, _ in tables)
    return tuple(table for table, is_grid in tables if not is_chart(table, picture.size, areas(), is_grid=is_grid))


def _deskewed(box: Box, skew: Skew) -> Area:
    around = Box.around_points(skew.deskewed(corner) for corner in box.corners)
    return Area(around.left, around.top, around.right, around.bottom)


def _is_placed(line: TextLine) -> bool:
    """Return whether a line's corners and words are at finite places of a page."""
    boxes = [line.box, *(word.box for word in line.words)]
    edges = [edge for box in boxes for edge in (box.left, box.top, box.right, box.bottom)]
    corners = [value for corner in line.quad for value in (corner.x, corner.y)]
    return all(abs(value) <= MAX_POSITION for value in (*edges, *corners))
