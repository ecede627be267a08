"""Images inside of text: data: URLs (RFC 2397), and HTML that consists of images."""

import base64
import binascii
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

from app.domain.error_texts import image_texts
from app.domain.errors import ImageError

MAX_MEGABYTES = 64
"""Maximum size of an image in a data: URL; larger ones belong in files."""
MAX_HTML = 4 * MAX_MEGABYTES * 1024 * 1024 // 3
"""Maximum number of characters of HTML that are looked through for images."""
_SCHEME = "data:image/"
_KIND = re.compile(r"data:image/(\w+)", re.IGNORECASE)
_UNREAD = frozenset({"script", "style", "title"})


@dataclass(frozen=True, slots=True)
class HtmlContent:
    """Whether HTML has text that is shown, and the sources of its images in their order."""

    has_text: bool
    images: tuple[str, ...]


def image_data_urls(text: str) -> tuple[str, ...]:
    """Return the data: URLs of images that `text` consists of, or none if there is anything else in it.

    Base64 may be wrapped into lines; a space or a tab belongs to a sentence.
    """
    text = text.strip()
    if not _is_image_url(text) or " " in text or "\t" in text:
        return ()
    urls: list[list[str]] = []
    for line in text.split():
        if _is_image_url(line):
            urls.append([])
        urls[-1].append(line)
    found = tuple("".join(lines) for lines in urls)
    return found if all("," in url for url in found) else ()


def image_suffix(url: str) -> str:
    """Return the suffix, with its dot, of a file for the image in a data: URL, by what the URL says that it is."""
    kind = _KIND.match(url)
    return f".{kind[1].lower()}" if kind else ""


def decode_image(url: str, name: str) -> bytes:
    """Return the bytes of the image `name` in a data: URL, whatever they are; raises ImageError."""
    header, _, payload = url.partition(",")
    if len(payload) > MAX_HTML:
        raise ImageError(image_texts.TOO_LARGE, file=name, megabytes=MAX_MEGABYTES)
    data = unquote_to_bytes(payload)
    if header.lower().endswith(";base64"):
        data = _from_base64(data)
    if not data:
        raise ImageError(image_texts.BAD_DATA_URL)
    return data


def _is_image_url(text: str) -> bool:
    return text[: len(_SCHEME)].lower() == _SCHEME


def _from_base64(data: bytes) -> bytes:
    packed = b"".join(data.split()).rstrip(b"=")
    try:
        return base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)  # Browsers do without the padding.
    except binascii.Error as error:
        raise ImageError(image_texts.BAD_DATA_URL) from error


def html_content(html: str) -> HtmlContent:
    """Return what HTML consists of; too much of it counts as text."""
    if len(html) > MAX_HTML:
        return HtmlContent(has_text=True, images=())
    scan = _Scan()
    scan.feed(html)
    scan.close()
    return HtmlContent(scan.has_text, tuple(scan.images))


class _Scan(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.has_text = False
        self.images: list[str] = []
        self._unread = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._unread = self._unread or tag
        elif tag == "img" and (source := dict(attrs).get("src")):
            self.images.append(source)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unread:
            self._unread = ""

    def handle_data(self, data: str) -> None:
        if not self._unread and data.strip():
            self.has_text = True
