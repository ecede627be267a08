"""The only road to the database: one thread, one order, results on the GUI thread."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.domain.errors import Problem, problem_of
from app.domain.ports import ConversationStore
from app.services.background import BackgroundThread

T = TypeVar("T")


class StoreThread(QObject):
    """Runs work on the conversation store. `problem_met` carries a Problem that nobody else has asked for."""

    problem_met = Signal(object)

    def __init__(self, open_store: Callable[[], ConversationStore], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_store = open_store
        self._thread = BackgroundThread("store", self)
        self._store: ConversationStore | None = None  # Touched on the thread only.

    def run(
        self,
        work: Callable[[ConversationStore], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[Problem], None] | None = None,
    ) -> None:
        """Do `work` with the store, then call `done` or `failed` on the GUI thread.

        A store that could not be opened is tried again by the next work: a disk may have been freed meanwhile.
        """

        def on_failed(error: Exception) -> None:
            (failed or self.problem_met.emit)(problem_of(error))

        self._thread.submit(lambda: work(self._opened()), done or _ignore, on_failed)

    def close(self) -> None:
        """Finish what has been asked for, close the store and end the thread."""
        self._thread.submit(self._close_store, _ignore, _ignore)
        self._thread.close()

    def _opened(self) -> ConversationStore:
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def _ignore(_outcome: object) -> None:
    """Nobody waits for this."""
