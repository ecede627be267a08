"""The original bytes of every image, named by their sha256, with a thumbnail beside each.

Layout: `<folder>/ab/<digest>` and `<folder>/ab/<digest>.png`, where `ab` are the digest's first two digits. Files
appear under their names only when they are complete and on the disk.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from app.domain.attachments import Attachment
from app.domain.errors import ImageError
from app.storage.atomic import replacing, storage_error

CHUNK_BYTES = 1024 * 1024
GRACE_SECONDS = 24 * 60 * 60
"""Files younger than this are never collected: their message may not have been saved yet."""


class FileAttachmentStore:
    """Implements domain.ports.AttachmentStore. May be used from several threads."""

    def __init__(self, folder: Path, incoming: Path) -> None:
        self._folder = folder
        self._incoming = incoming

    def path(self, attachment: Attachment) -> Path:
        """Where the original bytes lie."""
        return self._path(attachment.digest)

    def thumbnail_path(self, attachment: Attachment) -> Path:
        """Where the thumbnail lies, a PNG; it may be missing."""
        return self._thumbnail(attachment.digest)

    def add(self, source: Path, digest: str) -> Path:
        """Copy `source` into the store; on return it is on disk.

        Raises StorageError, or ImageError where the bytes no longer have `digest`.
        """
        target = self._path(digest)
        if target.exists():
            return target
        with _translated_errors(), replacing(target) as partial:
            if _copy(source, partial) != digest:
                raise ImageError(
                    f"“{source.name}” changed while it was being added.",
                    kept="It was not added.",
                    todo="Drop it again once it is complete.",
                )
        return target

    def save_thumbnail(self, digest: str, png: bytes) -> None:
        """Keep a thumbnail; raises StorageError."""
        with _translated_errors(), replacing(self._thumbnail(digest)) as partial:
            partial.write_bytes(png)

    def save_incoming(self, data: bytes, name: str) -> Path:
        """Keep pasted bytes in a file until they have been added; raises StorageError."""
        target = self.new_incoming(name)
        with _translated_errors():
            target.write_bytes(data)
        return target

    def new_incoming(self, name: str) -> Path:
        """A path for a file that is going to be written and added; raises StorageError."""
        target = self._incoming / uuid4().hex / Path(name).name
        with _translated_errors():
            target.parent.mkdir(parents=True)
        return target

    def discard_incoming(self, path: Path) -> None:
        """Remove a file made by `save_incoming` or at a path from `new_incoming`, if it is there."""
        with _translated_errors():
            path.unlink(missing_ok=True)
            path.parent.rmdir()

    def collect_garbage(self, used: AbstractSet[str]) -> int:
        """Remove the files of images that nobody uses, and what a crash left half-done; return how many."""
        oldest_kept = time.time() - GRACE_SECONDS
        removed = 0
        with _translated_errors():
            for file in [*self._folder.glob("*/*"), *self._incoming.glob("*/*")]:
                digest = file.name.removesuffix(".png")
                is_unused = digest not in used or file.parent.parent == self._incoming
                if is_unused and file.stat().st_mtime < oldest_kept:
                    file.unlink(missing_ok=True)
                    removed += 1
        return removed

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _thumbnail(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.png"


def _copy(source: Path, target: Path) -> str:
    """Copy the bytes and return their sha256."""
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK_BYTES):
            digest.update(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise storage_error(error, "The image") from error
