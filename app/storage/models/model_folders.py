"""The models folder: complete models as downloaded or imported, and partial downloads; see `download_folders`."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from app.domain.error_texts import model_texts, storage_texts
from app.domain.errors import CheckpointError, StorageError
from app.domain.models.model_catalog import (
    LOCK_NAME,
    InstalledModel,
    ModelFile,
    is_wanted,
    listing_of,
    missing_files,
)
from app.paths import make_private_file, make_private_folder
from app.regular_files import sha256_of
from app.storage.files.atomic import os_words, storage_error
from app.storage.files.digests import FileDigest, OnBytes, take_file
from app.storage.models.download_folders import INCOMING, DownloadFolders, folder_name, remove_folder


class ModelFolders(DownloadFolders):
    """The models and downloads below one folder. Methods that access the disk raise StorageError."""

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

    def delete(self, model: InstalledModel) -> None:
        """Delete a complete model. Its lock file is deleted first, so that a half-deleted one is not listed."""
        folder = self.folder_of(model.listing)
        try:
            (folder / LOCK_NAME).unlink(missing_ok=True)
            remove_folder(folder)
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
        staging = self.root / INCOMING / f"{folder_name(model_id)}@import"
        try:
            shutil.rmtree(staging, ignore_errors=True)
            make_private_folder(staging)
            files = tuple(_copy(path, staging / path.name, on_bytes) for path in sorted(paths))
            listing = listing_of(model_id, files)
            return InstalledModel(listing=listing, folder=str(self.move_in(staging, listing)))
        except OSError as error:
            raise storage_error(error, storage_texts.MODEL) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _plain(name: str) -> str:
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-" for letter in name)
    return kept.replace("..", "-").strip("._-")[:80] or "model"


def _copy(source: Path, target: Path, on_bytes: OnBytes) -> ModelFile:
    make_private_file(target)
    with source.open("rb") as reader, target.open("wb") as writer:

        def take(content: bytes) -> None:
            writer.write(content)
            on_bytes(len(content))

        digest = sha256_of(reader, take)
        size = writer.tell()
    return ModelFile(name=source.name, size=size, sha256=digest)
