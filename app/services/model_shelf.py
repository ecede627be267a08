"""The models folder: what is in it, checking and removing models, bringing in files, the server's token."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.errors import Cancelled, Problem, ProblemKind, problem_of
from app.domain.model_catalog import InstalledModel, ModelListing
from app.domain.model_shelf import ShelfState
from app.network.halt import Halt
from app.services.background import BackgroundThread

T = TypeVar("T")
STEP_BYTES = 16 * 1024 * 1024
"""Between two reports of how far a check or an import is."""


class Folders(Protocol):
    """What keeps models; see app.storage.model_folders."""

    def verify(self, model: InstalledModel, passed: Callable[[int], None]) -> tuple[str, ...]:
        """The names of files that are not what they should be."""
        ...

    def delete(self, model: InstalledModel) -> None:
        """Remove a model."""
        ...

    def discard(self, model_id: str) -> None:
        """Remove what has come of a download."""
        ...

    def import_files(self, paths: Sequence[Path], passed: Callable[[int], None]) -> InstalledModel:
        """Copy the files of a model."""
        ...


class ModelShelf(QObject):
    """`changed(ShelfState)` after `look` and all that changes the folder; `worked(model_id, share)` while it takes.

    `verified(model_id, wrong names)`, `imported(folder)`, `token_kept(bool)`, which is false where there is no keyring,
    `problem_met(Problem)`. Everything happens in order on one thread. `folders` gives what keeps a model of this name.
    """

    changed = Signal(object)
    worked = Signal(str, float)
    verified = Signal(str, object)
    imported = Signal(str)
    token_kept = Signal(bool)
    problem_met = Signal(object)
    _reported = Signal(str, float)

    def __init__(
        self,
        folders: Callable[[str], Folders],
        look: Callable[[], ShelfState],
        keep_token: Callable[[str], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._folders = folders
        self._look = look
        self._keep_token = keep_token
        self._halt = Halt()
        self._thread = BackgroundThread("models", self)
        self._reported.connect(self.worked)

    @Slot()
    def look(self) -> None:
        """See what is there."""
        self._thread.submit(self._look, self.changed.emit, self._on_failed)

    def verify(self, model: InstalledModel) -> None:
        """Read a model's files and compare their digests with those of its download."""
        passed = self._passed(model.listing.model_id, model.listing.size)
        self._do(
            model.listing.model_id,
            lambda folders: folders.verify(model, passed),
            partial(self._on_verified, model.listing),
        )

    def delete(self, model: InstalledModel) -> None:
        """Remove a model."""
        self._do(model.listing.model_id, lambda folders: folders.delete(model), lambda _: None)

    def discard(self, model_id: str) -> None:
        """Remove what has come of a download."""
        self._do(model_id, lambda folders: folders.discard(model_id), lambda _: None)

    def import_files(self, paths: Sequence[Path]) -> None:
        """Copy the files of a model into the models folder."""
        total = sum(path.stat().st_size for path in paths if path.exists())
        passed = self._passed("", total)
        self._do("", lambda folders: folders.import_files(paths, passed), self._on_imported)

    def keep_token(self, token: str) -> None:
        """Keep the token of the server that models come from."""
        self._thread.submit(partial(self._keep_token, token), self.token_kept.emit, self._on_failed)
        self.look()

    def close(self) -> None:
        """Stop and end the thread."""
        self._halt.set()
        self._thread.close()

    def _do(self, model_id: str, work: Callable[[Folders], T], done: Callable[[T], None]) -> None:
        self._thread.submit(lambda: work(self._folders(model_id)), done, self._on_failed)
        self.look()

    def _passed(self, model_id: str, total: int) -> Callable[[int], None]:
        self._halt = halt = Halt()
        done, told = 0, 0

        def passed(count: int) -> None:
            nonlocal done, told
            halt.check()
            done += count
            if done - told >= STEP_BYTES or done == total:
                told = done
                self._reported.emit(model_id, done / max(total, 1))

        return passed

    def _on_verified(self, listing: ModelListing, wrong: tuple[str, ...]) -> None:
        self.verified.emit(listing.model_id, wrong)
        if wrong:
            self.problem_met.emit(
                Problem(
                    ProblemKind.CHECKPOINT,
                    f"{len(wrong)} of the model's files are not what was downloaded: {', '.join(wrong)[:200]}.",
                    todo="Delete the model and download it again.",
                )
            )

    def _on_imported(self, model: InstalledModel) -> None:
        self.imported.emit(model.folder)

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            self.problem_met.emit(problem_of(error))
