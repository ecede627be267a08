"""The models folder: models that lie whole in it, and what has come of those that are on their way.

    <owner>--<name>/<commit>/             a whole model, with a lock file that says what each file must be
    incoming/<owner>--<name>.json         the listing that a download was begun with
    incoming/<owner>--<name>@<commit>/    its files that are complete and were checked
    incoming/<digest>.part                the file that is coming, and beside it its ETag

A model gets its folder by one rename, when everything in it was checked. A file is renamed into the folder of complete
ones only after its digest was found right.
"""

import errno
import hashlib
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from app.domain.errors import CheckpointError, StorageError
from app.domain.model_catalog import (
    LOCK_NAME,
    InstalledModel,
    ModelFile,
    ModelListing,
    is_model_id,
    is_wanted,
    listing_of,
    missing_parts,
)
from app.storage.atomic import storage_error, write_whole
from app.storage.digests import FileDigest, take_file

INCOMING = "incoming"
MOST_LOCK_BYTES = 1024 * 1024
MOST_SECONDS_TO_END = 15.0
Passed = Callable[[int], None]
"""Told how many more bytes have been worked on; may raise Cancelled."""


class ModelFolders:
    """Everything below one folder. Methods that touch the disk raise StorageError."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @staticmethod
    def takes(name: str) -> bool:
        """Whether a file of this name belongs here."""
        return is_wanted(name)

    def installed(self) -> tuple[InstalledModel, ...]:
        """The models that lie whole here, by name."""
        found = []
        for lock in sorted(self.root.glob(f"*--*/*/{LOCK_NAME}")):
            listing = self.read_listing(lock)
            if listing and lock.parent == self.place(listing):
                found.append(InstalledModel(listing=listing, folder=str(lock.parent)))
        return tuple(found)

    def place(self, listing: ModelListing) -> Path:
        """Where the model lies once it is whole."""
        return self.root / _folder_name(listing.model_id) / listing.commit

    def pinned(self, model_id: str) -> ModelListing | None:
        """The listing that a download of this model was begun with."""
        listing = self.read_listing(self._pin(model_id))
        return listing if listing and listing.model_id == model_id else None

    def pending(self, model_id: str) -> tuple[int, int] | None:
        """The bytes that have come and all, where a download of this model was begun."""
        listing = self.pinned(model_id)
        return (self.bytes_there(listing), listing.size) if listing else None

    def pin(self, listing: ModelListing) -> None:
        """Begin a download: from now on it is these files and no others."""
        try:
            write_whole(self._pin(listing.model_id), msgspec.json.encode(listing))
            self._complete(listing).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, "The models folder") from error

    def part(self, file: ModelFile) -> Path:
        """What has come of a file."""
        return self.root / INCOMING / f"{file.digest}.part"

    def part_bytes(self, file: ModelFile) -> int:
        """How much of a file has come."""
        try:
            return self.part(file).stat().st_size
        except OSError:
            return 0

    def is_complete(self, listing: ModelListing, file: ModelFile) -> bool:
        """Whether the file has come and was found right."""
        path = self._complete(listing) / file.name
        return path.is_file() and path.stat().st_size == file.size

    def bytes_there(self, listing: ModelListing) -> int:
        """How much of a download has come."""
        return sum(
            file.size if self.is_complete(listing, file) else min(self.part_bytes(file), file.size)
            for file in listing.files
        )

    def complete(self, listing: ModelListing, file: ModelFile) -> None:
        """A part was found right: give it its name."""
        try:
            self._complete(listing).mkdir(parents=True, exist_ok=True)
            self.part(file).replace(self._complete(listing) / file.name)
        except OSError as error:
            raise storage_error(error, "The models folder") from error

    def finish(self, listing: ModelListing) -> Path:
        """All files are complete: give the model its folder, and return that."""
        return self._place(self._complete(listing), listing)

    def discard(self, model_id: str) -> None:
        """Throw away what has come of a download."""
        listing = self.pinned(model_id)
        if listing is None:
            return
        try:
            for file in listing.files:
                self.part(file).unlink(missing_ok=True)
                self.part(file).with_suffix(".etag").unlink(missing_ok=True)
            shutil.rmtree(self._complete(listing), ignore_errors=True)
            self._pin(model_id).unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, "The models folder") from error

    def delete(self, model: InstalledModel) -> None:
        """Remove a whole model. Its lock file goes first, so that a half deleted one is in no list."""
        folder = self.place(model.listing)
        try:
            (folder / LOCK_NAME).unlink(missing_ok=True)
            _remove(folder)
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()
        except OSError as error:
            raise storage_error(error, "The models folder") from error

    def verify(self, model: InstalledModel, passed: Passed) -> tuple[str, ...]:
        """The names of files that are not what the lock file says, read byte by byte."""
        wrong = []
        for file in model.listing.files:
            digest = FileDigest(file)
            try:
                take_file(Path(model.folder) / file.name, digest.update, passed)
            except FileNotFoundError:
                wrong.append(file.name)
                continue
            except OSError as error:
                raise StorageError(
                    f"“{file.name}” cannot be read ({error.strerror}).", todo="Check the disk."
                ) from error
            if not digest.matches:
                wrong.append(file.name)
        return tuple(wrong)

    def import_files(self, paths: Sequence[Path], passed: Passed) -> InstalledModel:
        """Copy the files of a model into this folder; the originals stay.

        Raises CheckpointError where they are not all of a model's, or one has a name that no model's file has.
        """
        names = [path.name for path in paths]
        if odd := [name for name in names if not is_wanted(name)]:
            raise CheckpointError(
                f"“{odd[0][:80]}” is not a file of a model.", kept="Nothing was imported.",
                todo="Choose its .safetensors and .json files.",
            )  # fmt: skip
        if missing := missing_parts(names):
            raise CheckpointError(
                f"These files are no whole model: {', '.join(missing)} is missing.", kept="Nothing was imported.",
                todo="Choose all files of the model together.",
            )  # fmt: skip
        model_id = f"imported/{_plain(paths[0].parent.name)}"
        staging = self.root / INCOMING / f"{_folder_name(model_id)}@import"
        try:
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(parents=True)
            files = tuple(_copy(path, staging / path.name, passed) for path in sorted(paths))
            listing = listing_of(model_id, files)
            return InstalledModel(listing=listing, folder=str(self._place(staging, listing)))
        except OSError as error:
            raise storage_error(error, "The model") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    @classmethod
    def read_listing(cls, path: Path) -> ModelListing | None:
        """A listing that this module has written; None where it is not there, or is not one any more."""
        try:
            if path.stat().st_size > MOST_LOCK_BYTES:
                return None
            listing = msgspec.json.decode(path.read_bytes(), type=ModelListing)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None
        names = all(cls.takes(file.name) for file in listing.files)
        digests = all(_is_hex(file.digest) for file in listing.files)
        return listing if is_model_id(listing.model_id) and _is_hex(listing.commit) and names and digests else None

    def _place(self, staging: Path, listing: ModelListing) -> Path:
        place = self.place(listing)
        try:
            write_whole(staging / LOCK_NAME, msgspec.json.format(msgspec.json.encode(listing), indent=2))
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                staging.rename(place)
            except OSError as error:
                if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.EACCES} or not place.exists():
                    raise
                _remove(place)  # A damaged model that is downloaded again.
                staging.rename(place)
            self._pin(listing.model_id).unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, "The model") from error
        return place

    def _pin(self, model_id: str) -> Path:
        return self.root / INCOMING / f"{_folder_name(model_id)}.json"

    def _complete(self, listing: ModelListing) -> Path:
        return self.root / INCOMING / f"{_folder_name(listing.model_id)}@{listing.commit}"


def _remove(folder: Path) -> None:
    """Remove a folder. Windows does not while a process maps its files: one that is about to end gets time for that."""
    deadline = time.monotonic() + MOST_SECONDS_TO_END
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


def _copy(source: Path, target: Path, passed: Passed) -> ModelFile:
    digest = hashlib.sha256()
    with target.open("wb") as file:

        def take(content: bytes) -> None:
            digest.update(content)
            file.write(content)

        take_file(source, take, passed)
        size = file.tell()
    return ModelFile(name=source.name, size=size, sha256=digest.hexdigest())
