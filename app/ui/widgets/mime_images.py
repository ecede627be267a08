"""Images and text in dropped or pasted data.

Applications put the same thing on the clipboard in several formats. A spreadsheet or a word processor adds a picture of
the text to it, a browser the address of a picture to the picture, a file manager the path of a file to the file.
Nothing is fetched from an address.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage, QImageWriter, QTextDocumentFragment

from app.domain.error_texts import image_texts
from app.domain.errors import Problem
from app.domain.images.data_urls import HtmlContent, html_content, image_data_urls
from app.ui.widgets.mounted_files import mounted_path

MAX_FOR_A_CHAT = 20
"""Maximum number of dropped files that are attached to a chat; more are for batch processing."""
MAX_MEGABYTES = 512
"""Maximum size of an image's bytes in dropped or pasted data, as of a file's."""
_ENCODED = ("png", "jpeg", "webp", "gif", "bmp", "tiff", "avif", "heic", "heif")
"""Formats, without "image/", whose bytes are taken as they are."""
_PDF = "application/pdf"
_DATA_URL = re.compile(r"data:[^\"'\s>]*")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)
_WEB = frozenset({"http", "https", "ftp", ""})
_NO_TEXT = " \t\r\n\N{NO-BREAK SPACE}\N{OBJECT REPLACEMENT CHARACTER}"
"""What a word processor puts into the text in place of a picture."""
_MAX_HTML = 2_000_000
"""Maximum number of characters of HTML that are turned into text."""


@dataclass(frozen=True, slots=True)
class IncomingImages:
    """Local files, or the bytes of one encoded image or PDF, or data: URLs of images.

    `name` is that of an image that is no file; without a suffix, if there are data: URLs. `problem` is the reason why
    there is nothing, or what was left out beside them.
    """

    files: tuple[Path, ...] = ()
    data: bytes = b""
    data_urls: tuple[str, ...] = ()
    name: str = ""
    problem: Problem | None = None


def are_many(files: Sequence[Path]) -> bool:
    """Return whether dropped files are meant for batch processing: a folder, or too many for a question."""
    return len(files) > MAX_FOR_A_CHAT or any(file.is_dir() for file in files)


def has_images(mime: QMimeData) -> bool:
    """Return whether `incoming_images` finds anything in `mime`."""
    return mime.hasUrls() or _has_picture(mime) or bool(image_data_urls(mime.text()) or _lone_images(mime))


def accept_copy(event: QDropEvent) -> None:
    """Accept a drag or drop as a copy, whatever is proposed: after a move the source deletes its files."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()


def pasted_text(mime: QMimeData) -> str | None:
    """Return the text that pasting `mime` inserts; None if it is images or files that are pasted.

    A picture beside a text is a picture of the text, unless the text is just the picture's address.
    """
    text = mime.text()
    if _local_files(mime) or _file_schemes(mime) or image_data_urls(text):
        return None
    if text.strip(_NO_TEXT):
        html = _html(mime)
        is_address = _ADDRESS.fullmatch(text.strip()) and not html.has_text
        return None if is_address and _has_picture(mime) else text
    return _text_of_html(mime.html()) if _html(mime).has_text else None


def incoming_images(mime: QMimeData, origin: str) -> IncomingImages:
    """Return the images in `mime`: preferably local files, then images as they were encoded, then a decoded one."""
    files = _local_files(mime)
    if files:
        return IncomingImages(files=files, problem=_left_out(len(mime.urls()) - len(files)))
    if urls := image_data_urls("\n".join(_encoded(url) for url in mime.urls())) or image_data_urls(mime.text()):
        return _data_urls(urls, origin)
    if picture := _picture(mime, origin):
        return picture
    sources = _lone_images(mime)
    if urls := tuple(url for source in sources for url in image_data_urls(source)):
        return _data_urls(urls, origin, left_out=len(sources) - len(urls))
    if not mime.hasUrls() and not sources:
        return IncomingImages()
    schemes = _file_schemes(mime)
    text = image_texts.NO_PATH.problem(scheme=schemes[0]) if schemes else image_texts.WEB_ADDRESS.problem()
    return IncomingImages(problem=text)


def _picture(mime: QMimeData, origin: str) -> IncomingImages | None:
    for kind in _ENCODED:
        if found := _bytes(mime, f"image/{kind}", f"{origin}.{kind}"):
            return found
    image = mime.imageData()
    if isinstance(image, QImage) and not image.isNull():
        return IncomingImages(data=encoded_png(image), name=f"{origin}.png")
    return _bytes(mime, _PDF, f"{origin}.pdf")


def _bytes(mime: QMimeData, kind: str, name: str) -> IncomingImages | None:
    data = mime.data(kind)
    if data.size() > MAX_MEGABYTES * 1024 * 1024:
        return IncomingImages(problem=image_texts.TOO_LARGE.problem(file=name, megabytes=MAX_MEGABYTES))
    return None if data.isEmpty() else IncomingImages(data=bytes(data.data()), name=name)


def _left_out(count: int) -> Problem | None:
    return image_texts.LEFT_OUT.problem(count=count) if count else None


def _data_urls(urls: tuple[str, ...], origin: str, left_out: int = 0) -> IncomingImages:
    if len(urls) > MAX_FOR_A_CHAT:
        return IncomingImages(problem=image_texts.TOO_MANY_IMAGES.problem(count=len(urls), most=MAX_FOR_A_CHAT))
    return IncomingImages(data_urls=urls, name=origin, problem=_left_out(left_out))


def _has_picture(mime: QMimeData) -> bool:
    return mime.hasImage() or mime.hasFormat(_PDF) or any(mime.hasFormat(f"image/{kind}") for kind in _ENCODED)


def _html(mime: QMimeData) -> HtmlContent:
    return html_content(mime.html()) if mime.hasHtml() else HtmlContent(has_text=False, images=())


def _lone_images(mime: QMimeData) -> tuple[str, ...]:
    """Return the sources of the images of HTML that consists of nothing else."""
    html = _html(mime)
    return () if html.has_text else html.images


def _text_of_html(html: str) -> str:
    bare = _DATA_URL.sub("", html)[:_MAX_HTML]
    return QTextDocumentFragment.fromHtml(bare).toPlainText().replace("\N{OBJECT REPLACEMENT CHARACTER}", "")


def _local_files(mime: QMimeData) -> tuple[Path, ...]:
    """Return the files that have a path, unless they are gone and their picture is there."""
    files = tuple(path for url in mime.urls() if (path := _local_path(url)))
    return () if _has_picture(mime) and not any(os.path.lexists(file) for file in files) else files


def _file_schemes(mime: QMimeData) -> list[str]:
    """Return the schemes by which a file manager names files that have no path, such as smb."""
    named = [url for url in mime.urls() if url.scheme() not in _WEB and url.path().startswith("/")]
    return [url.scheme() for url in named if not url.isLocalFile()]


def _encoded(url: QUrl) -> str:
    return url.toString(QUrl.ComponentFormattingOption.FullyEncoded)


def _local_path(url: QUrl) -> Path | None:
    if not url.isLocalFile():
        return mounted_path(url)
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
