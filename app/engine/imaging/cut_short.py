"""JPEG files that end early, as after an interrupted download: they are shown as far as they go.

The decoder is given the missing end marker; it fills what is missing with mid-grey (libjpeg, jdhuff.c).
"""

import io
from typing import BinaryIO

import numpy as np
from PIL import Image

SHOWN_SHARE = "lorgnette_shown_share"
"""Entry of `Image.info`: the share of an incomplete image's rows that are there, above 0 and below 1."""

_CUT_SHORT = "lorgnette_cut_short"
_START_OF_IMAGE, _END_OF_IMAGE = b"\xff\xd8\xff", b"\xff\xd9"
_BLOCK = 8
"""Width of a block in pixels."""

_MISSING = (127, 128)
"""Levels of what is missing; CMYK is inverted."""


class EndedJpeg(io.FileIO):
    """Reads an open JPEG file with an end marker after its end, which a complete one never needs."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file.fileno(), closefd=False)
        self._has_given_end = False
        self._info: dict[str | tuple[int, int], object] = {}
        self.seek(0)

    def report_to(self, image: Image.Image) -> None:
        """Note in `image.info` if the end marker is used, for `shown_share`."""
        self._info = image.info

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the file's next bytes, and once after them the end marker."""
        data = super().read(size)
        if data or size == 0 or self._has_given_end:
            return data or b""
        self._has_given_end = True
        self._info[_CUT_SHORT] = True
        return _END_OF_IMAGE


def is_jpeg(file: BinaryIO) -> bool:
    """Return whether a file at its beginning is a JPEG."""
    head = file.read(len(_START_OF_IMAGE))
    file.seek(0)
    return head == _START_OF_IMAGE


def shown_share(image: Image.Image) -> float:
    """Return the share of the rows of a decoded image that its file has; 0.0 if there are none, 1.0 if all."""
    if not image.info.get(_CUT_SHORT):
        return 1.0
    # Blocks are stored row by row; the one that the file ends in is decoded from invented data.
    ends = np.asarray(image)[:, -_BLOCK:].reshape(image.height, -1)
    rows = np.flatnonzero(((ends < _MISSING[0]) | (ends > _MISSING[1])).any(axis=1))
    return (int(rows[-1]) + 1) / image.height if len(rows) else 0.0
