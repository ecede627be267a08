"""Temporary folders for short-lived files, such as the picture of a page.

Beside each folder is a file that its process holds a lock on. The system releases the lock however the process ends,
so that the folder of a killed process is recognised by its free lock, and the next process removes it.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.storage.files.file_lock import try_lock

_PREFIX, _LOCK = "lorgnette-", ".lock"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is removed after the block; raises OSError."""
    remove_abandoned()
    while True:
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_LOCK)
        with os.fdopen(descriptor) as lock:
            if not try_lock(lock.fileno()):  # Another process is just checking whether it is abandoned.
                continue
            folder = _folder_of(Path(name))
            try:
                folder.mkdir(mode=0o700)
                yield folder
            finally:
                _remove(Path(name))
            return


def remove_abandoned() -> None:
    """Remove folders whose process was killed; those of other users, and those that cannot be removed, stay."""
    for name in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*{_LOCK}"):
        with contextlib.suppress(OSError), name.open("ab") as lock:
            if try_lock(lock.fileno()):
                _remove(name)


def _folder_of(lock: Path) -> Path:
    return lock.with_name(lock.name.removesuffix(_LOCK))


def _remove(lock: Path) -> None:
    shutil.rmtree(_folder_of(lock), ignore_errors=True)
    with contextlib.suppress(OSError):  # Windows does not remove an open file; the next call does.
        lock.unlink()
