"""Reads PDF documents page by page with PDFium: rendered, and what they tell of themselves."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from pikepdf import PasswordError, Pdf, PdfError
from PIL import Image

from app.domain.error_texts import image_texts
from app.domain.errors import ImageError, PasswordNeeded
from app.domain.ports import NEVER_CANCELLED, CancelCheck
from app.engine.imaging.file_kinds import FileKind, kind_of
from app.engine.imaging.open_image import check_file, unreadable
from app.engine.imaging.pdf_characters import Character, characters_of
from app.engine.imaging.pdf_complexity import check_content
from app.engine.imaging.pdf_drawings import drawings_of
from app.engine.imaging.pdf_fields import draw_fields, field_lines
from app.engine.imaging.pdf_frame import PdfFrame
from app.engine.imaging.pdf_layer import PageLayer
from app.engine.imaging.pdf_optional_content import has_forms, hidden_objects, layers_off, without_hidden_forms
from app.engine.imaging.pdf_text import lines_of
from app.engine.imaging.render_pdf import USUAL_PIXELS, draw, frame_of
from app.engine.process.descriptor_passing import open_to_read

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

MAX_SECONDS = 25.0
"""Maximum time of drawing a page: less than the window waits for one that is shown."""

CHECKED_EVERY = 2000
"""Number of characters after which cancelling is looked for."""


def is_pdf(path: Path) -> bool:
    """Return whether the file's first bytes are a PDF's; False if it cannot be read."""
    return kind_of(path) is FileKind.PDF


def page_count(path: Path, password: str = "") -> int:
    """Return the number of pages. Raises ImageError, PasswordNeeded."""
    with _opened(path, password) as document:
        return len(document)


def is_encrypted(path: Path, password: str = "") -> bool:
    """Return whether the file is encrypted, even with an empty password. Raises ImageError, PasswordNeeded."""
    from pypdfium2.raw import FPDF_GetSecurityHandlerRevision  # noqa: PLC0415

    with _opened(path, password) as document:
        return bool(FPDF_GetSecurityHandlerRevision(document) >= 0)  # Else -1 (fpdfview.h).


def render_page(
    path: Path,
    number: int,
    password: str = "",
    max_pixels: int = USUAL_PIXELS,
    check: CancelCheck = NEVER_CANCELLED,
    max_seconds: float = MAX_SECONDS,
) -> Image.Image:
    """Render page `number`, counted from 0, in RGB on white. Raises ImageError, PasswordNeeded, and what `check` does.

    A page that takes more than `max_seconds` is abandoned.
    """
    end = monotonic() + max_seconds

    def check_time() -> None:
        check()
        if monotonic() > end:
            raise ImageError(image_texts.PAGE_TOO_COMPLEX, file=path.name)

    with _opened_page(path, number, password) as (_, page):
        return draw(page, max_pixels, check_time)


def page_layer(path: Path, number: int, password: str = "", check: CancelCheck = NEVER_CANCELLED) -> PageLayer:
    """Return what page `number` tells of itself, in pixels of its picture as it is read.

    Raises ImageError, PasswordNeeded, and what `check` does.
    """
    with _opened_page(path, number, password) as (document, page):
        frame = frame_of(page)
        check()
        off_layers = cache(partial(layers_off, path, password))
        with _text_shown(path, number, password, page) as shown:
            hidden = hidden_objects(shown, off_layers)
            characters = characters_of(shown.get_textpage(), frame, off_layers, hidden)
            lines = (*lines_of(_checked(characters, check)), *field_lines(document, page, frame))
        return PageLayer(*frame.size, lines, drawings_of(page, frame))


def page_frame(path: Path, number: int, password: str = "") -> PdfFrame:
    """Return the mapping between page `number` and its picture as it is read. Raises ImageError, PasswordNeeded."""
    with _opened_page(path, number, password) as (_, page):
        return frame_of(page)


@contextmanager
def _text_shown(path: Path, number: int, password: str, page: "PdfPage") -> Iterator["PdfPage"]:
    """Yield the page, or one without the form XObjects that are on a layer that is off."""
    import pypdfium2  # noqa: PLC0415

    data = without_hidden_forms(path, password) if has_forms(page) else None
    if data is None:
        yield page
        return
    document = pypdfium2.PdfDocument(data)
    try:
        yield document[number]
    finally:
        document.close()


def _checked(characters: Iterable[Character], check: CancelCheck) -> Iterator[Character]:
    for number, character in enumerate(characters):
        if number % CHECKED_EVERY == 0:
            check()
        yield character


@contextmanager
def _opened_page(path: Path, number: int, password: str) -> Iterator[tuple["PdfDocument", "PdfPage"]]:
    with _opened(path, password) as document:
        check_content(path, number, password)
        yield document, document[number]


def _has_no_pages(path: Path, password: str) -> bool:
    """Return whether the document is whole, but without pages.

    pypdfium2 refuses that with the last error that PDFium had, which is another document's.
    """
    try:
        with open_to_read(path) as file, Pdf.open(file, password=password, attempt_recovery=False) as pdf:
            return not pdf.pages
    except (PasswordError, PdfError, OSError, ValueError, TypeError, AttributeError, RuntimeError):
        return False


@contextmanager
def _opened(path: Path, password: str) -> Iterator["PdfDocument"]:
    import pypdfium2  # noqa: PLC0415 - needed for documents only

    check_file(path)
    try:
        file = open_to_read(path)
    except OSError as error:
        raise unreadable(path) from error
    try:
        document = pypdfium2.PdfDocument(file, password=password or None)
    except pypdfium2.PdfiumError as error:
        file.close()
        if _has_no_pages(path, password):
            raise ImageError(image_texts.PDF_WITHOUT_PAGES, file=path.name) from error
        if "password" in str(error).lower():
            text = image_texts.PDF_OTHER_PASSWORD if password else image_texts.PDF_PROTECTED
            raise PasswordNeeded(text, file=path.name) from error
        raise ImageError(image_texts.PDF_DAMAGED, file=path.name) from error
    try:
        draw_fields(document)
        yield document
    except (pypdfium2.PdfiumError, MemoryError, ValueError) as error:
        raise ImageError(image_texts.PAGE_NOT_RENDERED, file=path.name) from error
    finally:
        document.close()
        file.close()
