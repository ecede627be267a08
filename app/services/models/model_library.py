"""The models folder: listing, verifying, deleting and importing models, and the server's token."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.error_texts import model_texts
from app.domain.errors import Cancelled, Problem, problem_of
from app.domain.models.gpu_support import GPU_SUPPORT_ID, InstalledGpuSupport
from app.domain.models.model_catalog import InstalledModel, ModelListing
from app.domain.models.model_library import ModelLibraryState
from app.domain.ports import IGNORE
from app.network.cancel_token import CancelToken
from app.regular_files import size_of_file
from app.services.engines.background import BackgroundThread

T = TypeVar("T")
STEP_BYTES = 16 * 1024 * 1024
"""Bytes between two progress reports of a check or an import."""


class Folders(Protocol):
    """The storage of models; see app.storage.models.model_folders."""

    def verify(self, model: InstalledModel, on_bytes: Callable[[int], None]) -> tuple[str, ...]:
        """Return the names of files with a wrong digest."""
        ...

    def delete(self, model: InstalledModel) -> None:
        """Remove a model."""
        ...

    def discard(self, model_id: str) -> None:
        """Remove the partial files of a download."""
        ...

    def import_files(self, paths: Sequence[Path], on_bytes: Callable[[int], None]) -> InstalledModel:
        """Copy the files of a model."""
        ...


class GpuSupportFolder(Protocol):
    """The storage of the GPU support; see app.storage.models.gpu_support."""

    def delete(self, installed: InstalledGpuSupport) -> None:
        """Remove the packages."""
        ...

    def discard(self) -> None:
        """Remove the partial files of the download."""
        ...


class ModelLibrary(QObject):
    """Emits `changed(ModelLibraryState)` after `look` and changes of the folder, `worked(model_id, share)` meanwhile.

    Also emits `verified(model_id, wrong names)`, `imported(folder)`, `deleted()`, `token_saved(bool)`, which is False
    without a keyring, and `problem_met(Problem)`. All work is done in order on one thread. `folders` returns the
    storage of models, `gpu_support_folder` that of the GPU support.
    """

    changed = Signal(ModelLibraryState)
    worked = Signal(str, float)
    verified = Signal(str, tuple)
    imported = Signal(str)
    deleted = Signal()
    token_saved = Signal(bool)
    problem_met = Signal(Problem)
    _reported = Signal(str, float)

    def __init__(
        self,
        folders: Callable[[], Folders],
        gpu_support_folder: Callable[[], GpuSupportFolder],
        look: Callable[[], ModelLibraryState],
        save_token: Callable[[str], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._folders = folders
        self._gpu_support_folder = gpu_support_folder
        self._look = look
        self._save_token = save_token
        self._cancel_token = CancelToken()
        self._thread = BackgroundThread("models", self)
        self._reported.connect(self.worked)

    @Slot()
    def look(self) -> None:
        """Read the state of the folder; `changed` follows."""
        self._thread.submit(self._look, self.changed.emit, self._on_failed)

    @Slot(InstalledModel)
    def verify(self, model: InstalledModel) -> None:
        """Read a model's files and compare their digests with those of its download."""
        on_bytes = self._byte_counter(model.listing.model_id, lambda: model.listing.size)
        self._do(lambda: self._folders().verify(model, on_bytes), partial(self._on_verified, model.listing))

    def delete(self, model: InstalledModel) -> None:
        """Remove a model."""
        self._do(lambda: self._folders().delete(model), lambda _: self.deleted.emit())

    def delete_gpu_support(self, installed: InstalledGpuSupport) -> None:
        """Remove the GPU support."""
        self._do(lambda: self._gpu_support_folder().delete(installed), IGNORE)

    @Slot(str)
    def discard(self, download_id: str) -> None:
        """Remove the partial files of a download, of a model or the GPU support."""
        if download_id == GPU_SUPPORT_ID:
            self._do(lambda: self._gpu_support_folder().discard(), IGNORE)
        else:
            self._do(lambda: self._folders().discard(download_id), IGNORE)

    def import_files(self, paths: Sequence[Path]) -> None:
        """Copy the files of a model into the models folder."""
        on_bytes = self._byte_counter("", lambda: sum(size_of_file(path) or 0 for path in paths))
        self._do(lambda: self._folders().import_files(paths, on_bytes), self._on_imported)

    @Slot(str)
    def save_token(self, token: str) -> None:
        """Save the token of the server that models are downloaded from."""
        self._thread.submit(partial(self._save_token, token), self.token_saved.emit, self._on_failed)
        self.look()

    def close(self) -> None:
        """Stop and end the thread."""
        self._cancel_token.set()
        self._thread.close()

    def _do(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._thread.submit(work, done, self._on_failed)
        self.look()

    def _byte_counter(self, model_id: str, all_bytes: Callable[[], int]) -> Callable[[int], None]:
        """Return a function that reports progress; it asks `all_bytes` on the thread, since that may look at files."""
        self._cancel_token = cancel_token = CancelToken()
        total, done, reported = -1, 0, 0

        def on_bytes(count: int) -> None:
            nonlocal total, done, reported
            cancel_token.check()
            if total < 0:
                total = all_bytes()
            done += count
            if done - reported >= STEP_BYTES or done == total:
                reported = done
                self._reported.emit(model_id, done / max(total, 1))

        return on_bytes

    def _on_verified(self, listing: ModelListing, wrong: tuple[str, ...]) -> None:
        self.verified.emit(listing.model_id, wrong)
        if wrong:
            self.problem_met.emit(_wrong_files(wrong))

    def _on_imported(self, model: InstalledModel) -> None:
        self.imported.emit(model.folder)

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            self.problem_met.emit(problem_of(error))


def _wrong_files(wrong: tuple[str, ...]) -> Problem:
    if len(wrong) == 1:
        return model_texts.ONE_CHECKSUM_WRONG.problem(file=wrong[0][:200])
    return model_texts.CHECKSUMS_WRONG.problem(count=len(wrong), files=", ".join(wrong)[:200])
