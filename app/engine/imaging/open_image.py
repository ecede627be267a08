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
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from app.domain.attachments import ImagePart
from app.domain.errors import ImageError
from app.engine.imaging.file_kinds import HEAD_BYTES, HEIC, UNKNOWN, describe, kind_of, starts_as_image

MAX_PIXELS = 100_000_000
"""Width times height of one frame; 300 MB as RGB."""

MAX_BYTES = 512 * 1024 * 1024
"""Size of the file."""

MAX_SIDE = 65_500
"""Pixels along one side; the limit of JPEG, and far beyond any screen or scanner."""

FORMATS = (
    "PNG", "JPEG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "PPM", "JPEG2000", "ICO", "TGA",
)  # fmt: skip
"""Pillow's decoders that are tried, by the file's content. None of them starts another program."""

Image.MAX_IMAGE_PIXELS = None  # Our own limits stand in for Pillow's warning, which comes too late and as a warning.

_NOT_ADDED = "It was not added; the file itself is untouched."


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the header says. Size in pixels after the EXIF orientation has been applied; `seconds` of a film."""

    media_type: str
    width: int
    height: int
    byte_size: int
    frames: int
    seconds: float = 0.0


def open_image(path: Path) -> Image.Image:
    """The first frame of the file at `path`, upright, mode RGB.

    Transparency is laid on white, or on black where the visible pixels are light. Raises ImageError.
    """
    with opened_image(path) as image:
        return to_rgb(image)


def probe_image(path: Path, thumbnail_size: int) -> tuple[ImageFacts, Image.Image]:
    """The facts about an image file, and an RGB thumbnail of at most `thumbnail_size` pixels a side.

    The whole image is decoded, so that a file with a damaged end is found out now. Raises ImageError.
    """
    with opened_image(path) as image:
        media_type = Image.MIME.get(image.format or "", "application/octet-stream")
        frames = int(getattr(image, "n_frames", 1))
        turned = image.getexif().get(_EXIF_ORIENTATION, 1) in {5, 6, 7, 8}
        width, height = image.size[::-1] if turned else image.size
        # JPEG decodes straight to a half, quarter or eighth, so that many large photos stay cheap.
        image.draft(None, (thumbnail_size * 2, thumbnail_size * 2))
        upright = to_rgb(image)
        upright.thumbnail((thumbnail_size, thumbnail_size))
        facts = ImageFacts(media_type, width, height, path.stat().st_size, frames)
        return facts, upright


def cut_image(path: Path, part: ImagePart, target: Path) -> None:
    """Write a part of the image at `path`, turned, to `target` as an RGB PNG. Raises ImageError."""
    image = open_image(path)
    box = (max(part.left, 0), max(part.top, 0), min(part.right, image.width), min(part.bottom, image.height))
    if box[0] >= box[2] or box[1] >= box[3]:
        raise ImageError(f"“{path.name}” has nothing in that place.", todo="Choose another part.")
    cut = image.crop(box)
    turn = (None, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90)[part.turns % 4]
    save_png(cut if turn is None else cut.transpose(turn), target)


def save_png(image: Image.Image, target: Path) -> None:
    """Write an image that is going to be imported. Raises ImageError."""
    try:
        image.save(target, "PNG", compress_level=1)
    except OSError as error:
        raise ImageError(
            "The image could not be saved.", todo="Check the space on the drive, and try again."
        ) from error


_EXIF_ORIENTATION = 0x0112


@contextmanager
def opened_image(path: Path) -> Iterator[Image.Image]:
    """The image behind `path`, checked but not decoded; whatever Pillow raises meanwhile becomes an ImageError."""
    with plain_errors(path), open_decoder(path) as image:
        yield image


def open_decoder(path: Path) -> Image.Image:
    """The image behind `path`, checked but not decoded, for use within `plain_errors`; to be closed."""
    check_file(path)
    formats = _heif_formats() if kind_of(path) is HEIC else FORMATS
    Image.init()  # Loads every decoder's module; without it those named in FORMATS may be unknown.
    image = Image.open(path, formats=formats)
    try:
        check_size(path, image.size)
    except BaseException:
        image.close()
        raise
    return image


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Whatever Pillow raises about the file at `path` becomes an ImageError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # About odd metadata; what matters is raised.
            yield
    except UnidentifiedImageError as error:
        raise _not_an_image(path) from error
    except MemoryError as error:
        raise ImageError(
            f"There is not enough memory to open “{path.name}”.", kept=_NOT_ADDED, todo="Make it smaller and try again."
        ) from error
    # Whatever the decoders raise about a damaged file; the tests break hundreds of files to find out.
    except (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError) as error:
        raise _damaged(path) from error
    except (RuntimeError, AssertionError, ArithmeticError, struct.error, zlib.error) as error:
        raise _damaged(path) from error


def _heif_formats() -> tuple[str, ...]:
    import pi_heif  # noqa: PLC0415 - few files are, and it takes a moment

    pi_heif.register_heif_opener()
    return ("HEIF",)


def check_file(path: Path) -> None:
    """Raises ImageError unless `path` is an ordinary file of a size that can be opened."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise ImageError(
            f"“{path.name}” is not there any more.", todo="Check whether it was moved, and drop it again."
        ) from error
    except (OSError, ValueError) as error:
        raise unreadable(path) from error
    if stat.S_ISDIR(status.st_mode):
        raise ImageError(f"“{path.name}” is a folder.", kept="It was not added.", todo="Drop the images inside it.")
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(f"“{path.name}” is not an ordinary file.", kept="It was not opened.", todo="Drop an image.")
    if status.st_size == 0:
        raise ImageError(f"“{path.name}” is empty (0 bytes).", kept="It was not added.", todo="Save it again.")
    if status.st_size > MAX_BYTES:
        megabytes = MAX_BYTES // (1024 * 1024)
        raise ImageError(f"“{path.name}” is larger than {megabytes} MB.", kept=_NOT_ADDED, todo="Make it smaller.")


