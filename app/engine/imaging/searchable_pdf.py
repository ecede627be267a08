"""A PDF that can be searched: what is seen stays as it is, the text is laid over it and not drawn.

A document keeps its pages, to which a content stream is added (ISO 32000-1, 7.8.2); an image becomes a page that holds
its own JPEG data where it is one, and its pixels without loss elsewhere. Text is written in rendering mode 3 (9.3.6).
"""

import zlib
from collections.abc import Sequence
from math import hypot
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from pikepdf import Array, Dictionary, Job, Name, Object, PasswordError, Pdf, PdfError, Stream
from pikepdf import Page as PdfPage
from PIL import Image

from app.domain.errors import ImageError, PasswordNeeded
from app.domain.pages import Page
from app.domain.ports import CancelCheck
from app.domain.regions import Point, TextLine
from app.domain.word_places import word_places
from app.engine.imaging.glyphless_font import ADVANCE, UNITS, glyphless_font
from app.engine.imaging.open_frames import FrameFile
from app.engine.imaging.open_pdf import DOTS, POINTS, is_pdf, page_frame, text_layer
from app.engine.imaging.pdf_frame import PdfFrame

_FONT = "/LorgnetteText"
_AT_ONCE = 16
"""Pages of a new document."""
_LEVEL = 4
"""Of compression: a scanned page of 4 megapixels takes 0.1 s, which are 0.4 s and 8 % less at zlib's own choice, 6."""
_TURNS = {3: "-1 0 0 -1 1 1", 6: "0 -1 1 0 0 1", 8: "0 1 -1 0 1 0"}
"""Of the unit square, for the orientations of EXIF that are turns."""


