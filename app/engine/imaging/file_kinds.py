"""What a file that is not a usable image seems to be, judged by its first bytes, in words for the user.

Signatures: the formats' own specifications, as collected in the Unix `file` database.
"""

from dataclasses import dataclass
from pathlib import Path

HEAD_BYTES = 512
"""How many of a file's first bytes `describe` wants to see."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: `noun` as in "is a PDF document", and `todo`, what to do to get an image out of it."""

    noun: str
    todo: str


_EXPORT = "Save or export it as PNG or JPEG and drop that."
_PAGES = "Export the page you need as PNG or JPEG and drop that."

PDF = FileKind("a PDF document", _PAGES)
HEIC = FileKind("an HEIC photo", _EXPORT)
"""Opened like any other image, by a decoder of its own."""
SVG = FileKind("an SVG drawing", _EXPORT)
VIDEO = FileKind("a video", "Take a screenshot of the moment you mean and drop that.")
AUDIO = FileKind("a sound file", "Drop an image instead.")
OFFICE = FileKind("an office document", _PAGES)
ARCHIVE = FileKind("an archive", "Unpack it and drop the images inside.")
METAFILE = FileKind("a Windows metafile", _EXPORT)
PROGRAM = FileKind("a program", "Drop an image instead.")
WEB_PAGE = FileKind("a web page", "Take a screenshot of it and drop that.")
TEXT = FileKind("a text file", "Paste the text into the message instead.")
UNKNOWN = FileKind("not an image that Lorgnette knows", _EXPORT)

_PREFIXES: tuple[tuple[bytes, FileKind], ...] = (
    (b"%PDF-", PDF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OFFICE),
    (b"{\\rtf", OFFICE),
    (b"PK\x03\x04", ARCHIVE),
    (b"\x1f\x8b", ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"Rar!", ARCHIVE),
    (b"\xd7\xcd\xc6\x9a", METAFILE),
    (b"\x01\x00\x00\x00", METAFILE),
    (b"\x1a\x45\xdf\xa3", VIDEO),
    (b"\x7fELF", PROGRAM),
    (b"MZ", PROGRAM),
    (b"ID3", AUDIO),
    (b"fLaC", AUDIO),
    (b"OggS", AUDIO),
)
_IMAGE_PREFIXES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"\0\0\x01\0")
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_OFFICE_PARTS = (b"word/", b"xl/", b"ppt/", b"mimetypeapplication/vnd.oasis", b"[Content_Types].xml")


def starts_as_image(head: bytes) -> bool:
    """Whether a file that starts with `head` is meant to be an image of a kind that can be opened."""
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return is_webp or head.startswith(_IMAGE_PREFIXES) or describe(head) is HEIC


def describe(head: bytes) -> FileKind:
    """The kind of file that starts with `head`, at most HEAD_BYTES of it."""
    if head[4:8] == b"ftyp":
        return HEIC if head[8:12] in _HEIF_BRANDS else VIDEO
    if head[:4] == b"RIFF" and head[8:12] in {b"AVI ", b"WAVE"}:
        return VIDEO if head[8:12] == b"AVI " else AUDIO
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            is_office = kind is ARCHIVE and any(part in head for part in _OFFICE_PARTS)
            return OFFICE if is_office else kind
    return _describe_text(head)


def kind_of(path: Path) -> FileKind:
    """The kind of file at `path`; UNKNOWN where it cannot be read."""
    try:
        with path.open("rb") as file:
            return describe(file.read(HEAD_BYTES))
    except OSError:
        return UNKNOWN


def _describe_text(head: bytes) -> FileKind:
    lowered = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in lowered:
        return SVG
    if lowered.startswith((b"<!doctype html", b"<html")):
        return WEB_PAGE
    if b"%pdf-" in lowered:
        return PDF
    if b"\0" in head:
        return UNKNOWN
    try:
        # The last character may have been cut in half.
        head[: max(0, len(head) - 3)].decode("utf-8")
    except UnicodeDecodeError:
        return UNKNOWN
    return TEXT
