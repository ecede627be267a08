"""A page after the rotation that makes its rows run from left to right: the order of its lines, and its tables."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from app.domain.documents.tables import Table
from app.domain.images.geometry import Point, TextLine
from app.engine.reader.layout.table_rows import by_tables
from app.engine.reader.line_words import words_of
from app.engine.reader.reading_order import order_rows
from app.engine.reader.recognise import OcrLine
from app.engine.reader.recognised_page import RecognisedPage
from app.engine.reader.right_to_left import order_rows_from_right
from app.engine.reader.rotation import rotated, rotated_size
from app.engine.reader.tables.charts import FindAreas
from app.engine.reader.tables.find_tables import find_tables
from app.engine.reader.vertical_order import is_column, order_vertical

Rows = list[list[OcrLine]]


class UprightPage:
    """The picture of an image and its lines after that rotation, both in pixels of this picture."""

    def __init__(self, image: Image.Image, found: RecognisedPage) -> None:
        self._found = found
        self._image = image
        self.foreign = found.foreign
        self._degrees = found.orientation.order
        self._size = rotated_size(image.size, self._degrees)
        self.picture = self.turned(image)
        self.lines = [rotated(line, self._degrees, image.size) for line in found.lines]

    def turned(self, image: Image.Image) -> Image.Image:
        """Return a picture of the image's size after the rotation."""
        # Pillow rotates anticlockwise.
        return image.rotate(-self._degrees, expand=True) if self._degrees else image

    def in_order(self, lines: Sequence[OcrLine]) -> Rows:
        """Return lines in reading order, in rows."""
        if self._found.is_from_right:
            return order_rows_from_right(lines, order_rows, self._size[0])
        if self._found.is_horizontal:
            return order_rows(lines)
        return order_vertical(lines, order_rows, self._degrees, self._size)

    def tables_of(self, lines: Sequence[OcrLine], areas: FindAreas | None) -> tuple[Table, ...]:
        """Return the tables that lines and rules make, in pixels of the readable page."""
        if self._found.is_horizontal:
            return find_tables([text_line(line, self._size) for line in lines], self.picture, areas)
        # Tables on vertical pages are set horizontally; columns between their rules are none.
        level = [self.on_image(line) for line in lines if not is_column(line)]
        return find_tables([text_line(line, self._image.size) for line in level], self._image)

    def by_tables(self, rows: Rows, tables: Sequence[Table]) -> Rows:
        """Return rows with each table read row by row, where writing runs from left to right."""
        is_usual = self._found.is_horizontal and not self._found.is_from_right
        return by_tables(rows, tables) if is_usual else rows

    def on_image(self, line: OcrLine) -> OcrLine:
        """Return a line in pixels of the image."""
        return rotated(line, -self._degrees, self._size)


def text_line(line: OcrLine, size: tuple[int, int]) -> TextLine:
    """Return a line of a picture of this size, with its words."""
    first, second, third, fourth = (Point(x, y) for x, y in np.clip(line.quad, 0, size).tolist())
    return TextLine.between(line.text, (first, second, third, fourth), line.score, words_of(line, size))
