"""Reads PDF documents page by page with PDFium: rendered, and what they tell of themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref
from functools import cache, partial
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PIL import Image

from app.domain.error_texts import image_texts
from app.domain.errors import ImageError, PasswordNeeded
from app.engine.imaging.file_kinds import FileKind, kind_of
from app.engine.imaging.open_image import MAX_SIDE, check_file, unreadable
from app.engine.imaging.pdf_characters import characters_of
from app.engine.imaging.pdf_drawings import drawings_of
from app.engine.imaging.pdf_frame import PdfFrame
from app.engine.imaging.pdf_layer import PageLayer
from app.engine.imaging.pdf_optional_content import layers_off
from app.engine.imaging.pdf_text import lines_of
from app.engine.process.descriptor_passing import open_to_read

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

POINTS = 72
"""PDF units (points) per inch."""
DOTS = 200
"""Resolution of rendered pages in dots per inch, at which small print is readable."""
MAX_PAGE_PIXELS = 4_000_000
"""Maximum pixels of a rendered page, since pages may be of any size; A4 at 200 dpi has 3.9 million."""


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


def render_page(path: Path, number: int, password: str = "") -> Image.Image:
    """Render page `number`, counted from 0, in RGB on white. Raises ImageError, PasswordNeeded."""
    with _opened(path, password) as document:
        page = document[number]
        return cast(Image.Image, page.render(scale=_scale(page)).to_pil()).convert("RGB")


def page_layer(path: Path, number: int, password: str = "") -> PageLayer:
    """Return what page `number` tells of itself, in pixels of the rendered page. Raises ImageError, PasswordNeeded."""
    with _opened(path, password) as document:
        page = document[number]
        frame = frame_of(page)
        characters = characters_of(page.get_textpage(), frame, cache(partial(layers_off, path, password)))
        return PageLayer(*frame.size, tuple(lines_of(characters)), drawings_of(page, frame))


def page_frame(path: Path, number: int, password: str = "") -> PdfFrame:
    """Return the mapping between page `number` and its picture. Raises ImageError, PasswordNeeded."""
    with _opened(path, password) as document:
        return frame_of(document[number])


def frame_of(page: "PdfPage") -> PdfFrame:
    """Return a page's visible box, its rotation and the scale of its picture."""
    from pypdfium2 import raw  # noqa: PLC0415 - needed for documents only

    box = raw.FS_RECTF()
    # The intersection of the crop and media boxes, inherited ones and swapped corners included.
    if not raw.FPDF_GetPageBoundingBox(page, byref(box)):
        raise ValueError("the page has no box")
    return PdfFrame(box.left, box.bottom, box.right, box.top, page.get_rotation(), _scale(page))


def _scale(page: "PdfPage") -> float:
    width, height = page.get_width(), page.get_height()
    return float(
        min(DOTS / POINTS, sqrt(MAX_PAGE_PIXELS / max(width * height, 1.0)), MAX_SIDE / max(width, height, 1.0))
    )


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
        if "password" in str(error).lower():
            text = image_texts.PDF_OTHER_PASSWORD if password else image_texts.PDF_PROTECTED
            raise PasswordNeeded(text, file=path.name) from error
        raise ImageError(image_texts.PDF_DAMAGED, file=path.name) from error
    try:
        yield document
    except (pypdfium2.PdfiumError, MemoryError, ValueError) as error:
        raise ImageError(image_texts.PAGE_NOT_RENDERED, file=path.name) from error
    finally:
        document.close()
        file.close()
