"""Images in dropped or pasted data."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QImage, QImageWriter

from app.domain.error_texts import image_texts
from app.domain.errors import Problem

MAX_FOR_A_CHAT = 20
"""Maximum number of dropped files that are attached to a chat; more are for batch processing."""
_ENCODED = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff")


@dataclass(frozen=True, slots=True)
class IncomingImages:
    """Local files, or the bytes of one encoded image with a name for it, or the problem if there is neither."""

    files: tuple[Path, ...] = ()
    data: bytes = b""
    name: str = ""
    problem: Problem | None = None


def are_many(files: Sequence[Path]) -> bool:
    """Return whether dropped files are meant for batch processing: a folder, or too many for a question."""
    return len(files) > MAX_FOR_A_CHAT or any(file.is_dir() for file in files)


def has_images(mime: QMimeData) -> bool:
    """Return whether `incoming_images` finds anything in `mime`."""
    return mime.hasUrls() or mime.hasImage() or any(mime.hasFormat(kind) for kind in _ENCODED)


def incoming_images(mime: QMimeData, origin: str) -> IncomingImages:
    """Return the images in `mime`: preferably local files, then an encoded image, then a decoded one."""
    files = tuple(_local_path(url) for url in mime.urls() if url.isLocalFile())
    if files:
        return IncomingImages(files=files)
    for kind in _ENCODED:
        data = bytes(mime.data(kind).data())
        if data:
            return IncomingImages(data=data, name=f"{origin}.{kind.removeprefix('image/')}")
    image = mime.imageData()
    if isinstance(image, QImage) and not image.isNull():
        return IncomingImages(data=encoded_png(image), name=f"{origin}.png")
    if not mime.hasUrls():
        return IncomingImages()
    return IncomingImages(problem=image_texts.WEB_ADDRESS.problem())


def _local_path(url: QUrl) -> Path:
    name = url.toLocalFile()
    if "\N{REPLACEMENT CHARACTER}" not in name or os.name == "nt":
        return Path(name)
    # Qt has lost bytes that are not UTF-8; the encoded URL still has them.
    return Path(os.fsdecode(unquote_to_bytes(url.path(QUrl.ComponentFormattingOption.FullyEncoded))))


def encoded_png(image: QImage) -> bytes:
    """Encode an image from the desktop or the window as PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"png")
    writer.setCompression(20)  # Lossless at any value; this one is fast.
    writer.write(image)
    return bytes(buffer.data().data())
