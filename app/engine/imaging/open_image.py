"""Opens an image file that may be broken, huge or hostile, for every part of the engine.

Size limits are checked from the header, before any pixel is decoded: Pillow itself lets a 144-megapixel PNG of 284 KB
pass with a warning, and decoding that takes 1.7 GB.
"""

import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, PngImagePlugin, UnidentifiedImageError

from app.domain.error_texts import export_texts, image_texts
from app.domain.errors import ImageError
from app.domain.images.attachments import ImageCrop
from app.engine.imaging.cut_png import MISSING, load_rows
from app.engine.imaging.cut_short import SHOWN_SHARE, EndedJpeg, is_jpeg, shown_share
from app.engine.imaging.deep_grey import is_deep_grey, to_grey
from app.engine.imaging.file_kinds import HEAD_BYTES, FileKind, describe, kind_of, starts_as_image
from app.engine.imaging.frame_counts import frame_count, is_animation, seek_to_content
from app.engine.imaging.resolution import square_size
from app.engine.imaging.transparency import on_contrasting_ground
from app.engine.process.descriptor_passing import open_to_read, status_of, written_whole

MAX_PIXELS = 100_000_000
"""Maximum width times height of one frame, in pixels; 300 MB as RGB."""

MAX_BYTES = 512 * 1024 * 1024
"""Maximum size of an image file, in bytes."""

MAX_SIDE = 65_500
"""Maximum length of a side, in pixels: about the limit of JPEG, and far beyond any screen or scanner."""

FORMATS = (
    "PNG", "JPEG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "PPM", "JPEG2000", "ICO", "TGA",
)  # fmt: skip
"""Pillow's decoders, chosen by the file's content. None of them starts another program."""

MAX_METADATA = 64 * 1024 * 1024
"""Maximum size of a PNG's uncompressed texts, and of its colour profile, in bytes.

Pillow refuses files with more than 1 MB in one; tools for generating images and scanners write several.
"""

PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = MAX_METADATA

Image.MAX_IMAGE_PIXELS = None  # Our own limits replace Pillow's, which is checked too late and is only a warning.

_NOT_IMAGES = {
    FileKind.PDF: image_texts.IS_PDF,
    FileKind.SVG: image_texts.IS_SVG,
    FileKind.VIDEO: image_texts.IS_VIDEO,
    FileKind.AUDIO: image_texts.IS_AUDIO,
    FileKind.OFFICE: image_texts.IS_OFFICE_DOCUMENT,
    FileKind.ARCHIVE: image_texts.IS_ARCHIVE,
    FileKind.METAFILE: image_texts.IS_METAFILE,
    FileKind.PROGRAM: image_texts.IS_PROGRAM,
    FileKind.WEB_PAGE: image_texts.IS_WEB_PAGE,
    FileKind.TEXT: image_texts.IS_TEXT_FILE,
}


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Facts about a file: size in square pixels after applying the EXIF orientation, and a video's `seconds`.

    `shown_share` is the share of an image's rows that are there, below 1 if its file ends early.
    """

    media_type: str
    width: int
    height: int
    byte_size: int
    frames: int
    seconds: float = 0.0
    shown_share: float = 1.0


def open_image(path: Path) -> Image.Image:
    """Open the file at `path`, upright, mode RGB; of several frames the first, of an animation the first with content.

    Transparency is composited on a ground that shows everything on it. Raises ImageError.
    """
    with opened_image(path) as image:
        if is_animation(image):
            seek_to_content(image)
        return to_rgb(image)


def decode_image(content: bytes, name: str) -> Image.Image:
    """Decode an image that is in no file as `open_image` does; errors call it `name`. Raises ImageError."""
    path = Path(name)
    with plain_errors(path):
        try:
            image = Image.open(BytesIO(content), formats=FORMATS)
        except UnidentifiedImageError as error:
            raise _damaged(path) from error
        with image:
            check_size(path, image.size)
            return to_rgb(image)


def probe_image(path: Path, thumbnail_size: int) -> tuple[ImageFacts, Image.Image]:
    """Return the facts about an image file, and an RGB thumbnail of at most `thumbnail_size` pixels a side.

    The whole image is decoded, so that a file with a damaged end is detected now. Raises ImageError.
    """
    with opened_image(path) as image:
        media_type = Image.MIME.get(image.format or "", "application/octet-stream")
        if image.format == "MPO":
            media_type = "image/jpeg"
        frames = frame_count(image)
        width, height = square_size(image, MAX_PIXELS, MAX_SIDE)
        if is_on_its_side(image):
            width, height = height, width
        if is_animation(image):
            seek_to_content(image)
        # JPEG decodes straight to a half, quarter or eighth of the size, which keeps many large photos cheap.
        image.draft(None, (thumbnail_size * 2, thumbnail_size * 2))
        upright = to_rgb(image)
        share = upright.info.get(SHOWN_SHARE, 1.0)
        upright.thumbnail((thumbnail_size, thumbnail_size))
        facts = ImageFacts(media_type, width, height, status_of(path).st_size, frames, shown_share=share)
        return facts, upright


def crop_image(path: Path, part: ImageCrop, target: Path) -> None:
    """Write a crop of the image at `path`, rotated, to `target` as an RGB PNG. Raises ImageError."""
    image = open_image(path)
    box = (max(part.left, 0), max(part.top, 0), min(part.right, image.width), min(part.bottom, image.height))
    if box[0] >= box[2] or box[1] >= box[3]:
        raise ImageError(image_texts.NOTHING_THERE, file=path.name)
    cropped = image.crop(box)
    transpose = (None, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90)[
        part.turns % 4
    ]
    save_png(cropped if transpose is None else cropped.transpose(transpose), target)


def save_png(image: Image.Image, target: Path) -> None:
    """Write an image that will be imported. Raises ImageError."""
    try:
        with written_whole(target) as file:
            image.save(file, "PNG", compress_level=1)
    except OSError as error:
        raise ImageError(export_texts.NOT_SAVED) from error


_EXIF_ORIENTATION = 0x0112
_EXIF_KEYS = ("exif", "Raw profile type exif")
"""Keys of `Image.info` from which Pillow takes EXIF data."""


@contextmanager
def opened_image(path: Path) -> Iterator[Image.Image]:
    """Open the image at `path`, checked but not decoded; any error of Pillow's within becomes an ImageError."""
    with plain_errors(path), open_decoder(path) as image:
        yield image


