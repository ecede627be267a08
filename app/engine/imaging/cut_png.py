"""PNG files that end early, as after an interrupted download: their first rows are there.

Chunks and rows are those of the PNG specification (W3C, Portable Network Graphics, sections 5.3, 7.2 and 11.2).
"""

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

_ROWS = "lorgnette_rows"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Number of samples of a pixel by colour type."""

_PIECE = 1 << 16
"""Number of bytes that are read or decompressed at once."""

MISSING = (127, 127, 127)
"""What rows are filled with that are not there, as libjpeg fills them."""


def load_rows(image: Image.Image) -> int:
    """Decode an opened image and return the number of its rows that are there, fewer than it has of a PNG cut short.

    Raises what Pillow raises for others that are damaged, and such as are interlaced, an animation, or without a row.
    """
    if rows := image.info.get(_ROWS):
        return int(rows)
    try:
        image.load()
    except (OSError, SyntaxError):
        file = getattr(image, "fp", None)
        rows = _whole_rows(file) if image.format == "PNG" and file else 0
        if not rows:
            raise
        vars(image)["tile"] = []  # There is nothing left to decode.
        image.info[_ROWS] = min(rows, image.height)
        return min(rows, image.height)
    return image.height


def _whole_rows(file: BinaryIO) -> int:
    """Return the number of whole rows in a PNG file that ends early; 0 if it does not, or has its rows in passes."""
    file.seek(0)
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        return 0
    inflate, size, stride = zlib.decompressobj(), 0, 0
    try:
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind in {b"IEND", b"acTL"}:
                return 0
            if kind == b"IHDR":
                width, _, depth, colour, _, _, passes = struct.unpack(">IIBBBBB", file.read(length))
                stride = (width * depth * _SAMPLES[colour] + 7) // 8 + 1  # Each row begins with its filter.
                if passes:
                    return 0
            elif kind == b"IDAT":
                size += sum(_inflated(inflate, piece) for piece in _pieces(file, length))
            else:
                file.seek(length, 1)
            file.seek(4, 1)  # The checksum.
    except (zlib.error, struct.error, KeyError):
        return 0
    return size // stride if stride else 0


def _pieces(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length and (piece := file.read(min(_PIECE, length))):
        length -= len(piece)
        yield piece


def _inflated(inflate: "zlib._Decompress", data: bytes) -> int:
    """Return the size of the data when decompressed, in bytes."""
    size = 0
    while data:
        size += len(inflate.decompress(data, _PIECE))
        data = inflate.unconsumed_tail
    return size
