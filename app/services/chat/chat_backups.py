"""Restores chats from a backup while the window is open, and deletes backups."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from app.domain.backups import Backup
from app.domain.ports import ConversationStore
from app.services.chat.answers import Answers
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_session import ChatSession
from app.services.engines.store_thread import StoreThread


class ChatBackups(QObject):
    """Restores and deletes backups. `restored` carries the Backup whose chats are in the library by then.

    `changed` carries the existing backups after an attempt to delete one, `problem_met` a Problem.

    `opened` is called on the store's thread with the store, which has other chats then.
    """

    restored = Signal(object)
    changed = Signal(object)
    problem_met = Signal(object)

    def __init__(
        self,
        store: StoreThread,
        library: ChatLibrary,
        session: ChatSession,
        answers: Answers,
        opened: Callable[[ConversationStore], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._library = library
        self._session = session
        self._answers = answers
        self._opened = opened

    def look(self, use: Callable[[Sequence[Backup]], None]) -> None:
        """Call `use` with the existing backups, newest first."""
        self._store.run(lambda store: store.backups(), use)

    def restore(self, backup: Backup) -> None:
        """Replace the current chats with those of a backup; the current ones are saved as another backup.

        Unfinished answers are cancelled; the composer keeps its content.
        """

        def replace(store: ConversationStore) -> None:
            store.restore_backup(backup)
            self._opened(store)

        def proceed(_: None) -> None:
            self._answers.abandon()
            self._session.begin_again()
            self._store.run(replace, lambda _: self._on_restored(backup), self.problem_met.emit)

        self._session.save_draft()
        self._store.run(lambda _store: None, proceed)  # A question that is being saved starts its answer first.

    def delete(self, backup: Backup) -> None:
        """Delete a backup permanently; `changed` follows, even if that failed."""
        self._store.run(lambda store: store.delete_backup(backup), failed=self.problem_met.emit)
        self.look(self.changed.emit)

    def _on_restored(self, backup: Backup) -> None:
        self._library.reload()
        self.restored.emit(backup)