def check_size(path: Path, size: tuple[int, int]) -> None:
    """Raise ImageError unless a frame of that size can be opened safely."""
    width, height = size
    if width < 1 or height < 1:
        raise _damaged(path)
    if width * height > MAX_PIXELS or max(size) > MAX_SIDE:
        raise ImageError(
            f"“{path.name}” has {width} × {height} pixels, more than the {MAX_PIXELS // 1_000_000} megapixels "
            "that can be opened safely.",
            kept=_NOT_ADDED,
            todo="Scale it down or cut it into parts, and drop those.",
        )


def _not_an_image(path: Path) -> ImageError:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return unreadable(path)
    if starts_as_image(head):
        return _damaged(path)
    kind = describe(head)
    noun = "is not an image that can be opened here" if kind is UNKNOWN else f"is {kind.noun}, not an image"
    return ImageError(f"“{path.name}” {noun}.", kept=_NOT_ADDED, todo=kind.todo)


def _damaged(path: Path) -> ImageError:
    return ImageError(
        f"“{path.name}” is damaged or incomplete.",
        kept=_NOT_ADDED,
        todo="Get it again from where it came from, or save it anew in an image editor.",
    )


def unreadable(path: Path) -> ImageError:
    """What is said of a file that the system does not let us read."""
    return ImageError(f"“{path.name}” could not be read.", kept=_NOT_ADDED, todo="Check its permissions and try again.")


def to_rgb(image: Image.Image) -> Image.Image:
    """An opened frame, decoded, upright, mode RGB."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode in {"I", "F"} or upright.mode.startswith("I;16"):
        return _from_deep_grey(upright).convert("RGB")
    if upright.has_transparency_data:
        return _on_contrasting_ground(upright.convert("RGBA"))
    return upright.convert("RGB")


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """16- and 32-bit grey scaled to 8 bits; Pillow's own conversion clips everything above 255 to white."""
    values = np.asarray(image, dtype=np.float64)
    if image.mode == "F" or values.min() < 0 or values.max() > 65_535:
        low, high = float(values.min()), float(values.max())
    else:
        low, high = 0.0, 65_535.0 if values.max() > 255 else 255.0
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return Image.fromarray(scaled.round().astype(np.uint8), mode="L")


def _on_contrasting_ground(image: Image.Image) -> Image.Image:
    """Transparency laid on the ground, white or black, that the visible pixels stand out from."""
    alpha = image.getchannel("A")
    weights = np.asarray(alpha, dtype=np.float64)
    grey = np.asarray(image.convert("RGB").convert("L"), dtype=np.float64)
    visible = float(weights.sum())
    brightness = float((grey * weights).sum()) / visible if visible else 0.0
    # Opaque pictures with soft edges keep the white that paper has; only light drawings on nothing need black.
    is_light_on_nothing = brightness > 160 and float((weights < 128).mean()) > 0.5
    ground = Image.new("RGB", image.size, "black" if is_light_on_nothing else "white")
    ground.paste(image, mask=alpha)
    return ground
