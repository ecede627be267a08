"""Images that belong to a chat, and the suffixes of image files."""

from dataclasses import dataclass

from app.domain.ids import Digest

IMAGE_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm", ".jp2", ".mpo", ".apng",
    ".heic", ".heif", ".hif",
)  # fmt: skip
"""Suffixes offered in the open dialog. A dropped file is judged by its content, never by its name."""
DOCUMENT_SUFFIXES = (".pdf",)
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCrop:
    """A rectangle of the image `name` with `digest`, in pixels of the upright image; `right`, `bottom` are exclusive.

    The crop was rotated clockwise by `turns` quarter turns, as it was viewed.
    """

    digest: Digest
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
    """An image in the attachment store.

    `digest` is the lower-case hex sha256 of the original file's bytes and names the stored file. `width` and `height`
    are in pixels, after the EXIF orientation has been applied. `frames` is 1 except for multi-page or animated files. A
    video has its length in `seconds`. `part_of` is the crop that it is of another image, if any. `pixel_budget` is the
    maximum number of its pixels that the model sees; None for the setting for all images.
    """

    digest: Digest
    name: str
    media_type: str
    width: int
    height: int
    byte_size: int
    frames: int = 1
    seconds: float = 0.0
    part_of: ImageCrop | None = None
    pixel_budget: int | None = None

    @property
    def is_video(self) -> bool:
        """True if it is a video, of which the model sees sampled frames."""
        return self.media_type.startswith("video/")


def is_digest(text: str) -> bool:
    """Return whether `text` is a lower-case hex sha256: anything else in a path could lead anywhere."""
    return len(text) == 64 and not set(text) - set("0123456789abcdef")


def is_sound(attachment: Attachment) -> bool:
    """Return whether an attachment that was read from a file has values that are possible."""
    part = attachment.part_of
    return (
        is_digest(attachment.digest)
        and min(attachment.width, attachment.height, attachment.frames) > 0
        and attachment.byte_size >= 0
        and (attachment.pixel_budget is None or attachment.pixel_budget > 0)
        and (part is None or (is_digest(part.digest) and part.left < part.right and part.top < part.bottom))
    )
