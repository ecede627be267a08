"""Writes searchable PDFs: the appearance is unchanged, and an invisible text layer is added.

A document keeps its pages, to which a content stream is added (ISO 32000-1, 7.8.2), its links and attached files, but
no scripts or other active content. An image becomes a page with its own JPEG data if it is a JPEG, else with its pixels
losslessly compressed. Text is written in rendering mode 3 (9.3.6). On request the file is PDF/A, its scans are straight
and its pictures smaller.
"""

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from pikepdf import Name, Object, PasswordError, Pdf, PdfError, PikepdfWarning
from pikepdf import Page as PdfPage
from PIL import Image
from PIL.MpoImagePlugin import MpoImageFile

from app.domain.documents.pages import OcrPage
from app.domain.documents.pdf_options import AS_IT_IS, PdfOptions
from app.domain.error_texts import export_texts
from app.domain.errors import ImageError, PasswordNeeded
from app.domain.ports import CancelCheck
from app.engine.imaging.added_lines import lines_to_add, replaces_hidden
from app.engine.imaging.archival_pdf import save_archival
from app.engine.imaging.coded_pictures import CodedPicture, losslessly_coded, smaller_coded
from app.engine.imaging.deskewing import deskewing
from app.engine.imaging.glyphless_font import glyphless_font
from app.engine.imaging.hidden_text import drop_hidden_text
from app.engine.imaging.inert_pdf import drop_actions
from app.engine.imaging.invisible_text import FONT, text_content
from app.engine.imaging.open_frames import FrameFile
from app.engine.imaging.open_image import MAX_PIXELS, MAX_SIDE, is_on_its_side
from app.engine.imaging.open_pdf import is_pdf, page_frame, page_layer
from app.engine.imaging.pdf_frame import PdfFrame
from app.engine.imaging.pdf_writer import PdfWriter
from app.engine.imaging.render_pdf import DOTS, POINTS
from app.engine.imaging.resolution import square_size
from app.engine.imaging.smaller_pictures import make_pictures_smaller
from app.engine.process.descriptor_passing import open_to_read, written_whole

_MP_ENTRIES = 0xB002
"""Tag of a Multi-Picture Object's index: the size of each of its pictures (CIPA DC-007, 5.2.3)."""
_END_OF_JPEG = b"\xff\xd9"
_ORIENTATIONS = {3: "-1 0 0 -1 1 1", 6: "0 -1 1 0 0 1", 8: "0 1 -1 0 1 0"}
"""Transformation matrix of the unit square for each EXIF orientation that is a rotation."""


def write_searchable_pdf(
    source: Path,
    pages: Sequence[OcrPage],
    target: Path,
    password: str,
    check: CancelCheck,
    options: PdfOptions = AS_IT_IS,
) -> None:
    """Write `source`, a document or an image whose pages have the text `pages`, to `target`.

    Lines that a page's text layer has are not added to it; hidden text that was read otherwise is replaced. A document
    that opened with a password is written without one, and every document without its scripts. Nothing is left at
    `target` unless it is complete, and `source` is never overwritten. Raises ImageError, PasswordNeeded.
    """
    if _is_same(source, target):
        raise ImageError(export_texts.WOULD_REPLACE_ORIGINAL, file=target.name)
    try:
        with written_whole(target) as file, _without_remarks():
            if is_pdf(source):
                _overlay(source, pages, file, password, check, options)
            elif options.is_archival:
                whole = io.BytesIO()
                _from_images(source, pages, whole, check, options)
                with Pdf.open(whole) as pdf:
                    save_archival(pdf, file, source.name)
            else:
                _from_images(source, pages, file, check, options)
    except PasswordError as error:
        raise PasswordNeeded(export_texts.NOT_SEARCHABLE_PROTECTED, file=source.name) from error
    except (PdfError, ValueError, RuntimeError, MemoryError) as error:
        raise ImageError(export_texts.NOT_SEARCHABLE, file=source.name) from error
    except OSError as error:
        raise ImageError(export_texts.NOT_WRITTEN, file=target.name) from error


@contextmanager
def _without_remarks() -> Iterator[None]:
    """Have libraries keep to themselves what is odd about a document: it is none of the user's making."""
    for name in ("pikepdf", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PikepdfWarning)
        yield


def _is_same(source: Path, target: Path) -> bool:
    """Return whether both are the same file, even through links or on case-insensitive file systems."""
    try:
        return target.samefile(source)
    except (OSError, ValueError):
        return False


