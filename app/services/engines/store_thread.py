"""The only access to the database: one thread, in order, with results on the GUI thread."""

from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.error_texts import storage_texts
from app.domain.errors import Problem, StorageError, problem_of
from app.domain.ports import IGNORE, BackupStore, ConversationStore, OcrResultStore, Stores
from app.services.engines.background import BackgroundThread

S = TypeVar("S")
T = TypeVar("T")
Write = Callable[[Stores], None]
RETRY_MILLISECONDS = 3000
"""Interval between two attempts to save data that could not be saved."""


class StoreThread(QObject):
    """Runs work on the stores; `chats`, `pages` and `backups` run it on one of them each.

    `problem_met` carries a Problem that no caller handles, `problem_solved` one that is over: all unsaved data has been
    saved. A repeated problem is reported once.
    """

    problem_met = Signal(Problem)
    problem_solved = Signal(Problem)

    def __init__(self, open_stores: Callable[[], Stores], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.chats: StoreAccess[ConversationStore] = StoreAccess(self, lambda stores: stores.chats)
        self.pages: StoreAccess[OcrResultStore] = StoreAccess(self, lambda stores: stores.pages)
        self.backups: StoreAccess[BackupStore] = StoreAccess(self, lambda stores: stores.backups)
        self._open_stores = open_stores
        self._thread = BackgroundThread("store", self)
        self._stores: Stores | None = None  # These three are used on the thread only.
        self._unsaved: dict[tuple[str, ...], Write] = {}
        self._damaged_reported = 0
        self._reported: Problem | None = None
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.setInterval(RETRY_MILLISECONDS)
        self._retry.timeout.connect(self._retry_writes)

    def run(
        self,
        work: Callable[[Stores], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[Problem], None] | None = None,
    ) -> None:
        """Run `work` with the stores, then call `done` or `failed` on the GUI thread.

        If the stores could not be opened, the next work tries again: disk space may have been freed meanwhile.
        """

        def in_order() -> tuple[T, int, bool]:
            stores = self._opened()
            with suppress(StorageError):  # Pending writes are older than this work's.
                self._save_all(stores)
            return work(stores), self._newly_damaged(stores.chats), not self._unsaved

        def on_done(outcome: tuple[T, int, bool]) -> None:
            result, damaged, is_all_saved = outcome
            (done or IGNORE)(result)
            if damaged:
                self.problem_met.emit(_damage(damaged))
            if is_all_saved:
                self._on_saved(None)

        def on_failed(error: Exception) -> None:
            (failed or self._report)(problem_of(error))

        self._thread.submit(in_order, on_done, on_failed)

    def save(self, key: tuple[str, ...], work: Write) -> None:
        """Run `work`, which writes, and retry until it succeeds if the disk refuses.

        A later one with the same `key` replaces it. Writes stay in order: nothing overtakes a pending one.
        """

        def add_and_save() -> None:
            self._unsaved[key] = work
            self._save_all(self._opened())

        self._thread.submit(add_and_save, self._on_saved, self._on_save_failed)

    def close(self) -> None:
        """Finish all submitted work, close the stores and end the thread."""
        self._retry.stop()
        self._thread.submit(self._close_stores, IGNORE, IGNORE)
        self._thread.close()

    @Slot()
    def _retry_writes(self) -> None:
        self._thread.submit(lambda: self._save_all(self._opened()), self._on_saved, self._on_save_failed)

    def _save_all(self, stores: Stores) -> None:
        """Save pending writes, oldest first; drop one that fails for another reason than the disk: it always would."""
        while self._unsaved:
            key, work = next(iter(self._unsaved.items()))
            try:
                work(stores)
            except StorageError:
                raise
            except Exception:
                del self._unsaved[key]
                raise
            del self._unsaved[key]

    def _newly_damaged(self, chats: ConversationStore) -> int:
        count, self._damaged_reported = chats.damaged_rows - self._damaged_reported, chats.damaged_rows
        return count

    def _on_saved(self, _: None) -> None:
        if self._reported:
            self._retry.stop()
            self.problem_solved.emit(self._reported)
            self._reported = None

    def _on_save_failed(self, error: Exception) -> None:
        self._retry.start()  # After a bug, too: other writes may be pending after it.
        self._report(problem_of(error))

    def _report(self, problem: Problem) -> None:
        if problem != self._reported:
            self._reported = problem
            self.problem_met.emit(problem)

    def _opened(self) -> Stores:
        if self._stores is None:
            self._stores = self._open_stores()
        return self._stores

    def _close_stores(self) -> None:
        with suppress(StorageError):
            self._save_all(self._opened()) if self._unsaved else None
        if self._stores is not None:
            self._stores.close()
            self._stores = None


class StoreAccess(Generic[S]):
    """Runs work on one of the stores, in order with all other work of their thread."""

    def __init__(self, thread: StoreThread, select: Callable[[Stores], S]) -> None:
        self._thread = thread
        self._select = select

    def run(
        self,
        work: Callable[[S], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[Problem], None] | None = None,
    ) -> None:
        """Run `work` with the store; see `StoreThread.run`."""
        self._thread.run(lambda stores: work(self._select(stores)), done, failed)

    def save(self, key: tuple[str, ...], work: Callable[[S], None]) -> None:
        """Run `work`, which writes, until it succeeds; see `StoreThread.save`."""
        self._thread.save(key, lambda stores: work(self._select(stores)))


def _damage(rows: int) -> Problem:
    return storage_texts.ROWS_DAMAGED.problem(rows=rows) if rows > 1 else storage_texts.ONE_ROW_DAMAGED.problem()
