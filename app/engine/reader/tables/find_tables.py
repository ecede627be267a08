"""Finds all tables of a page."""

from collections.abc import Sequence
from statistics import median

from PIL import Image

from app.domain.documents.tables import Table
from app.domain.images.geometry import TextLine
from app.engine.reader.tables.foreground import Foreground
from app.engine.reader.tables.page_tables import tables_of_words
from app.engine.reader.tables.rules import Rules, find_rules
from app.engine.reader.tables.text_boxes import deskewed_boxes, skew_of
from app.engine.reader.tables.words import page_words


def find_tables(lines: Sequence[TextLine], picture: Image.Image | None) -> tuple[Table, ...]:
    """Return the tables of an upright page, from top to bottom; rules are found only with its RGB picture."""
    skew = skew_of(lines)
    text_boxes = deskewed_boxes(lines, skew)
    if not text_boxes:
        return ()
    height = median(text_box.height for text_box in text_boxes)
    rules = find_rules(picture, skew, height, text_boxes) if picture else Rules()
    has_words = all(line.words for line in lines)
    words = page_words(lines, skew, rules, Foreground(picture, skew) if picture and not has_words else None)
    return tuple(tables_of_words(words, rules, skew))
