"""The models folder: complete models, and partial downloads.

    <owner>--<name>/<commit>/             a complete model, with a lock file that has each file's digest
    incoming/<owner>--<name>.json         the listing with which a download was begun
    incoming/<owner>--<name>@<commit>/    its complete and verified files
    incoming/<digest>.part                the file being downloaded, and beside it its ETag

A model gets its folder by one rename, once all its files are verified. A file is renamed into the folder of complete
ones only after its digest was verified.
"""

import errno
import hashlib
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from app.domain.error_texts import model_texts, storage_texts
from app.domain.errors import CheckpointError, StorageError
from app.domain.models.model_catalog import (
    LOCK_NAME,
    InstalledModel,
    ModelFile,
    ModelListing,
    is_model_id,
    is_wanted,
    listing_of,
    missing_files,
)
from app.paths import make_private_file, make_private_folder
from app.storage.files.atomic import os_words, storage_error
from app.storage.files.digests import FileDigest, take_file
from app.storage.files.private_files import write_privately

INCOMING = "incoming"
MAX_LOCK_BYTES = 1024 * 1024
MAX_SECONDS_TO_END = 15.0
OnBytes = Callable[[int], None]
"""Callback with the number of bytes processed since the last call; may raise Cancelled."""


class ModelFolders:
    """The models and downloads below one folder. Methods that access the disk raise StorageError."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @staticmethod
    def takes(name: str) -> bool:
        """Return whether a file of this name belongs here."""
        return is_wanted(name)

    def installed(self) -> tuple[InstalledModel, ...]:
        """Return the complete models, sorted by name."""
        found = []
        for lock in sorted(self.root.glob(f"*--*/*/{LOCK_NAME}")):
            listing = self.read_listing(lock)
            if listing and lock.parent == self.folder_of(listing):
                found.append(InstalledModel(listing=listing, folder=str(lock.parent)))
        return tuple(found)

    def folder_of(self, listing: ModelListing) -> Path:
        """Return the folder of the model once it is complete."""
        return self.root / _folder_name(listing.model_id) / listing.commit

    def pinned(self, model_id: str) -> ModelListing | None:
        """Return the listing with which a download of this model was begun, or None."""
        listing = self.read_listing(self._pin(model_id))
        return listing if listing and listing.model_id == model_id else None

    def pending(self, model_id: str) -> tuple[int, int] | None:
        """Return the received and the total bytes if a download of this model was begun, or None."""
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
        try:
            return self.partial_file(file).stat().st_size
        except OSError:
            return 0

    def is_complete(self, listing: ModelListing, file: ModelFile) -> bool:
        """Return whether the file is downloaded and verified."""
        path = self._complete(listing) / file.name
        return path.is_file() and path.stat().st_size == file.size

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
        """Move a model whose files are all complete into its folder, and return that."""
        return self._move_in(self._complete(listing), listing)

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

    def delete(self, model: InstalledModel) -> None:
        """Delete a complete model. Its lock file is deleted first, so that a half-deleted one is not listed."""
        folder = self.folder_of(model.listing)
        try:
            (folder / LOCK_NAME).unlink(missing_ok=True)
            _remove(folder)
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()
        except OSError as error:
            raise storage_error(error, storage_texts.MODELS_FOLDER) from error

    def verify(self, model: InstalledModel, on_bytes: OnBytes) -> tuple[str, ...]:
        """Read all files, and return the names of those that do not match the lock file."""
        wrong = []
        for file in model.listing.files:
            digest = FileDigest(file)
            try:
                take_file(Path(model.folder) / file.name, digest.update, on_bytes)
            except FileNotFoundError:
                wrong.append(file.name)
                continue
            except OSError as error:
                raise StorageError(model_texts.FILE_NOT_READABLE, file=file.name, reason=os_words(error)) from error
            if not digest.matches:
                wrong.append(file.name)
        return tuple(wrong)

    def import_files(self, paths: Sequence[Path], on_bytes: OnBytes) -> InstalledModel:
        """Copy the files of a model into this folder; the originals stay.

        Raises CheckpointError if files of the model are missing, or a name is not one of a model's file.
        """
        names = [path.name for path in paths]
        if odd := [name for name in names if not is_wanted(name)]:
            raise CheckpointError(model_texts.NO_MODEL_FILE, file=odd[0][:80])
        if missing := missing_files(names):
            raise CheckpointError(model_texts.FILES_MISSING, files=", ".join(missing))
        model_id = f"imported/{_plain(paths[0].parent.name)}"
        staging = self.root / INCOMING / f"{_folder_name(model_id)}@import"
        try:
            shutil.rmtree(staging, ignore_errors=True)
            make_private_folder(staging)
            files = tuple(_copy(path, staging / path.name, on_bytes) for path in sorted(paths))
            listing = listing_of(model_id, files)
            return InstalledModel(listing=listing, folder=str(self._move_in(staging, listing)))
        except OSError as error:
            raise storage_error(error, storage_texts.MODEL) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)

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

    def _move_in(self, staging: Path, listing: ModelListing) -> Path:
        folder_of = self.folder_of(listing)
        try:
            write_privately(staging / LOCK_NAME, msgspec.json.format(msgspec.json.encode(listing), indent=2))
            make_private_folder(folder_of.parent)
            try:
                staging.rename(folder_of)
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.EACCES} or not folder_of.exists():
                    raise
                _remove(folder_of)  # The damaged model that was downloaded again.
                staging.rename(folder_of)
            self._pin(listing.model_id).unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, storage_texts.MODEL) from error
        return folder_of

    def _pin(self, model_id: str) -> Path:
        return self.root / INCOMING / f"{_folder_name(model_id)}.json"

    def _complete(self, listing: ModelListing) -> Path:
        return self.root / INCOMING / f"{_folder_name(listing.model_id)}@{listing.commit}"


def _remove(folder: Path) -> None:
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


def _folder_name(model_id: str) -> str:
    return model_id.replace("/", "--")


def _plain(name: str) -> str:
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in name)
    return kept.replace("..", "-").strip("._-")[:80] or "model"


def _is_hex(text: str) -> bool:
    return bool(text) and not set(text) - set("0123456789abcdef")


def _copy(source: Path, target: Path, on_bytes: OnBytes) -> ModelFile:
    digest = hashlib.sha256()
    make_private_file(target)
    with target.open("wb") as file:

        def take(content: bytes) -> None:
            digest.update(content)
            file.write(content)

        take_file(source, take, on_bytes)
        size = file.tell()
    return ModelFile(name=source.name, size=size, sha256=digest.hexdigest())
