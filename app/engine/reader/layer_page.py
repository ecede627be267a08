"""Turns a PDF page's text layer into an OcrPage: rotation, reading order, divided words."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Point, TextLine
from app.engine.imaging.pdf_text import PdfLine
from app.engine.reader.reading_order import order_rows, text_of
from app.engine.reader.recognise import OcrLine
from app.engine.reader.rotation import rotated, rotated_size
from app.engine.reader.tables.find_tables import find_tables
from app.engine.reader.tables.rotate_back import rotated_back

LAYER_SCORE = 1.0
"""Score of lines from a text layer."""


def layer_page(lines: Sequence[PdfLine], size: tuple[int, int]) -> OcrPage:
    """Return these lines in reading order, on a page whose picture has this size in pixels."""
    rotation = _rotation(lines)
    turned = rotated_size(size, rotation)
    found = [
        OcrLine(line.text, np.array([(corner.x, corner.y) for corner in line.quad]), LAYER_SCORE) for line in lines
    ]
    rows = order_rows([rotated(line, rotation, size) for line in found])
    tables = find_tables([_text_line(line) for row in rows for line in row], None)
    ordered = [_text_line(rotated(line, -rotation, turned)) for row in rows for line in row]
    return OcrPage(
        *size,
        tuple(ordered),
        text_of(rows),
        rotation,
        tables=tuple(rotated_back(table, rotation, size) for table in tables),
    )


def _rotation(lines: Sequence[PdfLine]) -> int:
    """Return the clockwise rotation in degrees after which most characters run from left to right."""
    counts: Counter[int] = Counter()
    for line in lines:
        counts[round(line.direction.degrees / 90) % 4 * 90] += len(line.text)
    return -counts.most_common(1)[0][0] % 360 if counts else 0


def _text_line(line: OcrLine) -> TextLine:
    first, second, third, fourth = (Point(x, y) for x, y in line.quad.tolist())
    return TextLine.between(line.text, (first, second, third, fourth), line.score)
