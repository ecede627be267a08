"""The images of a temporary chat: nothing of them is ever in the data folder.

Where the system has files in memory they are such files; elsewhere they are in a folder for temporary files, which is
removed when the chat is left, or by the next start after a kill.
"""

from contextlib import ExitStack, suppress
from pathlib import Path
from threading import RLock
from typing import BinaryIO
from uuid import uuid4

from app import memory_files
from app.domain.error_texts import storage_texts
from app.domain.errors import ImageError
from app.domain.ids import Digest
from app.domain.images.attachments import Attachment, is_digest
from app.regular_files import open_regular, sha256_of
from app.storage.files.atomic import storage_error
from app.storage.files.scratch import scratch_folder
from app.storage.images.attachments import FileAttachmentStore


class TemporaryImages:
    """Implements domain.ports.AttachmentStore: an image that it does not have is that of `lasting`.

    May be used from several threads. Its files are never named by a digest: what is read on them is not saved.
    """

    is_lasting = False

    def __init__(self, lasting: FileAttachmentStore) -> None:
        self.lasting = lasting
        self._images: dict[Digest, Path] = {}
        self._thumbnails: dict[Digest, Path] = {}
        self._files: set[Path] = set()
        self._lock = RLock()
        self._scratch = ExitStack()
        self._folder: Path | None = None

    def path(self, attachment: Attachment) -> Path:
        """Return the path of the original bytes; raises ImageError for an invalid digest."""
        return self._images.get(attachment.digest) or self.lasting.path(attachment)

    def thumbnail_path(self, attachment: Attachment) -> Path:
        """Return the path of the thumbnail, a PNG that may be missing. Raises ImageError for an invalid digest."""
        return self._thumbnails.get(attachment.digest) or self.lasting.thumbnail_path(attachment)

    @property
    def is_empty(self) -> bool:
        """True if there are no images, or all of them were kept."""
        return not self._images

    def has(self, attachment: Attachment) -> bool:
        """Return whether an image is one of a temporary chat."""
        return attachment.digest in self._images

    def add(self, source: Path, digest: Digest) -> Path:
        """Copy `source`. Raises StorageError, or ImageError if the bytes no longer have `digest`."""
        if not is_digest(digest):
            raise ImageError(storage_texts.IMAGE_NAME_INVALID)
        with self._lock:
            if digest not in self._images:
                target = self.new_incoming("image")
                try:
                    _copy(source, target, digest)
                except BaseException:
                    self.discard_incoming(target)
                    raise
                self._images[digest] = target
            return self._images[digest]

    def save_thumbnail(self, digest: Digest, png: bytes) -> None:
        """Save a thumbnail; raises StorageError."""
        with self._lock:
            if digest not in self._thumbnails:
                self._thumbnails[digest] = self.save_incoming(png, "thumbnail.png")

    def save_incoming(self, data: bytes, name: str) -> Path:
        """Save pasted bytes until they have been added; raises StorageError."""
        target = self.new_incoming(name)
        try:
            with _open_to_write(target) as file:
                file.write(data)
        except OSError as error:
            raise storage_error(error, storage_texts.IMAGE) from error
        return target

    def new_incoming(self, name: str) -> Path:
        """Create an empty file that is to be written and added; raises StorageError."""
        with self._lock:
            try:
                path = memory_files.make(name) if memory_files.ARE_SUPPORTED else self._new_scratch(name)
            except OSError as error:
                raise storage_error(error, storage_texts.IMAGE) from error
            self._files.add(path)
            return path

    def discard_incoming(self, path: Path) -> None:
        """Erase a file made by `save_incoming` or `new_incoming`."""
        with self._lock:
            self._files.discard(path)
            _remove(path)

    def keep(self) -> None:
        """Copy all images to `lasting`, where they are found from now on. Raises StorageError, ImageError.

        The files here stay until `clear`, for whoever was given their paths.
        """
        with self._lock:
            for digest, path in self._images.items():
                self.lasting.add(path, digest)
            for digest, path in self._thumbnails.items():
                with open_regular(path) as file:
                    self.lasting.save_thumbnail(digest, file.read())
            self._images.clear()
            self._thumbnails.clear()

    def clear(self) -> None:
        """Erase all files."""
        with self._lock:
            self._images.clear()
            self._thumbnails.clear()
            for path in self._files:
                _remove(path)
            self._files.clear()
            self._scratch.close()
            self._folder = None

    def _new_scratch(self, name: str) -> Path:
        if self._folder is None:
            self._folder = self._scratch.enter_context(scratch_folder())
        path = self._folder / uuid4().hex / Path(name).name
        path.parent.mkdir(mode=0o700)
        path.touch(0o600)
        return path


def _open_to_write(path: Path) -> BinaryIO:
    return memory_files.open_file(path) if memory_files.is_here(path) else path.open("wb")


def _copy(source: Path, target: Path, digest: Digest) -> None:
    """Copy a file. Raises ImageError unless its bytes have `digest`, and StorageError."""
    try:
        with open_regular(source) as reader, _open_to_write(target) as writer:
            if sha256_of(reader, writer.write) != digest:
                raise ImageError(storage_texts.IMAGE_CHANGED, file=source.name)
    except OSError as error:
        raise storage_error(error, storage_texts.IMAGE) from error


def _remove(path: Path) -> None:
    if memory_files.is_here(path):
        memory_files.remove(path)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
