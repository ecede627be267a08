"""An open database that several stores share. It may be used only on the thread that opened it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.storage.database.database import REPLACED, Prepare, open_database, set_aside
from app.storage.database.sqlite_errors import translated_errors
from app.storage.files.data_folder import DataFolder


class SharedDatabase:
    """Opens the database at `path`, and again after it was replaced. Raises StorageError.

    `problem` is the problem with the file to report to the user, if any.
    """

    def __init__(self, path: Path, attachments: Path, folder: DataFolder, prepare: Prepare) -> None:
        folder.check()
        self.path = path
        self._attachments = attachments
        self._folder = folder
        self._prepare = prepare
        self.connection, self.problem = open_database(path, attachments, prepare)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection to statements that change nothing."""
        with translated_errors():
            yield self.connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection to statements that take effect together; on return they are on disk."""
        self.check_folder()
        with translated_errors():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self._roll_back()
                raise
            try:
                self.connection.execute("COMMIT")
            except sqlite3.Error:
                self._roll_back()
                raise

    def check_folder(self) -> None:
        """Raise StorageError if the folder of the data is no longer the one in which the database was opened."""
        self._folder.check()

    def replace(self, copy: Path) -> None:
        """Put `copy` in the database's place; the present one is kept under another name."""
        self.connection.close()
        try:
            set_aside(self.path, REPLACED)
            copy.replace(self.path)
        finally:
            self.connection, self.problem = open_database(self.path, self._attachments, self._prepare)

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def _roll_back(self) -> None:
        # SQLite rolls back by itself after some errors, such as a full disk.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