@contextmanager
def open_decoder(path: Path) -> Iterator[Image.Image]:
    """Open the image at `path`, checked but not decoded, for use within `plain_errors`."""
    check_file(path)
    formats = _heif_formats() if kind_of(path) is FileKind.HEIC else FORMATS
    Image.init()  # Loads every decoder's module; without it those named in FORMATS may be unknown.
    with open_to_read(path) as file:
        jpeg = EndedJpeg(file) if is_jpeg(file) else None
        with Image.open(jpeg or file, formats=formats) as image:
            if jpeg:
                jpeg.report_to(image)
            check_size(path, image.size)
            yield image


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn any error of Pillow's about the file at `path` into an ImageError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # They are about odd metadata; serious problems are raised.
            yield
    except UnidentifiedImageError as error:
        raise _not_an_image(path) from error
    except MemoryError as error:
        raise ImageError(image_texts.OUT_OF_MEMORY, file=path.name) from error
    # The types that decoders raise for damaged files; the tests break hundreds of files to collect them.
    except (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError) as error:
        raise _damaged(path) from error
    except (RuntimeError, AssertionError, ArithmeticError, struct.error, zlib.error) as error:
        raise _damaged(path) from error


def _heif_formats() -> tuple[str, ...]:
    import pi_heif  # noqa: PLC0415 - few files are, and it takes a moment

    pi_heif.register_heif_opener()
    return ("HEIF",)


def check_file(path: Path) -> None:
    """Raise ImageError unless `path` is a regular file of a size that can be opened."""
    try:
        status = status_of(path)
    except FileNotFoundError as error:
        raise ImageError(image_texts.NOT_FOUND, file=path.name) from error
    except (OSError, ValueError) as error:
        raise unreadable(path) from error
    if stat.S_ISDIR(status.st_mode):
        raise ImageError(image_texts.IS_FOLDER, file=path.name)
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(image_texts.NOT_REGULAR, file=path.name)
    if status.st_size == 0:
        raise ImageError(image_texts.EMPTY, file=path.name)
    if status.st_size > MAX_BYTES:
        raise ImageError(image_texts.TOO_LARGE, file=path.name, megabytes=MAX_BYTES // (1024 * 1024))


def check_size(path: Path, size: tuple[int, int]) -> None:
    """Raise ImageError unless a frame of that size can be opened safely."""
    width, height = size
    if width < 1 or height < 1:
        raise _damaged(path)
    if width * height > MAX_PIXELS or max(size) > MAX_SIDE:
        raise ImageError(
            image_texts.TOO_MANY_PIXELS,
            file=path.name,
            width=width,
            height=height,
            megapixels=MAX_PIXELS // 1_000_000,
        )


def _not_an_image(path: Path) -> ImageError:
    try:
        with open_to_read(path) as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return unreadable(path)
    if starts_as_image(head):
        return _damaged(path)
    return ImageError(_NOT_IMAGES.get(describe(head), image_texts.NOT_AN_IMAGE), file=path.name)


def _damaged(path: Path) -> ImageError:
    return ImageError(image_texts.DAMAGED, file=path.name)


def unreadable(path: Path) -> ImageError:
    """Return the error for a file that the system does not let us read."""
    return ImageError(image_texts.UNREADABLE, file=path.name)


def is_on_its_side(image: Image.Image) -> bool:
    """Return whether the EXIF orientation swaps width and height; a PNG may have it after its pixels."""
    if image.format == "PNG":
        load_rows(image)
    return image.getexif().get(_EXIF_ORIENTATION, 1) in {5, 6, 7, 8}


def to_rgb(image: Image.Image) -> Image.Image:
    """Decode an opened frame, upright, mode RGB, its pixels square.

    `info` of the result has SHOWN_SHARE if the file ends early. Raises EOFError if there is nothing before that.
    """
    rows = load_rows(image)
    share = shown_share(image) * rows / image.height
    if not share:
        raise EOFError
    width, height = square_size(image, MAX_PIXELS, MAX_SIDE)
    if is_on_its_side(image):
        width, height = height, width
    rgb = _flat_rgb(ImageOps.exif_transpose(image)) if rows == image.height else _first_rows(image, rows)
    if rgb.size != (width, height):
        rgb = rgb.resize((width, height), Image.Resampling.BICUBIC)
    if share < 1:
        rgb.info[SHOWN_SHARE] = share
    return rgb


def _first_rows(image: Image.Image, rows: int) -> Image.Image:
    """Return an image, upright, mode RGB, of which only the first rows are there."""
    whole = Image.new("RGB", image.size, MISSING)
    whole.paste(_flat_rgb(image.crop((0, 0, image.width, rows))), (0, 0))
    whole.info = {key: image.info[key] for key in _EXIF_KEYS if key in image.info}
    return ImageOps.exif_transpose(whole)


def _flat_rgb(image: Image.Image) -> Image.Image:
    if is_deep_grey(image):
        return to_grey(image).convert("RGB")
    if image.has_transparency_data:
        return on_contrasting_ground(image.convert("RGBA"))
    return image.convert("RGB")
