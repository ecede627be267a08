"""Opens the SQLite database: migrations, and recovery from damage.

The journal is a write-ahead log with synchronous=FULL: a commit is on disk when it returns, which guarantees that a
question is saved before its answer starts.

A damaged or missing database does not mean that the data is gone: what remains of it is set aside, the user is
notified, and nothing is deleted because the empty replacement does not refer to it (`unused_images`, `backups`).
"""

import errno
import re
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from app.domain.error_texts import storage_texts
from app.domain.errors import ErrorText, Problem, StorageError
from app.paths import make_private_file, make_private_folder
from app.regular_files import NotRegular
from app.storage.database.database_length import is_cut
from app.storage.database.sqlite_errors import primary_code, translated_errors

MIGRATIONS = Path(__file__).with_name("migrations")

DAMAGED = ".damaged-"
"""Part of the names of files that were set aside."""
REPLACED = ".replaced-"
JOURNALS = ("-wal", "-shm", "-journal")
"""What the names of files end with that SQLite keeps beside a database."""
_CUT = "the file is shorter than it was"
_NOT_AS_IT_SHOULD_BE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
"""Error codes for a file that is no database or not one of ours: our statements are valid for all of ours."""
_ONE_VALUE = re.compile(r"(NULL|(non-)?[A-Z]+) value in ")
"""Matches the message of `PRAGMA quick_check` for a value whose type differs from its column's."""
_IS_LINK = (storage_texts.DATABASE_IS_LINK, storage_texts.DATABASE_IS_LINK_WITH_BACKUP)
_IS_FOLDER = (storage_texts.DATABASE_IS_FOLDER, storage_texts.DATABASE_IS_FOLDER_WITH_BACKUP)
_IS_DEVICE = (storage_texts.DATABASE_IS_DEVICE, storage_texts.DATABASE_IS_DEVICE_WITH_BACKUP)

Prepare = Callable[[sqlite3.Connection], None]
"""Prepares each connection before its first use; may raise sqlite3.Error."""


def open_database(path: Path, attachments: Path, prepare: Prepare) -> tuple[sqlite3.Connection, Problem | None]:
    """Open the database at `path`, creating or migrating it as needed; return it and a problem to report, if any.

    A damaged file is set aside under another name, never deleted. A missing or empty file counts as damaged if there
    are images in `attachments`, or another database beside it. Anything but a regular file is left in place. Raises
    StorageError.
    """
    try:
        make_private_folder(path.parent)
        _check_place(path)
        problem = _set_aside_lost(path, attachments)
        make_private_file(path)
    except OSError as error:
        raise StorageError(storage_texts.DATABASE_READ_ONLY) from error
    with translated_errors():
        try:
            connection = connect(path, prepare)
            return connection, problem or _still_lost(connection, path)
        except sqlite3.Error as error:
            if primary_code(error) not in _NOT_AS_IT_SHOULD_BE:
                raise
        aside = set_aside(path, DAMAGED)
        make_private_file(path)
        return connect(path, prepare), _damage(aside, storage_texts.CHATS_DAMAGED)


@contextmanager
def read_only(path: Path, *, is_checked: bool = True) -> Iterator[sqlite3.Connection]:
    """Open a database that nothing writes to, such as a backup, read-only; no files are created beside it.

    Raises sqlite3.Error if it is no database or, with `is_checked` (which reads all of it), if it is damaged; OSError
    if it is no file.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # SQLite would block on a pipe for ever.
        raise NotRegular(errno.EINVAL, "Not an ordinary file", str(path))
    wal = path.with_name(f"{path.name}-wal")
    has_wal = wal.exists() and wal.stat().st_size > 0
    mode = "mode=ro" if has_wal else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None)
    try:
        _set_up_rows(connection)
        if is_checked:
            check(connection)
            if is_cut(path):
                raise _corrupt(_CUT)
        yield connection
    finally:
        connection.close()


def others_beside(path: Path) -> list[Path]:
    """Return all other databases in the folder of `path`: backups, damaged and replaced ones, the user's copies."""
    found = path.parent.glob(f"*{path.stem}*.sqlite*")
    return sorted(file for file in found if file != path and not file.name.endswith(JOURNALS))


def check(connection: sqlite3.Connection) -> bool:
    """Return whether all values have their columns' types. Raises sqlite3.DatabaseError if the file is damaged."""
    verdicts = [verdict for (verdict,) in connection.execute("PRAGMA quick_check(10000)")]
    if wrong := [verdict for verdict in verdicts if verdict != "ok" and not _ONE_VALUE.match(verdict)]:
        raise _corrupt(wrong[0])
    return verdicts == ["ok"]


def set_aside(path: Path, mark: str) -> Path:
    """Rename a database and its journal, for example to "lorgnette.damaged-2026-01-31-141503.sqlite".

    If there is none, an empty file gets that name and marks the loss. Raises StorageError.
    """
    stamp = f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
    names = (f"{path.stem}{mark}{stamp}{'' if number == 1 else f'-{number}'}{path.suffix}" for number in count(1))
    kept = next(name for name in map(path.with_name, names) if not name.exists())
    try:
        for suffix in ("", *JOURNALS):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.replace(kept.with_name(kept.name + suffix))
        make_private_file(kept)
    except OSError as error:
        raise StorageError(storage_texts.DATABASE_READ_ONLY) from error
    return kept


