"""The data folder, and the check that it has not been moved.

When the folder is moved, an open database moves with it, but files opened by path do not: without a check before each
write, half of the data would go into a new folder at the old path.
"""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from app.domain.error_texts import storage_texts
from app.domain.errors import StorageError
from app.paths import make_private_folder
from app.storage.files.atomic import os_words

P = ParamSpec("P")
T = TypeVar("T")


class DataFolder:
    """The folder that was at `path` at the first `check`. May be used from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None

    def check(self) -> None:
        """Raise StorageError unless the folder exists and is the same; the first call creates it if it is missing.

        The folder is identified by its device and file number. Once it is back, work continues.
        """
        try:
            if self._identity is None:
                make_private_folder(self._path)
                self._identity = _identity(self._path)
            elif _identity(self._path) == self._identity:
                return
            else:
                raise _moved(self._path)
        except FileNotFoundError as error:
            raise _moved(self._path) from error
        except OSError as error:
            raise unusable(self._path, error) from error

    def checked(self, work: Callable[P, T]) -> Callable[P, T]:
        """Return `work` with a `check` before each call."""

        def do(*arguments: P.args, **named: P.kwargs) -> T:
            self.check()
            return work(*arguments, **named)

        return do


def unusable(path: Path, error: OSError) -> StorageError:
    """Return the error for a data folder that cannot be created or written to."""
    return StorageError(storage_texts.DATA_FOLDER_NOT_WRITABLE, folder=str(path), reason=os_words(error))


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _moved(path: Path) -> StorageError:
    return StorageError(storage_texts.DATA_FOLDER_GONE, folder=str(path))
