"""PDF documents, page by page, through PDFium: rendered, or as the text that they carry."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PIL import Image

from app.domain.errors import ImageError, PasswordNeeded
from app.domain.pages import Page
from app.domain.regions import TextLine
from app.engine.imaging.file_kinds import PDF, kind_of
from app.engine.imaging.open_image import MAX_SIDE, check_file
from app.engine.imaging.pdf_frame import PdfFrame
from app.engine.imaging.sensible_text import makes_sense

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

POINTS = 72
"""PDF's unit is so many to the inch."""
DOTS = 200
"""To the inch: small print can be read."""
MOST_PIXELS = 4_000_000
"""Of a rendered page, which may be as large as a house: A4 at 200 dots has 3.9 million."""


def is_pdf(path: Path) -> bool:
    """Whether the file's first bytes are a PDF's; False where it cannot be read."""
    return kind_of(path) is PDF


def page_count(path: Path, password: str = "") -> int:
    """How many pages it has. Raises ImageError, PasswordNeeded."""
    with _opened(path, password) as document:
        return len(document)


def is_encrypted(path: Path, password: str = "") -> bool:
    """Whether the file is encrypted, be it with an empty password. Raises ImageError, PasswordNeeded."""
    from pypdfium2.raw import FPDF_GetSecurityHandlerRevision  # noqa: PLC0415

    with _opened(path, password) as document:
        return bool(FPDF_GetSecurityHandlerRevision(document) >= 0)  # Else -1 (fpdfview.h).


def render_page(path: Path, number: int, password: str = "") -> Image.Image:
    """Page `number`, counted from 0, in RGB on white. Raises ImageError, PasswordNeeded."""
    with _opened(path, password) as document:
        page = document[number]
        return cast(Image.Image, page.render(scale=_scale(page)).to_pil()).convert("RGB")


def text_layer(path: Path, number: int, password: str = "") -> Page | None:
    """What the page says of itself, in pixels of the rendered page; None where that is nothing, or makes no sense.

    Raises ImageError, PasswordNeeded.
    """
    with _opened(path, password) as document:
        page = document[number]
        frame = frame_of(page)
        layer = page.get_textpage()
        lines = []
        for index in range(layer.count_rects()):
            rectangle = layer.get_rect(index)
            text = " ".join(layer.get_text_bounded(*rectangle).split())
            if text:
                lines.append(TextLine.between(text, frame.corners(*rectangle), 1.0))
        text = "\n".join(line.rstrip() for line in layer.get_text_range().replace("\r", "").split("\n")).strip()
        is_sensible = makes_sense(text, is_hidden=_is_hidden(page))
    return Page(*frame.size, tuple(lines), text) if is_sensible else None


def page_frame(path: Path, number: int, password: str = "") -> PdfFrame:
    """How page `number` lies behind its picture. Raises ImageError, PasswordNeeded."""
    with _opened(path, password) as document:
        return frame_of(document[number])


def frame_of(page: "PdfPage") -> PdfFrame:
    """What is seen of a page, and how large its picture is."""
    left, bottom, right, top = page.get_cropbox()
    return PdfFrame(left, bottom, right, top, page.get_rotation(), _scale(page))


def _is_hidden(page: "PdfPage") -> bool:
    """Whether none of the page's text is drawn, as where a reader has laid it over a scan."""
    from pypdfium2 import raw  # noqa: PLC0415 - needed for documents only

    texts = page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT])
    return all(raw.FPDFTextObj_GetTextRenderMode(text) == raw.FPDF_TEXTRENDERMODE_INVISIBLE for text in texts)


def _scale(page: "PdfPage") -> float:
    width, height = page.get_width(), page.get_height()
    return float(min(DOTS / POINTS, sqrt(MOST_PIXELS / max(width * height, 1.0)), MAX_SIDE / max(width, height, 1.0)))


@contextmanager
def _opened(path: Path, password: str) -> Iterator["PdfDocument"]:
    import pypdfium2  # noqa: PLC0415 - needed for documents only

    check_file(path)
    try:
        document = pypdfium2.PdfDocument(path, password=password or None)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            what = "has another password" if password else "is protected with a password"
            raise PasswordNeeded(
                f"“{path.name}” {what}.", kept="It was not opened.", todo="Enter its password, and try again."
            ) from error
        raise ImageError(
            f"“{path.name}” is damaged or incomplete.",
            kept="It was not added; the file itself is untouched.",
            todo="Get it again, and drop that.",
        ) from error
    try:
        yield document
    except (pypdfium2.PdfiumError, MemoryError, ValueError) as error:
        raise ImageError(
            f"A page of “{path.name}” could not be drawn.", kept="The file itself is untouched."
        ) from error
    finally:
        document.close()
