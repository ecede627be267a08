"""The stores of one SQLite database. They may be used only on the thread that opened them."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Self

from app.domain.errors import Problem, StorageError
from app.storage.chat.conversations import SqliteConversationStore, prepare_chats
from app.storage.chat.temporary_chats import TemporaryChats
from app.storage.database.backup_store import SqliteBackupStore
from app.storage.database.shared_database import SharedDatabase
from app.storage.documents.ocr_results import SqliteOcrResultStore
from app.storage.files.data_folder import DataFolder


class SqliteStores:
    """Implements domain.ports.Stores."""

    def __init__(self, path: Path, attachments: Path, folder: DataFolder) -> None:
        self._database = SharedDatabase(path, attachments, folder, prepare_chats)
        self._saved_chats = SqliteConversationStore(self._database)
        self.chats = TemporaryChats(self._saved_chats)
        self.pages = SqliteOcrResultStore(self._database)
        self.backups = SqliteBackupStore(self._database)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the database at `path`; the images are in "attachments" beside it. Raises StorageError.

        Answers that were streaming when it was last used are marked as interrupted; chats deleted then are purged.
        """
        return cls(path, path.with_name("attachments"), DataFolder(path.parent))

    @property
    def problem(self) -> Problem | None:
        """The problem with the file to report to the user, if any."""
        return self._database.problem

    def close(self) -> None:
        """Purge deleted chats, make today's backup and close the database."""
        # A backup that fails, on a full disk for example, is made at the next close; nothing is lost.
        try:
            with suppress(StorageError, OSError, sqlite3.Error):
                self._saved_chats.purge()
                self.backups.make_todays()
        finally:
            self._database.close()
