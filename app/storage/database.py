"""Opens the SQLite database: migrations, damage, backups, and SQLite's errors in plain words.

The journal is a write-ahead log with synchronous=FULL: a commit is on the disk when it returns, which is the promise
that a question is kept before its answer starts.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.domain.errors import Problem, ProblemKind, StorageError

MIGRATIONS = Path(__file__).with_name("migrations")
KEPT_BACKUPS = 3

_FULL = StorageError(
    "The disk is full, so this could not be saved.",
    kept="What is on the screen is still there, and everything saved before is safe.",
    todo="Free some space, then try again.",
)
_BUSY = StorageError(
    "The chats are in use by another program, so this could not be saved.",
    kept="What is on the screen is still there.",
    todo="Close the other program, then try again.",
)
_READ_ONLY = StorageError(
    "The folder of the chats cannot be written to, so this could not be saved.",
    kept="What is on the screen is still there.",
    todo="Check the folder's permissions, then try again.",
)
_DISK = StorageError(
    "The disk reported an error, so this could not be saved.",
    kept="What is on the screen is still there.",
    todo="Check the drive, then try again.",
)
_KNOWN = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_IOERR: _DISK,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn SQLite's errors that a user can act on into StorageError; the others are bugs and pass."""
    try:
        yield
    except sqlite3.Error as error:
        known = _KNOWN.get(_primary_code(error))
        if known is None:
            raise
        problem = known.problem
        raise StorageError(problem.what, kept=problem.kept, todo=problem.todo) from error


def open_database(path: Path) -> tuple[sqlite3.Connection, Problem | None]:
    """A connection to the database at `path`, created or migrated as needed, and what the user should know about it.

    A damaged file is set aside under another name, never deleted. Raises StorageError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = _READ_ONLY.problem
        raise StorageError(problem.what, kept=problem.kept, todo=problem.todo) from error
    with translated_errors():
        try:
            return _connect(path), None
        except sqlite3.DatabaseError as error:
            if _primary_code(error) not in _DAMAGED:
                raise
            problem = _set_aside(path)
            return _connect(path), problem


def back_up(connection: sqlite3.Connection, path: Path) -> None:
    """Write today's backup beside the database at `path` unless there is one, and keep the newest KEPT_BACKUPS.

    `VACUUM INTO` reads every page, so that a backup is never made of a file that is damaged. Raises StorageError.
    """
    target = path.with_name(f"{path.stem}.backup-{datetime.now(UTC):%Y-%m-%d}.sqlite")
    if target.exists():
        return
    partial = target.with_suffix(".part")
    with translated_errors():
        partial.unlink(missing_ok=True)
        connection.execute("VACUUM INTO ?", (str(partial),))
    partial.replace(target)
    for old in sorted(path.parent.glob(f"{path.stem}.backup-*.sqlite"))[:-KEPT_BACKUPS]:
        old.unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA busy_timeout = 3000")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _migrate(connection)
        _check(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        error = sqlite3.DatabaseError(verdict)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _migrate(connection: sqlite3.Connection) -> None:
    """Apply the numbered migrations that the database has not seen, each in a transaction of its own."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    scripts = sorted(MIGRATIONS.glob("[0-9]*.sql"))
    if version > len(scripts):
        raise StorageError(
            "These chats were written by a newer Lorgnette.",
            kept="They are untouched.",
            todo="Install the newer version, or start this one with another --data folder.",
        )
    for number, script in enumerate(scripts[version:], start=version + 1):
        body = script.read_text(encoding="utf-8")
        connection.executescript(f"BEGIN IMMEDIATE;\n{body}\nPRAGMA user_version = {number};\nCOMMIT;")


def _set_aside(path: Path) -> Problem:
    """Rename a damaged database and its journal, so that nothing in them is lost."""
    stamp = f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
    kept = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(kept.with_name(kept.name + suffix))
    backups = sorted(path.parent.glob(f"{path.stem}.backup-*.sqlite"))
    advice = f"The newest backup is {backups[-1].name} in {path.parent}." if backups else ""
    return Problem(
        ProblemKind.STORAGE,
        "The file with your chats is damaged, so an empty one was started.",
        f"The damaged file is kept as {kept.name}.",
        advice,
    )


def _primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code (https://sqlite.org/rescode.html); extended codes carry it in the low byte."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
