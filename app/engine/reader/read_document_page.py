"""The one way to read a page of a document: its text layer is asked first, and the picture what the layer leaves open.

The layer's lines are believed as far as they are seen and agree with the picture; ink that looks like text and lies
outside them is read, such as the scan behind a stamp, letters that are drawn as outlines, and pictures of text.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PIL import Image

from app.domain.documents.pages import UNCERTAIN_SCORE, OcrPage, with_notice
from app.domain.error_texts import document_texts
from app.domain.images.codes import Code
from app.domain.images.geometry import Box, Point, TextLine, Word
from app.domain.ports import CancelCheck
from app.engine.imaging.documents import Document
from app.engine.imaging.pdf_drawings import Drawings
from app.engine.reader.layer_page import layer_lines, layer_page
from app.engine.reader.layer_trust import seen_lines, trusted_lines
from app.engine.reader.rotation import LineReader
from app.engine.reader.uncovered_text import uncovered_area, without

MAX_OVERLAP = 0.3
"""Maximum fraction of a line of the picture that a line of the text layer may cover; else it is the same line."""

MIN_PICTURE_LETTERS = 0.5
"""Fraction of a page's letters that are read in its picture from which its uncertain lines and signs are kept, too.

On other pages they are mostly noise of photographs, and bullets.
"""

ReadPicture = Callable[[Image.Image], OcrPage]


def read_document_page(
    document: Document, number: int, read: ReadPicture, check: CancelCheck, reader: Callable[[], LineReader]
) -> OcrPage:
    """Return page `number`, counted from 0. Raises ImageError.

    `read` reads a picture; `reader` gives the built-in OCR, which judges the text layer if there is one.
    """
    layer = document.layer(number)
    picture = document.readable(number)
    check()
    if layer is None or not layer.lines:
        return read(picture)
    seen = seen_lines(layer.lines, picture)
    trust = trusted_lines(seen, picture, reader())
    check()
    if not trust.lines:
        page = read(picture)
    else:
        believed = set(map(id, trust.lines))
        wrong = [Box.around_points(line.quad) for line in seen if id(line) not in believed]
        page = _completed(layer_lines(trust.lines), wrong, layer.drawings, picture, read)
    return with_notice(page, document_texts.WRONG_FIGURES.problem()) if trust.has_wrong_figures else page


def _completed(
    lines: Sequence[TextLine], wrong: Sequence[Box], drawings: Drawings, picture: Image.Image, read: ReadPicture
) -> OcrPage:
    """Return a page with these lines, and those of its picture that lie elsewhere, such as those that are `wrong`."""
    own = layer_page(lines, picture)
    covered = [word.box for line in lines for word in line.words]
    area = uncovered_area(picture, covered, wrong, drawings)
    if area is None:
        return own
    left, top = int(area.left), int(area.top)
    page = read(without(picture, covered).crop((left, top, round(area.right), round(area.bottom))))
    if not page.lines:  # A model gives no positions.
        return replace(own, text=f"{own.text}\n{page.text}".rstrip(), codes=_moved_codes(page.codes, left, top))
    added = [line for line in (_moved(line, left, top) for line in page.lines) if not _is_covered(line, covered)]
    letters = sum(len(line.text) for line in added)
    if letters < MIN_PICTURE_LETTERS * (letters + sum(len(line.text) for line in lines)):
        added = [line for line in added if line.score >= UNCERTAIN_SCORE and any(map(str.isalnum, line.text))]
    joined = layer_page([*lines, *added], picture) if added else own
    joined = replace(joined, codes=_moved_codes(page.codes, left, top))
    return replace(joined, script=page.script, notice=page.notice, notice_problem=page.notice_problem)


def _moved_codes(codes: Sequence[Code], x: int, y: int) -> tuple[Code, ...]:
    return tuple(replace(code, box=_moved_box(code.box, x, y)) for code in codes)


def _moved(line: TextLine, x: int, y: int) -> TextLine:
    first, second, third, fourth = (Point(corner.x + x, corner.y + y) for corner in line.quad)
    words = tuple(Word(word.text, _moved_box(word.box, x, y), word.score) for word in line.words)
    return TextLine.between(line.text, (first, second, third, fourth), line.score, words)


def _moved_box(box: Box, x: int, y: int) -> Box:
    return Box(box.left + x, box.top + y, box.right + x, box.bottom + y)


def _is_covered(line: TextLine, covered: Sequence[Box]) -> bool:
    box = line.box
    area = sum(
        max(0.0, min(box.right, other.right) - max(box.left, other.left))
        * max(0.0, min(box.bottom, other.bottom) - max(box.top, other.top))
        for other in covered
    )
    return area > MAX_OVERLAP * max(box.width * box.height, 1e-6)
