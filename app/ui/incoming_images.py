"""What a drop or the clipboard holds, seen as images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage, QImageWriter

from app.domain.errors import Problem, ProblemKind
from app.ui.translation import tr

MOST_FOR_A_CHAT = 20
"""Files that are dropped at once."""
_ENCODED = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp", "image/tiff")


@dataclass(frozen=True, slots=True)
class IncomingImages:
    """Files of this machine, or the bytes of one encoded image with a name for it, or why there is neither."""

    files: tuple[Path, ...] = ()
    data: bytes = b""
    name: str = ""
    problem: Problem | None = None


def are_many(files: Sequence[Path]) -> bool:
    """Whether files that were dropped at once are meant to be worked off, and would not fit a question."""
    return len(files) > MOST_FOR_A_CHAT or any(file.is_dir() for file in files)


def has_images(mime: QMimeData) -> bool:
    """Whether `incoming_images` can make something of it."""
    return mime.hasUrls() or mime.hasImage() or any(mime.hasFormat(kind) for kind in _ENCODED)


def incoming_images(mime: QMimeData, origin: str) -> IncomingImages:
    """The images in `mime`: local files first, then an encoded image as it is, then what the desktop has decoded."""
    files = tuple(Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile())
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
    problem = Problem(
        ProblemKind.IMAGE,
        tr("That is an address on the web, and Lorgnette fetches nothing from there."),
        todo=tr("Save the image, or copy the image itself, and drop or paste that."),
    )
    return IncomingImages(problem=problem)


def encoded_png(image: QImage) -> bytes:
    """A PNG of an image that the desktop or the window has drawn."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"png")
    writer.setCompression(20)  # Lossless at any figure; this one is quick.
    writer.write(image)
    return bytes(buffer.data().data())