def _check_place(path: Path) -> None:
    """Raise StorageError if the path of the database or its journal is taken by something other than a file.

    It may be the user's: it is not set aside, and a broken link is not written through.
    """
    for file in (path, *(path.with_name(path.name + suffix) for suffix in JOURNALS)):
        try:
            mode = file.stat().st_mode
        except OSError:
            if file.is_symlink():
                raise _no_file(file, _IS_LINK, path) from None
            continue
        if not stat.S_ISREG(mode):
            raise _no_file(file, _IS_FOLDER if stat.S_ISDIR(mode) else _IS_DEVICE, path)


def _no_file(file: Path, texts: tuple[ErrorText, ErrorText], path: Path) -> StorageError:
    is_restorable = file == path and any(DAMAGED not in other.name for other in others_beside(path))
    return StorageError(texts[is_restorable], file=file.name, folder=str(file.parent))


def _set_aside_lost(path: Path, attachments: Path) -> Problem | None:
    """Detect a database that is missing or empty but should not be, and set aside what is left of it.

    SQLite would treat an empty file as a new database, and delete the journal beside it.
    """
    if path.exists() and path.stat().st_size > 0:
        return None
    wal = path.with_name(f"{path.name}-wal")
    has_journal = wal.exists() and wal.stat().st_size > 0
    if not (has_journal or others_beside(path) or any(attachments.glob("*/*"))):
        return None
    lost = storage_texts.CHATS_EMPTY if path.exists() else storage_texts.CHATS_MISSING
    return _damage(set_aside(path, DAMAGED), lost)


def _still_lost(connection: sqlite3.Connection, path: Path) -> Problem | None:
    """Report the loss at every start until the database that replaced the lost one has content."""
    lost = [file for file in others_beside(path) if DAMAGED in file.name]
    tables = " UNION ALL ".join(f"SELECT 1 FROM {table}" for table in ("conversation", "reading", "purged"))  # noqa: S608
    if not lost or connection.execute(f"SELECT EXISTS ({tables})").fetchone()[0]:
        return None
    return _damage(lost[-1], storage_texts.CHATS_NOT_RESTORED)


def _damage(aside: Path, text: ErrorText) -> Problem:
    return text.problem(file=aside.name, folder=str(aside.parent))


def connect(path: Path, prepare: Prepare) -> sqlite3.Connection:
    """A connection to a database, migrated and found whole. Raises sqlite3.Error, StorageError of a newer version."""
    if is_cut(path):
        raise _corrupt(_CUT)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        _set_up_rows(connection)
        connection.execute("PRAGMA busy_timeout = 3000")
        _migrate(connection)
        _check_tables(connection)
        if not check(connection):
            _mend_types(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # Deleted text is not left in free pages.
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up_rows(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    # A text with a flipped bit is decoded as far as possible; otherwise Python rejects all rows of the query.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")


def _migrate(connection: sqlite3.Connection) -> None:
    """Apply the numbered migrations that the database does not have yet, each in its own transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    scripts = sorted(MIGRATIONS.glob("[0-9]*.sql"))
    if version < 0:
        raise _corrupt(f"user_version is {version}")
    if version > len(scripts):
        raise StorageError(storage_texts.DATABASE_OF_NEWER_VERSION)
    for number, script in enumerate(scripts[version:], start=version + 1):
        body = script.read_text(encoding="utf-8")
        connection.executescript(f"BEGIN IMMEDIATE;\n{body}\nPRAGMA user_version = {number};\nCOMMIT;")


def _check_tables(connection: sqlite3.Connection) -> None:
    """Raise sqlite3.DatabaseError if a table or column of a new database is missing."""
    new = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _migrate(new)
        if missing := _columns(new) - _columns(connection):
            raise _corrupt(f"{'.'.join(min(missing))} is missing")
    finally:
        new.close()


def _mend_types(connection: sqlite3.Connection) -> None:
    """Convert values to the types of their columns; otherwise SQLite rejects every change of their rows."""
    connection.execute("BEGIN IMMEDIATE")
    tables = connection.execute("SELECT name FROM pragma_table_list WHERE strict AND schema = 'main'").fetchall()
    for (table,) in tables:
        columns = connection.execute('SELECT name, type, "notnull" OR pk FROM pragma_table_info(?)', (table,))
        mended = ", ".join(f"{name} = {_of_type(name, kind, is_needed=bool(needed))}" for name, kind, needed in columns)
        connection.execute(f"UPDATE OR IGNORE {table} SET {mended}")  # noqa: S608 - our own names
    connection.execute("COMMIT")


def _of_type(name: str, kind: str, *, is_needed: bool) -> str:
    nothing = ("''" if kind == "TEXT" else "0") if is_needed else "NULL"
    other = f"CAST({name} AS TEXT)" if kind == "TEXT" else nothing
    return f"CASE typeof({name}) WHEN '{kind.lower()}' THEN {name} WHEN 'null' THEN {nothing} ELSE {other} END"


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return {
        (table, column)
        for table, column in connection.execute(
            "SELECT item.name, part.name FROM sqlite_master AS item, pragma_table_info(item.name) AS part "
            "WHERE item.type = 'table'"
        )
    }


def _corrupt(what: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(what)
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
