"""Makes an OcrPage of lines whose texts are known: rotation, reading order, tables."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, partial
from math import atan2, degrees

from PIL import Image

from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Point, TextLine, Word
from app.domain.images.quarter_turns import rotated as rotated_point
from app.engine.imaging.pdf_text import PdfLine
from app.engine.reader.layout.find_areas import find_areas
from app.engine.reader.layout.line_boxes import ocr_line
from app.engine.reader.layout.table_rows import by_tables
from app.engine.reader.layout.with_blocks import with_blocks
from app.engine.reader.reading_order import order_rows, text_of
from app.engine.reader.tables.find_tables import find_tables
from app.engine.reader.tables.rotate_back import rotated_back

LAYER_SCORE = 1.0
"""Score of lines from a text layer."""


def layer_lines(lines: Iterable[PdfLine]) -> list[TextLine]:
    """Return lines of a text layer with their words."""
    return [
        TextLine.between(
            line.text,
            line.quad,
            LAYER_SCORE,
            tuple(Word(word.text, line.box(word), LAYER_SCORE) for word in line.words),
        )
        for line in lines
    ]


def layer_page(lines: Sequence[TextLine], picture: Image.Image) -> OcrPage:
    """Return these lines in reading order, with the tables that they and the rules in the page's RGB picture make."""
    rotation, size = _rotation(lines), picture.size
    turned = [_turned(line, rotation, size) for line in lines]
    found = [ocr_line(line) for line in turned]
    places = {id(line): number for number, line in enumerate(found)}
    rows = order_rows(found)
    # Pillow rotates anticlockwise.
    upright = picture.rotate(-rotation, expand=True) if rotation else picture
    areas = cache(partial(find_areas, upright))
    tables = find_tables([turned[places[id(line)]] for row in rows for line in row], upright, areas)
    rows = by_tables(rows, tables)
    order = [places[id(line)] for row in rows for line in row]
    page = OcrPage(
        *size,
        tuple(lines[number] for number in order),
        text_of(rows),
        rotation,
        tables=tuple(rotated_back(table, rotation, size) for table in tables),
    )
    return with_blocks(page, areas, found)


def _rotation(lines: Sequence[TextLine]) -> int:
    """Return the clockwise rotation in degrees after which most characters run from left to right."""
    counts: Counter[int] = Counter()
    for line in lines:
        start, end = line.quad[0], line.quad[1]
        counts[round(degrees(atan2(end.y - start.y, end.x - start.x)) / 90) % 4 * 90] += len(line.text)
    return -counts.most_common(1)[0][0] % 360 if counts else 0


def _turned(line: TextLine, rotation: int, size: tuple[int, int]) -> TextLine:
    """Return a line on the picture after a clockwise rotation; without its words, unless they stay as they are."""
    if not rotation:
        return line
    first, second, third, fourth = (Point(*rotated_point(p.x, p.y, rotation // 90, *size)) for p in line.quad)
    return TextLine.between(line.text, (first, second, third, fourth), line.score)
