"""The values of a PDF page's form fields, where they are shown (ISO 32000-2, 12.7)."""

import logging
from collections.abc import Iterator
from ctypes import byref, c_ushort
from typing import TYPE_CHECKING

from app.domain.images.geometry import Box
from app.engine.imaging.pdf_characters import Direction
from app.engine.imaging.pdf_frame import PdfFrame
from app.engine.imaging.pdf_text import PdfLine, PdfWord

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage
    from pypdfium2.raw import FPDF_ANNOTATION as Annotation  # noqa: N811

FIELD_FONT = "field"
"""Stands for the font of fields, which is not known."""

MAX_FIELDS, MAX_BYTES = 2000, 2048
"""Maximum number of annotations that are asked, and size of a value."""

TICKED, NOT_TICKED = "☑", "☐"
"""Stand for check boxes and radio buttons; other text and what is copied from forms have the same signs."""

_MULTILINE, _PASSWORD = 1 << 12, 1 << 13
"""Flags of text fields (12.7.5.3, table 231)."""

_HIDDEN = 1 << 1 | 1 << 5
"""Flags of annotations that are not shown: hidden, and no view (12.5.3, table 167)."""

MIN_LETTER = 0.3
"""Minimum width of a letter as a fraction of its field's height; a value with narrower ones is not on one line."""

MAX_HEIGHT = 40.0
"""Maximum height in points of a field whose value is on one line."""


def draw_fields(document: "PdfDocument") -> None:
    """Have PDFium draw the values of a document's form fields, without the tint that marks fields on a screen."""
    from pypdfium2 import raw  # noqa: PLC0415 - needed for documents only

    # It would log that it cannot draw XFA forms; their usual fields, which most have as well, are drawn.
    logging.getLogger("pypdfium2").setLevel(logging.ERROR)
    document.init_forms()
    if document.formenv:
        raw.FPDF_RemoveFormFieldHighlight(document.formenv)


def field_lines(document: "PdfDocument", page: "PdfPage", frame: PdfFrame) -> list[PdfLine]:
    """Return the values of text fields and choices with one line each, and ticks; others are only seen.

    Of a password there are asterisks, as they are drawn.
    """
    from pypdfium2 import raw  # noqa: PLC0415

    lines: list[PdfLine] = []
    if not document.formenv:
        return lines
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), MAX_FIELDS)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if annotation:
            lines += _lines(document, annotation, frame)
            raw.FPDFPage_CloseAnnot(annotation)
    return lines


def _lines(document: "PdfDocument", annotation: "Annotation", frame: PdfFrame) -> Iterator[PdfLine]:
    from pypdfium2 import raw  # noqa: PLC0415

    kind = raw.FPDFAnnot_GetFormFieldType(document.formenv, annotation)
    flags = raw.FPDFAnnot_GetFormFieldFlags(document.formenv, annotation)
    if kind in {raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON}:
        yield from _tick(document, annotation, frame)
        return
    is_text = kind == raw.FPDF_FORMFIELD_TEXTFIELD and not flags & _MULTILINE
    rectangle = raw.FS_RECTF()
    if not (is_text or kind == raw.FPDF_FORMFIELD_COMBOBOX) or not raw.FPDFAnnot_GetRect(annotation, byref(rectangle)):
        return
    if is_text and flags & _PASSWORD:
        yield from _one_word(annotation, "*" * len(_value(document, annotation)), frame)
        return
    words = _value(document, annotation).split()
    length = len(" ".join(words))
    box = Box.around_points(frame.corners(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top))
    is_line = length and box.height <= MAX_HEIGHT * frame.scale and box.width >= MIN_LETTER * length * box.height / 2
    if frame.rotation == 0 and is_line:
        yield PdfLine(_spread(words, length, box), Direction.at(0), is_hidden=False)


def _tick(document: "PdfDocument", annotation: "Annotation", frame: PdfFrame) -> Iterator[PdfLine]:
    """Yield a check box or radio button as a sign."""
    from pypdfium2 import raw  # noqa: PLC0415

    is_ticked = raw.FPDFAnnot_IsChecked(document.formenv, annotation)
    yield from _one_word(annotation, TICKED if is_ticked else NOT_TICKED, frame)


def _one_word(annotation: "Annotation", text: str, frame: PdfFrame) -> Iterator[PdfLine]:
    """Yield a field that is shown as one word that fills it."""
    from pypdfium2 import raw  # noqa: PLC0415

    rectangle = raw.FS_RECTF()
    if (
        not text
        or raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN
        or not raw.FPDFAnnot_GetRect(annotation, byref(rectangle))
    ):
        return
    box = Box.around_points(frame.corners(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top))
    if 0 < box.height <= MAX_HEIGHT * frame.scale:
        word = PdfWord(text, box.left, box.right, box.top, box.bottom, box.height, FIELD_FONT)
        yield PdfLine([word], Direction.at(0), is_hidden=False)


def _spread(words: list[str], length: int, box: Box) -> list[PdfWord]:
    """Place words from the left of a field, each letter half as wide as the field is high, or less."""
    advance = min(box.height / 2, box.width / length)
    placed, start = [], box.left
    for word in words:
        end = start + advance * len(word)
        placed.append(PdfWord(word, start, end, box.top, box.bottom, box.height, FIELD_FONT))
        start = end + advance
    return placed


def _value(document: "PdfDocument", annotation: "Annotation") -> str:
    from pypdfium2 import raw  # noqa: PLC0415

    buffer = (c_ushort * (MAX_BYTES // 2))()
    length = raw.FPDFAnnot_GetFormFieldValue(document.formenv, annotation, buffer, MAX_BYTES)
    return bytes(buffer)[: max(0, min(length, MAX_BYTES) - 2)].decode("utf-16-le", "replace")
