"""Backups of the database, beside it: made once a day, listed, rotated, restored.

A backup's value is its content. The newest are kept, and always the one with the most content: a backup of a database
that was recreated, or has lost data, never displaces the one that still has the data.
"""

import contextlib
import os
import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.domain.backups import Amount, Backup, best_of
from app.domain.error_texts import storage_texts
from app.domain.errors import StorageError
from app.domain.ids import Digest
from app.paths import make_private_file
from app.storage.database.database import DAMAGED, JOURNALS, connect, others_beside, read_only
from app.storage.database.sqlite_errors import translated_errors
from app.storage.files.atomic import os_words

KEPT_BACKUPS = 3
"""Number of the newest backups that are kept."""
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_AMOUNT = """
SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM conversation),
    (SELECT total(image_count) FROM conversation), {readings}
"""


def back_up(connection: sqlite3.Connection, path: Path) -> None:
    """Write today's backup beside the database at `path`, and remove the oldest that are not needed.

    Does nothing if today's backup exists, unless it has less content than another one and than the database: then it
    was made of a recreated database, and the data has been restored since. Does nothing for an empty database either.
    `VACUUM INTO` reads every page, so that a damaged file is never backed up. Raises StorageError.
    """
    _, ever = amounts(connection)
    target = path.with_name(f"{path.stem}.backup-{datetime.now(UTC):%Y-%m-%d}.sqlite")
    backups = _daily(path)
    todays = next((backup for backup in backups if backup.path == target), None)
    if ever == Amount() or (target.exists() and not (todays and _is_poor(todays, backups, ever))):
        return
    partial = target.with_suffix(".part")
    with translated_errors():
        partial.unlink(missing_ok=True)
        make_private_file(partial)  # SQLite writes into an empty file.
        try:
            connection.execute("VACUUM INTO ?", (str(partial),))
        except sqlite3.IntegrityError:  # A row has a value of the wrong type: copy its page unchanged.
            with contextlib.closing(sqlite3.connect(partial)) as copy:
                connection.backup(copy)
    partial.replace(target)
    for old in _unneeded(_daily(path)):
        old.path.unlink(missing_ok=True)


def backups_of(path: Path, *, is_checked: bool = True) -> list[Backup]:
    """Return the databases beside `path` that have chats to restore, the newest first.

    With `is_checked`, each file is read as a whole, and only undamaged ones are returned. Files that were set aside as
    damaged are left out: the application could not open them.
    """
    found = []
    for file in others_beside(path):
        if DAMAGED in file.name:
            continue
        with contextlib.suppress(sqlite3.Error, OSError), read_only(file, is_checked=is_checked) as connection:
            amount, ever = amounts(connection)
            if ever != Amount():
                made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                found.append(Backup(path=file, made=made, amount=amount, ever=ever))
    return sorted(found, key=lambda backup: (backup.made, backup.path.name), reverse=True)


def copy_backup(backup: Path, path: Path) -> Path:
    """Make a complete copy of `backup` beside the database at `path`, ready to replace it. Raises StorageError.

    The content is copied rather than the file: the latest changes may be in the journal beside it.
    """
    partial = path.with_suffix(".restored.part")
    try:
        partial.unlink(missing_ok=True)
        make_private_file(partial)
        with read_only(backup) as source, contextlib.closing(sqlite3.connect(partial)) as copy:
            source.backup(copy)
        connect(partial, lambda _: None).close()  # Checked before the database is moved aside.
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
    except (sqlite3.Error, OSError) as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise StorageError(storage_texts.BACKUP_NOT_RESTORED, file=backup.name, reason=str(error)) from error
    return partial


def delete_backup(backup: Path, path: Path) -> None:
    """Delete one of the databases beside the one at `path` from the disk, its journals first. Raises StorageError.

    As long as the database file itself exists, it is listed and can be deleted again.
    """
    if backup not in others_beside(path):
        return
    try:
        for suffix in (*JOURNALS, ""):
            backup.with_name(backup.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(storage_texts.BACKUP_NOT_DELETED, file=backup.name, reason=os_words(error)) from error


def references(connection: sqlite3.Connection) -> set[Digest]:
    """Return every image digest in a database, whatever surrounds it: damaged rows still keep their images in use."""
    rows = connection.execute(
        "SELECT attachments FROM message WHERE attachments <> '[]' "
        "UNION ALL SELECT draft_attachments FROM conversation WHERE draft_attachments <> '[]'"
    )
    return {Digest(digest) for (json,) in rows for digest in _DIGEST.findall(str(json))}


def references_beside(path: Path) -> set[Digest] | None:
    """Return the digests of all images that databases beside the one at `path` refer to.

    None if one cannot be read to its end, for example because it is damaged: its references are unknown.
    """
    digests: set[Digest] = set()
    for file in others_beside(path):
        try:
            with read_only(file) as connection:
                digests |= references(connection)
        except (sqlite3.Error, OSError):
            return None
    return digests


def amounts(connection: sqlite3.Connection) -> tuple[Amount, Amount]:
    """Return the present and the all-time content of a database. Raises sqlite3.Error if it is not one of ours."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    readings = "(SELECT count(*) FROM reading)" if "reading" in tables else "0"  # Backups may be of any version.
    messages, chats, images, read = connection.execute(_AMOUNT.format(readings=readings)).fetchone()
    now = Amount(messages=messages, chats=chats, images=_count(images), readings=read)
    if "purged" not in tables:
        return now, now
    counted = {name for (name,) in connection.execute("SELECT name FROM pragma_table_info('purged')")}
    readings = "total(readings)" if "readings" in counted else "0"
    sums = connection.execute(f"SELECT total(messages), total(chats), total(images), {readings} FROM purged").fetchone()  # noqa: S608 - our own names
    messages, chats, images, read = map(_count, sums)
    return now, now + Amount(messages=messages, chats=chats, images=images, readings=read)


def count_purged(connection: sqlite3.Connection, gone: Amount) -> None:
    """Add the content that was deleted with chats to the totals, within the caller's transaction."""
    connection.execute(
        "INSERT INTO purged (messages, chats, images, readings) VALUES (?, ?, ?, ?)",
        (gone.messages, gone.chats, gone.images, gone.readings),
    )


def _count(total: float) -> int:
    """Convert a sum, which may be any value in a damaged database, to a count."""
    return int(min(max(total, 0), 2**40))


def _daily(path: Path) -> list[Backup]:
    """Return the backups that `back_up` made, the newest first; the user's own copies and files set aside stay."""
    made = [
        backup for backup in backups_of(path, is_checked=False) if backup.path.match(f"{path.stem}.backup-*.sqlite")
    ]
    return sorted(made, key=lambda backup: backup.path.name, reverse=True)


def _is_poor(todays: Backup, backups: Sequence[Backup], ever: Amount) -> bool:
    return best_of(backups) != todays and ever.order > todays.ever.order


def _unneeded(backups: Sequence[Backup]) -> list[Backup]:
    """Return those of `backups` (newest first) that are neither among the newest nor have the most content."""
    return [backup for backup in backups[KEPT_BACKUPS:] if backup != best_of(backups)]
