"""Translation of SQLite's errors into plain words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.error_texts import storage_texts
from app.domain.errors import StorageError

_KNOWN = {
    sqlite3.SQLITE_FULL: storage_texts.DATABASE_DISK_FULL,
    sqlite3.SQLITE_BUSY: storage_texts.DATABASE_BUSY,
    sqlite3.SQLITE_LOCKED: storage_texts.DATABASE_BUSY,
    sqlite3.SQLITE_READONLY: storage_texts.DATABASE_READ_ONLY,
    sqlite3.SQLITE_PERM: storage_texts.DATABASE_READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: storage_texts.DATABASE_READ_ONLY,
    sqlite3.SQLITE_IOERR: storage_texts.DATABASE_DISK_FAILED,
    sqlite3.SQLITE_CORRUPT: storage_texts.DATABASE_DAMAGED,
    sqlite3.SQLITE_NOTADB: storage_texts.DATABASE_DAMAGED,
}


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn SQLite's errors that a user can act on into StorageError; the others are bugs and pass."""
    try:
        yield
    except sqlite3.Error as error:
        known = _KNOWN.get(primary_code(error))
        if known is None:
            raise
        raise StorageError(known) from error


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code (https://sqlite.org/rescode.html), the low byte of an extended code."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
