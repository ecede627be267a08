"""An image in, a Page out: scaling, rotation and reading order put together."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from app.domain.codes import Code
from app.domain.pages import Page
from app.domain.ports import CancelCheck
from app.domain.regions import Point, TextLine
from app.domain.scripts import Script, debian_package
from app.engine.reader.find_codes import find_codes
from app.engine.reader.gutters import cut_at_gutters
from app.engine.reader.reading_order import order_rows, text_of
from app.engine.reader.recognise import Found
from app.engine.reader.rotation import LineReader, mean_score, read_lines, turned, turned_size
from app.engine.reader.scaling import prepare
from app.engine.reader.settings import MIN_SCORE
from app.engine.reader.tables.find_tables import find_tables
from app.engine.reader.tables.turning import turned_back
from app.engine.reader.unknown_script import unknown_script

UNSURE_SCORE = 0.78
"""Below this mean score a page is mostly noise: scripts that the models never learned look like that."""

UNKNOWN_SCRIPT = (
    "This looks like {script}, which the built-in reader does not know. A vision model may read it, and so does "
    "tesseract once it is installed with its language pack (Debian: {package})."
)
NOTHING_FOUND = "No text was found on this image."
UNSURE = (
    "Much of this is unclear to the built-in reader, which knows Latin, Chinese and Japanese script. "
    "A vision model may read it better."
)


def read_page(image: Image.Image, reader: LineReader, check: CancelCheck) -> Page:
    """Read an upright RGB image; coordinates in the result are its pixels."""
    prepared = prepare(image)
    check()
    quads = cut_at_gutters(prepared.image, reader.find(prepared.image))
    found, upright = read_lines(prepared.image, quads, reader, check)
    script = unknown_script(prepared.image, found)
    lines = [prepared.restore(line) for line in found if line.text and line.score >= MIN_SCORE]
    size = turned_size(image.size, upright.order)
    codes = find_codes(image)
    rows = order_rows([turned(line, upright.order, image.size) for line in lines])
    # Pillow turns anticlockwise.
    picture = image.rotate(-upright.order, expand=True) if upright.order else image
    tables = find_tables([_text_line(line, size) for row in rows for line in row], picture)
    lines = [turned(line, -upright.order, size) for row in rows for line in row]
    return Page(
        image.width,
        image.height,
        tuple(_text_line(line, image.size) for line in lines),
        text_of(rows),
        upright.rotation,
        _notice(lines, codes, script),
        tables=tuple(turned_back(table, upright.order, image.size) for table in tables),
        codes=codes,
        script=script.name if script else "",
    )


def _text_line(line: Found, size: tuple[int, int]) -> TextLine:
    first, second, third, fourth = (Point(x, y) for x, y in np.clip(line.quad, 0, size).tolist())
    return TextLine.between(line.text, (first, second, third, fourth), line.score)


def _notice(lines: Sequence[Found], codes: Sequence[Code], script: Script | None) -> str:
    if script:
        return UNKNOWN_SCRIPT.format(script=script.name, package=debian_package(script.languages[0]))
    if not lines:
        return "" if codes else NOTHING_FOUND
    return UNSURE if mean_score(lines) < UNSURE_SCORE else ""
