"""Restores chats from a backup while the window is open, and deletes backups."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.backups import Backup
from app.domain.errors import Problem
from app.domain.ports import BackupStore, ConversationStore
from app.services.chat.answers import Answers
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_session import ChatSession
from app.services.engines.store_thread import StoreAccess


class ChatBackups(QObject):
    """Restores and deletes backups. `restored` carries the Backup whose chats are in the library by then.

    `changed` carries the existing backups after an attempt to delete one, `problem_met` a Problem.

    `opened` is called on the stores' thread with the chats, which are others then.
    """

    restored = Signal(Backup)
    changed = Signal(tuple)
    problem_met = Signal(Problem)

    def __init__(
        self,
        stored: StoreAccess[BackupStore],
        chats: StoreAccess[ConversationStore],
        library: ChatLibrary,
        session: ChatSession,
        answers: Answers,
        opened: Callable[[ConversationStore], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._stored = stored
        self._chats = chats
        self._library = library
        self._session = session
        self._answers = answers
        self._opened = opened

    def look(self, use: Callable[[tuple[Backup, ...]], None]) -> None:
        """Call `use` with the existing backups, newest first."""
        self._stored.run(lambda backups: backups.available(), use)

    @Slot(Backup)
    def restore(self, backup: Backup) -> None:
        """Replace the current chats with those of a backup; the current ones are saved as another backup.

        Unfinished answers are cancelled; the composer keeps its content. A temporary chat is left first.
        """
        self._session.leave(lambda: self._restore(backup))

    def _restore(self, backup: Backup) -> None:
        def proceed(_: None) -> None:
            self._answers.abandon()
            self._session.begin_again()
            self._stored.run(
                lambda backups: backups.restore(backup), lambda _: self._on_replaced(backup), self.problem_met.emit
            )

        self._chats.run(lambda _chats: None, proceed)  # A question that is being saved starts its answer first.

    @Slot(Backup)
    def delete(self, backup: Backup) -> None:
        """Delete a backup permanently; `changed` follows, even if that failed."""
        self._stored.run(lambda backups: backups.delete(backup), failed=self.problem_met.emit)
        self.look(self.changed.emit)

    def _on_replaced(self, backup: Backup) -> None:
        self._chats.run(self._opened, lambda _: self._on_restored(backup), self.problem_met.emit)

    def _on_restored(self, backup: Backup) -> None:
        self._library.reload()
        self.restored.emit(backup)