def _overlay(
    source: Path, pages: Sequence[OcrPage], file: BinaryIO, password: str, check: CancelCheck, options: PdfOptions
) -> None:
    with open_to_read(source) as original, Pdf.open(original, password=password) as pdf:
        font = glyphless_font(pdf)
        for number, (pdf_page, page) in enumerate(zip(pdf.pages, pages, strict=False)):
            check()
            layer = page_layer(source, number, password, check)
            frame = page_frame(source, number, password).of_width(page.width)
            is_scan = not any(not line.is_hidden for line in layer.lines) and not pdf_page.get("/Annots")
            rotation = deskewing(page.lines, frame) if options.is_deskewed and is_scan else ""
            if replaces_hidden(page, layer.lines, frame.size[0] / layer.width):
                drop_hidden_text(pdf, pdf_page)
                layer = replace(layer, lines=tuple(line for line in layer.lines if not line.is_hidden))
            lines = lines_to_add(page, layer.lines, frame.size[0] / layer.width)
            if lines or rotation:
                _add_text(pdf_page, font, text_content(lines, frame), rotation)
        drop_actions(pdf, check)
        if options.is_compressed:
            make_pictures_smaller(pdf, check)
        if options.is_archival:
            save_archival(pdf, file, source.name)
        else:
            pdf.save(file)


def _add_text(pdf_page: PdfPage, font: Object, content: bytes, rotation: str) -> None:
    # A transformation or clipping path that the page's own content left set must not affect the text.
    pdf_page.contents_add(f"q {rotation}q\n".encode(), prepend=True)
    pdf_page.contents_add(b"\nQ\n" + content + b"Q\n")
    pdf_page.add_resource(font, Name.Font, Name(FONT), replace_existing=True)


def _from_images(
    source: Path, pages: Sequence[OcrPage], file: BinaryIO, check: CancelCheck, options: PdfOptions
) -> None:
    """Write a new document page by page, so that it is not held in memory."""
    frames = FrameFile(source)
    pdf = PdfWriter(file)
    font = pdf.copy(glyphless_font)
    coded = smaller_coded if options.is_compressed else losslessly_coded
    with frames.in_order():
        for number, page in enumerate(pages):
            check()
            scale = (frames.dots(number) or DOTS) / POINTS
            frame = PdfFrame(0, 0, page.width / scale, page.height / scale, 0, scale)
            picture, matrix = _jpeg(source, page) or (coded(frames.frame(number)), "1 0 0 1 0 0")
            rotation = deskewing(page.lines, frame) if options.is_deskewed else ""
            drawn = f"{rotation}q {frame.right:.3f} 0 0 {frame.top:.3f} 0 0 cm {matrix} cm /Picture Do Q\n".encode()
            pdf.add_page(
                f"/MediaBox [0 0 {frame.right:.3f} {frame.top:.3f}] /Resources <</XObject <</Picture "
                f"{pdf.stream(picture.entries, picture.data)}>> /Font <<{FONT} {font}>>>> "
                f"/Contents {pdf.compressed(drawn + text_content(lines_to_add(page, ()), frame))}"
            )
    pdf.finish()


def _jpeg(source: Path, page: OcrPage) -> tuple[CodedPicture, str] | None:
    """Return the file's own data as an image, and the matrix that turns it upright; None if it is no plain JPEG."""
    with open_to_read(source) as file, Image.open(file) as image:
        orientation = image.getexif().get(0x0112, 1)
        is_plain = image.format in {"JPEG", "MPO"} and image.mode in {"L", "RGB"}
        if not is_plain or orientation not in {1, *_ORIENTATIONS}:
            return None
        # A page has square pixels; those of the picture need not be, as it is stretched over the page.
        size = square_size(image, MAX_PIXELS, MAX_SIDE)
        if (size[::-1] if is_on_its_side(image) else size) != (page.width, page.height):
            return None
        space = "/DeviceGray" if image.mode == "L" else "/DeviceRGB"
        data = _without_other_pictures(source, image)
        picture = CodedPicture(image.size, space, 8, "/DCTDecode", data)
        return picture, _ORIENTATIONS.get(orientation, "1 0 0 1 0 0")


def _without_other_pictures(source: Path, image: Image.Image) -> bytes:
    """Return the data of a JPEG without the previews and maps that follow it in a Multi-Picture Object."""
    with open_to_read(source) as file:
        data = file.read()
    if not isinstance(image, MpoImageFile) or image.mpinfo is None:
        return data
    try:
        size = int(image.mpinfo[_MP_ENTRIES][0]["Size"])
    except (LookupError, TypeError, ValueError):
        return data
    return data[:size] if data[:size].endswith(_END_OF_JPEG) else data
