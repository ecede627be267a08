"""Images that belong to a chat, and which files count as images."""

from dataclasses import dataclass

IMAGE_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm", ".jp2", ".mpo", ".apng",
    ".heic", ".heif", ".hif",
)  # fmt: skip
"""Suffixes offered in the open dialogue. A dropped file is judged by its content, never by its name."""
DOCUMENT_SUFFIXES = (".pdf",)
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart:
    """A rectangle of the image `name` with `digest`, in pixels of the upright image; `right` and `bottom` are outside.

    What was cut out was turned clockwise by so many quarter `turns`, as it was looked at.
    """

    digest: str
    name: str
    left: int
    top: int
    right: int
    bottom: int
    turns: int = 0


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A page of a document, counted from 0."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """An image kept by the attachment store.

    `digest` is the lower-case hex sha256 of the original file's bytes and names the stored file. `width` and `height`
    are in pixels, after the EXIF orientation has been applied. `frames` is 1 except for multi-page or animated files. A
    film has its length in `seconds`. `part_of` says what it was cut out of, if it was. `pixel_budget` is the most
    pixels of it that the model sees; None for what is set for all images.
    """

    digest: str
    name: str
    media_type: str
    width: int
    height: int
    byte_size: int
    frames: int = 1
    seconds: float = 0.0
    part_of: ImagePart | None = None
    pixel_budget: int | None = None

    @property
    def is_video(self) -> bool:
        """Whether it is a film, of which the model sees some frames."""
        return self.media_type.startswith("video/")
