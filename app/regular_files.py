"""Opens files of unknown origin safely: their type is checked first, and they are read up to a limit.

A file name may denote a pipe, which waits for a writer for ever, or a device, which never ends or acts when it is
opened; a file that should be small may be as large as the disk. This module is outside the domain and needs only the
standard library, so that the engine and the store may both use it.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from app import memory_files

CHUNK_BYTES = 1024 * 1024
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


class NotRegular(OSError):
    """Raised for a pipe, a device, a socket or a folder in place of a regular file."""


class TooLarge(OSError):
    """Raised for a file with more bytes than allowed."""


def open_regular(path: Path) -> BinaryIO:
    """Open the file at `path` for reading; links are followed. Raises OSError, NotRegular if it is no regular file."""
    if memory_files.is_here(path):
        return memory_files.open_file(path)
    _check(path, path.stat())  # A device must not even be opened: that alone may trigger an action.
    descriptor = os.open(path, _FLAGS)
    try:
        _check(path, os.fstat(descriptor))  # It may have been replaced meanwhile.
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, max_bytes: int) -> bytes:
    """Read the file at `path`. Raises OSError, NotRegular if it is no file, TooLarge if it exceeds `max_bytes`."""
    with open_regular(path) as file:
        content = file.read(max_bytes + 1)  # Virtual files of the system report no size.
    if len(content) > max_bytes:
        raise TooLarge(errno.EFBIG, f"More than {max_bytes} bytes", str(path))
    return content


def size_of_file(path: Path) -> int | None:
    """Return the bytes of the regular file at `path`; None if there is no such file or it cannot be asked."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


def sha256_of(file: BinaryIO, take: Callable[[bytes], object] = len) -> str:
    """Return the SHA-256 of the rest of a file in lower-case hex; each part read is passed to `take`.

    `take` may copy the part, report progress, or raise Cancelled. Raises OSError.
    """
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        take(chunk)
    return digest.hexdigest()


def _check(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise NotRegular(errno.EINVAL, "Not an ordinary file", str(path))
