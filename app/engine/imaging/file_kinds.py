"""Tells kinds of files apart by their first bytes.

Signatures: the formats' own specifications, as collected in the Unix `file` database.
"""

from enum import Enum, auto
from pathlib import Path

from app.engine.process.descriptor_passing import open_to_read

HEAD_BYTES = 512
"""Number of a file's first bytes that `describe` examines."""


class FileKind(Enum):
    """A kind of file; UNKNOWN for all that are none of the others, images included."""

    PDF = auto()
    HEIC = auto()
    """Opened like any other image, by a decoder of its own."""
    AVIF = auto()
    """Its container is that of MP4 and HEIC, and the brand in it tells them apart."""
    SVG = auto()
    VIDEO = auto()
    AUDIO = auto()
    OFFICE = auto()
    ARCHIVE = auto()
    METAFILE = auto()
    PROGRAM = auto()
    WEB_PAGE = auto()
    TEXT = auto()
    UNKNOWN = auto()


_PREFIXES: tuple[tuple[bytes, FileKind], ...] = (
    (b"%PDF-", FileKind.PDF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind.OFFICE),
    (b"{\\rtf", FileKind.OFFICE),
    (b"PK\x03\x04", FileKind.ARCHIVE),
    (b"\x1f\x8b", FileKind.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", FileKind.ARCHIVE),
    (b"Rar!", FileKind.ARCHIVE),
    (b"\xd7\xcd\xc6\x9a", FileKind.METAFILE),
    (b"\x01\x00\x00\x00", FileKind.METAFILE),
    (b"\x1a\x45\xdf\xa3", FileKind.VIDEO),
    (b"\x7fELF", FileKind.PROGRAM),
    (b"MZ", FileKind.PROGRAM),
    (b"ID3", FileKind.AUDIO),
    (b"fLaC", FileKind.AUDIO),
    (b"OggS", FileKind.AUDIO),
)
_IMAGE_PREFIXES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"\0\0\x01\0")
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_OFFICE_PARTS = (b"word/", b"xl/", b"ppt/", b"mimetypeapplication/vnd.oasis", b"[Content_Types].xml")


def starts_as_image(head: bytes) -> bool:
    """Return whether a file that starts with `head` claims to be an image of a supported kind."""
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return is_webp or head.startswith(_IMAGE_PREFIXES) or describe(head) in {FileKind.HEIC, FileKind.AVIF}


def describe(head: bytes) -> FileKind:
    """Return the kind of a file that starts with `head`, of which at most HEAD_BYTES are needed."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return FileKind.HEIC if brand in _HEIF_BRANDS else FileKind.AVIF if brand in _AVIF_BRANDS else FileKind.VIDEO
    if head[:4] == b"RIFF" and head[8:12] in {b"AVI ", b"WAVE"}:
        return FileKind.VIDEO if head[8:12] == b"AVI " else FileKind.AUDIO
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            is_office = kind is FileKind.ARCHIVE and any(part in head for part in _OFFICE_PARTS)
            return FileKind.OFFICE if is_office else kind
    return _describe_text(head)


def kind_of(path: Path) -> FileKind:
    """Return the kind of the file at `path`; UNKNOWN if it cannot be read or is no regular file."""
    try:
        with open_to_read(path) as file:
            return describe(file.read(HEAD_BYTES))
    except (OSError, ValueError):
        return FileKind.UNKNOWN


def _describe_text(head: bytes) -> FileKind:
    lowered = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in lowered:
        return FileKind.SVG
    if lowered.startswith((b"<!doctype html", b"<html")):
        return FileKind.WEB_PAGE
    if b"%pdf-" in lowered:
        return FileKind.PDF
    if b"\0" in head:
        return FileKind.UNKNOWN
    try:
        # The last character may have been cut in half.
        head[: max(0, len(head) - 3)].decode("utf-8")
    except UnicodeDecodeError:
        return FileKind.UNKNOWN
    return FileKind.TEXT