def write_searchable_pdf(source: Path, pages: Sequence[Page], target: Path, password: str, check: CancelCheck) -> None:
    """Write `source`, a document or an image whose pages have the text `pages`, to `target`.

    A page of a document whose own text makes sense gets no second one. A document that opened with a password is
    written without one. Nothing is left at `target` unless it is whole, and `source` is never written over. Raises
    ImageError, PasswordNeeded.
    """
    if _is_same(source, target):
        raise ImageError(
            f"“{target.name}” was not written: it would replace the original.",
            kept="The original is untouched.",
            todo="Choose another name or another folder.",
        )
    part = target.with_name(f".{uuid4().hex}.part")
    try:
        if is_pdf(source):
            _overlay(source, pages, part, password, check)
        else:
            _from_images(source, pages, part, check)
        part.replace(target)
    except PasswordError as error:
        raise PasswordNeeded(f"“{source.name}” is protected with a password.", todo="Enter its password.") from error
    except (PdfError, ValueError, RuntimeError) as error:
        raise ImageError(
            f"“{source.name}” could not be made searchable: it is damaged.", kept="The file itself is untouched."
        ) from error
    except OSError as error:
        raise ImageError(
            f"“{target.name}” could not be written.", todo="Check the space on the drive, and try again."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _is_same(source: Path, target: Path) -> bool:
    """Whether both are one file, also by links and on file systems that take A for a."""
    try:
        return target.samefile(source)
    except (OSError, ValueError):
        return False


def _overlay(source: Path, pages: Sequence[Page], part: Path, password: str, check: CancelCheck) -> None:
    with Pdf.open(source, password=password) as pdf:
        font = glyphless_font(pdf)
        for number, (sheet, page) in enumerate(zip(pdf.pages, pages, strict=False)):
            check()
            if page.text.strip() and text_layer(source, number, password) is None:
                frame = page_frame(source, number, password)
                _lay_over(sheet, font, _content(page, frame))
        pdf.save(part)


def _lay_over(sheet: PdfPage, font: Object, content: bytes) -> None:
    # What the page's own content may have left turned or clipped must not reach the text.
    sheet.contents_add(b"q\n", prepend=True)
    sheet.contents_add(b"\nQ\n" + content)
    sheet.add_resource(font, Name.Font, Name(_FONT), replace_existing=True)


def _from_images(source: Path, pages: Sequence[Page], part: Path, check: CancelCheck) -> None:
    """A new document. Few pages at a time are written to a file and joined from there, not to hold them in memory."""
    numbered = list(enumerate(pages))
    frames = FrameFile(source)
    with TemporaryDirectory(prefix=".", suffix=".part", dir=part.parent) as folder, frames.in_order():
        files = []
        for first in range(0, len(numbered), _AT_ONCE):
            few = Path(folder) / f"{first}.pdf"
            _write_few(source, frames, numbered[first : first + _AT_ONCE], few, check)
            files.append(str(few))
        try:
            # By qpdf itself: pikepdf would read all streams into memory.
            Job(["qpdf", "--empty", "--pages", *files, "--", str(part)]).run()
        except (PdfError, RuntimeError) as error:
            raise OSError(f"{len(files)} files of ours could not be joined") from error  # The drive, then.


def _write_few(
    source: Path, frames: FrameFile, pages: Sequence[tuple[int, Page]], target: Path, check: CancelCheck
) -> None:
    with Pdf.new() as pdf:
        font = glyphless_font(pdf)
        for number, page in pages:
            check()
            scale = (frames.dots(number) or DOTS) / POINTS
            frame = PdfFrame(0, 0, page.width / scale, page.height / scale, 0, scale)
            picture, turn = _jpeg(pdf, source, page) or (_lossless(pdf, frames.frame(number)), "1 0 0 1 0 0")
            content = f"q {frame.right:.3f} 0 0 {frame.top:.3f} 0 0 cm {turn} cm /Picture Do Q\n".encode()
            sheet = Dictionary(
                Type=Name.Page,
                MediaBox=Array([0, 0, round(frame.right, 3), round(frame.top, 3)]),
                Resources=Dictionary(XObject=Dictionary(Picture=picture), Font=Dictionary({_FONT: font})),
                Contents=pdf.make_stream(content + _content(page, frame)),
            )
            pdf.pages.append(PdfPage(pdf.make_indirect(sheet)))
        pdf.save(target)


def _jpeg(pdf: Pdf, source: Path, page: Page) -> tuple[Object, str] | None:
    """The file's own data as an image, and how it is turned upright; None for what is no plain JPEG."""
    with Image.open(source) as image:
        orientation = image.getexif().get(0x0112, 1)
        is_plain = image.format == "JPEG" and image.mode in {"L", "RGB"}
        if not is_plain or orientation not in {1, *_TURNS} or getattr(image, "n_frames", 1) > 1:
            return None
        stored = image.size
        space = Name.DeviceGray if image.mode == "L" else Name.DeviceRGB
    if sorted(stored) != sorted((page.width, page.height)):
        return None
    stream = Stream(pdf, source.read_bytes())
    _describe(stream, stored, space, 8)
    stream.Filter = Name.DCTDecode
    return pdf.make_indirect(stream), _TURNS.get(orientation, "1 0 0 1 0 0")


def _lossless(pdf: Pdf, image: Image.Image) -> Object:
    colours = image.getcolors(2)
    if colours and all(colour in {(0, 0, 0), (255, 255, 255)} for _, colour in colours):
        flat, space, bits = image.convert("1", dither=Image.Dither.NONE), Name.DeviceGray, 1
    elif _is_grey(image):
        flat, space, bits = image.getchannel(0), Name.DeviceGray, 8
    else:
        flat, space, bits = image, Name.DeviceRGB, 8
    # pikepdf would keep it as it is, uncompressed.
    stream = Stream(pdf, zlib.compress(flat.tobytes(), _LEVEL))
    _describe(stream, image.size, space, bits)
    stream.Filter = Name.FlateDecode
    return pdf.make_indirect(stream)


def _is_grey(image: Image.Image) -> bool:
    red, green, blue = image.split()
    return red.tobytes() == green.tobytes() == blue.tobytes()


def _describe(stream: Object, size: tuple[int, int], space: Object, bits: int) -> None:
    stream.Type, stream.Subtype = Name.XObject, Name.Image
    stream.Width, stream.Height = size
    stream.ColorSpace, stream.BitsPerComponent = space, bits


def _content(page: Page, frame: PdfFrame) -> bytes:
    """The text of a page, word by word where lines tell their places, over the whole page where none does."""
    lines: Sequence[TextLine] = page.lines
    if not lines:
        lines = _spread(page)
    shown = b"".join(_words(line, frame) for line in lines)
    return b"q BT 3 Tr\n" + shown + b"ET Q\n"


def _spread(page: Page) -> list[TextLine]:
    """Lines of a text whose reader tells no places, one below the other."""
    texts = [text for text in page.text.splitlines() if text.strip()]
    height = page.height / max(len(texts), 1)
    lines = []
    for number, text in enumerate(texts):
        top, bottom = number * height, (number + 1) * height
        corners = (Point(0, top), Point(page.width, top), Point(page.width, bottom), Point(0, bottom))
        lines.append(TextLine.between(text, corners, 1.0))
    return lines


def _words(line: TextLine, frame: PdfFrame) -> bytes:
    top, end, below, start = (frame.to_points(corner) for corner in line.quad)
    del end
    height = hypot(top[0] - start[0], top[1] - start[1])
    across = (below[0] - start[0], below[1] - start[1])
    length = hypot(*across)
    if height < 0.1 or length < 0.1:
        return b""
    along, up = (across[0] / length, across[1] / length), ((top[0] - start[0]) / height, (top[1] - start[1]) / height)
    said = b""
    places = word_places(line.text)
    for place, following in zip(places, [*places[1:], None], strict=True):
        # The space behind a word reaches to the next one, so that what is copied has spaces.
        text, last = (f"{place.text} ", following.start) if following else (place.text, place.end)
        codes = text.encode("utf-16-be", "replace")
        natural = len(codes) / 2 * ADVANCE / UNITS * height
        stretch = (last - place.start) * length / natural
        x, y = start[0] + across[0] * place.start, start[1] + across[1] * place.start
        matrix = (along[0] * stretch, along[1] * stretch, up[0], up[1], x, y)
        numbers = " ".join(f"{number:.4f}" for number in matrix)
        said += f"{numbers} Tm {_FONT} {height:.3f} Tf <{codes.hex()}> Tj\n".encode("ascii")
    return said
