"""Folders with complete downloads, and with partial ones.

    <owner>--<name>/<commit>/             a complete download, with a lock file that has each file's digest
    incoming/<owner>--<name>.json         the listing with which a download was begun
    incoming/<owner>--<name>@<commit>/    its complete and verified files
    incoming/<digest>.part                the file being downloaded, and beside it its ETag

A download gets its folder by one rename, once all its files are verified. A file is renamed into the folder of complete
ones only after its digest was verified.
"""

import errno
import shutil
import time
from abc import ABC, abstractmethod
from pathlib import Path

import msgspec

from app.domain.error_texts import storage_texts
from app.domain.models.model_catalog import LOCK_NAME, ModelFile, ModelListing, is_model_id
from app.paths import make_private_folder
from app.regular_files import size_of_file
from app.storage.files.atomic import storage_error
from app.storage.files.private_files import write_privately

INCOMING = "incoming"
MAX_LOCK_BYTES = 1024 * 1024
MAX_SECONDS_TO_END = 15.0


class DownloadFolders(ABC):
    """The downloads below one folder. Methods that access the disk raise StorageError."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @staticmethod
    @abstractmethod
    def takes(name: str) -> bool:
        """Return whether a file of this name belongs here."""

    def folder_of(self, listing: ModelListing) -> Path:
        """Return the folder of a download once it is complete."""
        return self.root / folder_name(listing.model_id) / listing.commit

    def pinned(self, model_id: str) -> ModelListing | None:
        """Return the listing with which a download was begun, or None."""
        listing = self.read_listing(self._pin(model_id))
        return listing if listing and listing.model_id == model_id else None

    def pending(self, model_id: str) -> tuple[int, int] | None:
        """Return the received and the total bytes if a download was begun, or None."""
        listing = self.pinned(model_id)
        return (self.bytes_there(listing), listing.size) if listing else None

    def pin(self, listing: ModelListing) -> None:
        """Begin a download, and fix its files to those of `listing`."""
        try:
            write_privately(self._pin(listing.model_id), msgspec.json.encode(listing))
            make_private_folder(self._complete(listing))
        except OSError as error:
            raise storage_error(error, storage_texts.MODELS_FOLDER) from error

    def partial_file(self, file: ModelFile) -> Path:
        """Return the path of a file's partial download."""
        return self.root / INCOMING / f"{file.digest}.part"

    def partial_bytes(self, file: ModelFile) -> int:
        """Return the number of bytes received of a file."""
        return size_of_file(self.partial_file(file)) or 0

    def is_complete(self, listing: ModelListing, file: ModelFile) -> bool:
        """Return whether the file is downloaded and verified."""
        return size_of_file(self._complete(listing) / file.name) == file.size

    def bytes_there(self, listing: ModelListing) -> int:
        """Return the number of bytes received of a download."""
        return sum(
            file.size if self.is_complete(listing, file) else min(self.partial_bytes(file), file.size)
            for file in listing.files
        )

    def complete(self, listing: ModelListing, file: ModelFile) -> None:
        """Give a verified partial file its final name."""
        try:
            self.partial_file(file).replace(self._complete(listing) / file.name)
        except OSError as error:
            raise storage_error(error, storage_texts.MODELS_FOLDER) from error

    def finish(self, listing: ModelListing) -> Path:
        """Move files that are all complete into their folder, and return that."""
        return self.move_in(self._complete(listing), listing)

    def discard(self, model_id: str) -> None:
        """Discard the partial files of a download."""
        listing = self.pinned(model_id)
        if listing is None:
            return
        try:
            for file in listing.files:
                self.partial_file(file).unlink(missing_ok=True)
                self.partial_file(file).with_suffix(".etag").unlink(missing_ok=True)
            shutil.rmtree(self._complete(listing), ignore_errors=True)
            self._pin(model_id).unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, storage_texts.MODELS_FOLDER) from error

    @classmethod
    def read_listing(cls, path: Path) -> ModelListing | None:
        """Read a listing that this module has written; None if it is missing or invalid."""
        try:
            if path.stat().st_size > MAX_LOCK_BYTES:
                return None
            listing = msgspec.json.decode(path.read_bytes(), type=ModelListing)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None
        names = all(cls.takes(file.name) for file in listing.files)
        digests = all(_is_hex(file.digest) for file in listing.files)
        return listing if is_model_id(listing.model_id) and _is_hex(listing.commit) and names and digests else None

    def move_in(self, staging: Path, listing: ModelListing) -> Path:
        """Move complete files into their folder with a lock file, and return that."""
        folder_of = self.folder_of(listing)
        try:
            write_privately(staging / LOCK_NAME, msgspec.json.format(msgspec.json.encode(listing), indent=2))
            make_private_folder(folder_of.parent)
            try:
                staging.rename(folder_of)
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.EACCES} or not folder_of.exists():
                    raise
                remove_folder(folder_of)  # Damaged files that was downloaded again.
                staging.rename(folder_of)
            self._pin(listing.model_id).unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, storage_texts.MODEL) from error
        return folder_of

    def _pin(self, model_id: str) -> Path:
        return self.root / INCOMING / f"{folder_name(model_id)}.json"

    def _complete(self, listing: ModelListing) -> Path:
        return self.root / INCOMING / f"{folder_name(listing.model_id)}@{listing.commit}"


def remove_folder(folder: Path) -> None:
    """Remove a folder; retries on Windows while a process that is about to end still maps its files."""
    deadline = time.monotonic() + MAX_SECONDS_TO_END
    while True:
        try:
            shutil.rmtree(folder)
        except PermissionError as error:
            if not getattr(error, "winerror", None) or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def folder_name(model_id: str) -> str:
    """Return the name of a folder for "owner/name"."""
    return model_id.replace("/", "--")


def _is_hex(text: str) -> bool:
    return bool(text) and not set(text) - set("0123456789abcdef")
