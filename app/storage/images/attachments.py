"""The original bytes of every image, named by their sha256, with a thumbnail beside each.

Layout: `<folder>/ab/<digest>` and `<folder>/ab/<digest>.png`, where `ab` are the digest's first two digits. Files
appear under their names only when they are complete and on disk.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from app.domain.error_texts import storage_texts
from app.domain.errors import ImageError
from app.domain.ids import Digest
from app.domain.images.attachments import Attachment, is_digest
from app.paths import make_private_file, make_private_folder
from app.regular_files import open_regular, sha256_of
from app.storage.files.atomic import storage_error
from app.storage.files.data_folder import DataFolder
from app.storage.files.private_files import replacing_privately

STALE_SECONDS = 24 * 60 * 60
"""Age in seconds from which partial files count as left behind by a crash."""


class FileAttachmentStore:
    """Implements domain.ports.AttachmentStore. May be used from several threads."""

    is_lasting = True

    def __init__(self, folder: Path, incoming: Path, data: DataFolder) -> None:
        self._folder = folder
        self._incoming = incoming
        self._data = data

    def path(self, attachment: Attachment) -> Path:
        """Return the path of the original bytes; raises ImageError for an invalid digest."""
        return self._path(attachment.digest)

    def thumbnail_path(self, attachment: Attachment) -> Path:
        """Return the path of the thumbnail, a PNG that may be missing. Raises ImageError for an invalid digest."""
        return self._thumbnail(attachment.digest)

    def add(self, source: Path, digest: Digest) -> Path:
        """Copy `source` into the store; on return it is on disk.

        Raises StorageError, or ImageError if the bytes no longer have `digest`.
        """
        target = self._path(digest)
        with self._writing():
            if target.exists():
                target.touch()  # It may have been unused for long, and is in use again: see `unused_images`.
                return target
        with self._writing(), replacing_privately(target) as partial:
            if _copy(source, partial) != digest:
                raise ImageError(storage_texts.IMAGE_CHANGED, file=source.name)
        return target

    def save_thumbnail(self, digest: Digest, png: bytes) -> None:
        """Save a thumbnail; raises StorageError."""
        target = self._thumbnail(digest)
        with self._writing(), replacing_privately(target) as partial:
            partial.write_bytes(png)

    def save_incoming(self, data: bytes, name: str) -> Path:
        """Save pasted bytes in a file until they have been added; raises StorageError."""
        target = self.new_incoming(name)
        with self._writing():
            target.write_bytes(data)
        return target

    def new_incoming(self, name: str) -> Path:
        """Create an empty file that is to be written and added; raises StorageError."""
        target = self._incoming / uuid4().hex / Path(name).name
        with self._writing():
            make_private_folder(target.parent)
            make_private_file(target)
        return target

    def discard_incoming(self, path: Path) -> None:
        """Remove a file made by `save_incoming` or `new_incoming`, if it exists."""
        with self._writing():
            path.unlink(missing_ok=True)
            path.parent.rmdir()

    def discard_stale(self) -> None:
        """Remove incoming files that a crash left behind and that belong to no chat."""
        latest = time.time() - STALE_SECONDS
        with self._writing():
            for file in [*self._folder.glob("*/*.part"), *self._incoming.glob("*/*")]:
                with suppress(FileNotFoundError):  # An import that goes on meanwhile has renamed or removed it.
                    if file.lstat().st_mtime < latest:
                        file.unlink()
            for folder in self._incoming.glob("*"):
                with suppress(FileNotFoundError):
                    if folder.stat().st_mtime < latest and not any(folder.iterdir()):
                        folder.rmdir()

    def _path(self, digest: Digest) -> Path:
        # Digests are untrusted: they come from the image decoder process and from files.
        if not is_digest(digest):
            raise ImageError(storage_texts.IMAGE_NAME_INVALID)
        return self._folder / digest[:2] / digest

    def _thumbnail(self, digest: Digest) -> Path:
        return self._path(digest).with_suffix(".png")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._data.check()
        try:
            yield
        except OSError as error:
            raise storage_error(error, storage_texts.IMAGE) from error


def _copy(source: Path, target: Path) -> str:
    """Copy the bytes and return their sha256."""
    with open_regular(source) as reader, target.open("wb") as writer:
        digest = sha256_of(reader, writer.write)
        writer.flush()
        os.fsync(writer.fileno())
    return digest
