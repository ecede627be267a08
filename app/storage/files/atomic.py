"""Atomic file writes, and the operating system's errors in plain words."""

import errno
import os
from pathlib import Path

from app.domain.error_texts import storage_texts
from app.domain.error_texts.storage_texts import NotSaved
from app.domain.errors import DiskError, StorageError
from app.partial_files import writing

_FULL = {errno.ENOSPC, errno.EDQUOT}
_DISK_ERRNOS = {*_FULL, errno.EROFS, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE}
"""Error numbers of the drive; all others may concern a single file."""


def write_whole(target: Path, content: bytes) -> None:
    """Write a file that is on disk when this returns; raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with writing(target) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def save_file(target: Path, content: bytes) -> None:
    """Write a file of the user's choice; raises StorageError."""
    try:
        write_whole(target, content)
    except OSError as error:
        raise storage_error(error, storage_texts.FILE, file=target.name) from error


def storage_error(error: OSError, what: NotSaved, **arguments: str) -> StorageError:
    """Return the StorageError for an OSError raised while saving `what`; a DiskError for an error of the drive.

    `arguments` are what the texts of `what` name, such as a file.
    """
    kind = DiskError if error.errno in _DISK_ERRNOS else StorageError
    if error.errno in {*_FULL, errno.EFBIG}:
        return kind(what.disk_full, **arguments)
    return kind(what.other, reason=os_words(error), **arguments)


def os_words(error: OSError) -> str:
    """Return the operating system's words for an error, without the file's name."""
    return os.strerror(error.errno) if error.errno else str(error)
