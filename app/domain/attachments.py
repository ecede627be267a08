"""Images that belong to a chat, and which files count as images."""

from dataclasses import dataclass

IMAGE_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm", ".jp2", ".mpo", ".apng",
)  # fmt: skip
"""Suffixes offered in the open dialogue. A dropped file is judged by its content, never by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An image kept by the attachment store.

    `digest` is the lower-case hex sha256 of the original file's bytes and names the stored file. `width` and `height`
    are in pixels, after the EXIF orientation has been applied. `frames` is 1 except for multi-page or animated files.
    """

    digest: str
    name: str
    media_type: str
    width: int
    height: int
    byte_size: int
    frames: int = 1
