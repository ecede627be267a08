"""An image in, a Page out: scaling, rotation and reading order put together."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from app.domain.pages import Page
from app.domain.ports import CancelCheck
from app.domain.regions import Point, TextLine
from app.engine.imaging.documents import Document
from app.engine.reader.reading_order import order_rows, text_of
from app.engine.reader.recognise import Found
from app.engine.reader.rotation import Recognise, mean_score, recognise_upright, turn_back
from app.engine.reader.scaling import prepare
from app.engine.reader.tables.find_tables import find_tables
from app.engine.reader.tables.turning import turned_back

UNSURE_SCORE = 0.78
"""Below this mean score a page is mostly noise: scripts that the models never learned look like that."""

NOTHING_FOUND = "No text was found on this image."
UNSURE = (
    "Much of this is unclear to the built-in reader, which knows Latin, Chinese and Japanese script. "
    "A vision model may read it better."
)


def read_page(image: Image.Image, recognise: Recognise, check: CancelCheck) -> Page:
    """Read an upright RGB image; coordinates in the result are its pixels."""

    def recognise_prepared(turned: Image.Image) -> list[Found]:
        check()
        prepared = prepare(turned)
        return [prepared.restore(line) for line in recognise(prepared.image)]

    turned = recognise_upright(image, recognise_prepared, check)
    rows = order_rows(turned.lines)
    # Pillow turns anticlockwise.
    upright = image.rotate(-turned.rotation, expand=True) if turned.rotation else image
    tables = find_tables([_text_line(line, upright.size) for row in rows for line in row], upright)
    lines = [turn_back(line, turned.rotation, image.size) for row in rows for line in row]
    return Page(
        image.width,
        image.height,
        tuple(_text_line(line, image.size) for line in lines),
        text_of(rows),
        turned.rotation,
        _notice(lines),
        tables=tuple(turned_back(table, turned.rotation, image.size) for table in tables),
    )


def read_document_page(document: Document, number: int, recognise: Recognise, check: CancelCheck) -> Page:
    """A page of a document: the text that it carries where that makes sense, or what can be seen. Raises ImageError."""
    if page := document.text_page(number):
        return replace(page, tables=find_tables(page.lines, None))
    picture = document.picture(number)
    check()
    return read_page(picture, recognise, check)


def _text_line(line: Found, size: tuple[int, int]) -> TextLine:
    first, second, third, fourth = (Point(x, y) for x, y in np.clip(line.quad, 0, size).tolist())
    return TextLine.between(line.text, (first, second, third, fourth), line.score)


def _notice(lines: Sequence[Found]) -> str:
    if not lines:
        return NOTHING_FOUND
    return UNSURE if mean_score(lines) < UNSURE_SCORE else ""
