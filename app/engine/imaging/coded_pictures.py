"""Codes pictures for PDFs (ISO 32000-2, 8.9.5): losslessly, or smaller."""

import io
import zlib
from dataclasses import dataclass

from PIL import Image

JPEG_QUALITY = 75
"""Libjpeg's usual quality: on scanned pages at 200 to 300 dpi its blocks are not seen around letters."""

_LEVEL = 4
"""zlib level: a scanned page of 4 megapixels takes 0.1 s; zlib's default, 6, takes 0.4 s and saves 8 %."""

_BLACK_AND_WHITE = ((0, 0, 0), (255, 255, 255), 0, 255)
_ROWS_PER_STRIP, _STRIP, _PHOTOMETRIC = 278, 273, 262
"""TIFF tags; the length of the only strip is what follows its offset up to the tags, so it is asked, too."""

_STRIP_LENGTH = 279


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """An image's data, with what its dictionary says of it."""

    size: tuple[int, int]
    colour_space: str
    bits: int
    coding: str
    data: bytes
    parameters: str = ""

    @property
    def entries(self) -> str:
        """The entries of the image's dictionary."""
        width, height = self.size
        parameters = f" /DecodeParms <<{self.parameters}>>" if self.parameters else ""
        return (
            f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace {self.colour_space} "
            f"/BitsPerComponent {self.bits} /Filter {self.coding}{parameters}"
        )


def losslessly_coded(image: Image.Image) -> CodedPicture:
    """Code an RGB picture with zlib, in as few bits as it needs."""
    if is_black_and_white(image):
        flat, space, bits = image.convert("1", dither=Image.Dither.NONE), "/DeviceGray", 1
    elif _is_grey(image):
        flat, space, bits = image.getchannel(0), "/DeviceGray", 8
    else:
        flat, space, bits = image, "/DeviceRGB", 8
    return CodedPicture(image.size, space, bits, "/FlateDecode", zlib.compress(flat.tobytes(), _LEVEL))


def smaller_coded(image: Image.Image) -> CodedPicture:
    """Code a picture in RGB or L as faxes are if it is black and white, else as JPEG if that is smaller."""
    if is_black_and_white(image):
        return fax_coded(image.convert("1", dither=Image.Dither.NONE))
    lossless = losslessly_coded(image.convert("RGB"))
    jpeg = jpeg_coded(image.getchannel(0) if lossless.colour_space == "/DeviceGray" else image)
    return min(lossless, jpeg, key=lambda picture: len(picture.data))


def jpeg_coded(image: Image.Image) -> CodedPicture:
    """Code a picture in RGB or L as JPEG."""
    data = io.BytesIO()
    image.save(data, "JPEG", quality=JPEG_QUALITY, optimize=True)
    space = "/DeviceGray" if image.mode == "L" else "/DeviceRGB"
    return CodedPicture(image.size, space, 8, "/DCTDecode", data.getvalue())


def fax_coded(image: Image.Image) -> CodedPicture:
    """Code a picture of one bit with CCITT Group 4 (ITU-T T.6), losslessly."""
    file = io.BytesIO()
    image.save(file, "TIFF", compression="group4", tiffinfo={_ROWS_PER_STRIP: image.height})
    with Image.open(file) as tiff:
        tags = dict(tiff.tag_v2)  # type: ignore[attr-defined]
    (start,), (length,) = tags[_STRIP], tags[_STRIP_LENGTH]
    is_black_one = str(tags[_PHOTOMETRIC] != 0).lower()
    parameters = f"/K -1 /Columns {image.width} /Rows {image.height} /BlackIs1 {is_black_one}"
    data = file.getvalue()[start : start + length]
    return CodedPicture(image.size, "/DeviceGray", 1, "/CCITTFaxDecode", data, parameters)


def is_black_and_white(image: Image.Image) -> bool:
    """Return whether a picture in RGB or L has no colours but black and white."""
    return all(colour in _BLACK_AND_WHITE for _, colour in image.getcolors(2) or [(1, None)])


def _is_grey(image: Image.Image) -> bool:
    red, green, blue = image.split()
    return red.tobytes() == green.tobytes() == blue.tobytes()
