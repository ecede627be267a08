"""The folders that the user allowed, and how files in them are opened: never through a link, and never another user's.

A path comes from a model that may have read it on a hostile image. So it is opened folder by folder below the allowed
one, whose descriptor is held from the start: what is renamed or replaced meanwhile leads nowhere else.
"""

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from app.domain.error_texts import serving_texts
from app.domain.errors import StorageError
from app.regular_files import open_regular

MAX_PATH = 4096
"""Maximum number of characters of a path."""
OPENS_BELOW_FOLDERS = os.open in os.supports_dir_fd
_VIRTUAL = tuple(map(Path, ("/dev", "/proc", "/sys")))
_FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FILE_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


class PathRefused(Exception):
    """A path is not allowed or has no file that may be read; the message is one sentence for the client."""


class AllowedFolders:
    """The folders; without any, every path is refused. Raises StorageError if one cannot be opened.

    On systems that cannot open a file below a folder's descriptor (Windows) the path is checked before and after it is
    opened; `opens_below` is for tests of both ways.
    """

    def __init__(self, folders: Iterable[Path], *, opens_below: bool = OPENS_BELOW_FOLDERS) -> None:
        made = [_AllowedFolder(folder, opens_below=opens_below) for folder in folders]
        self._folders = sorted(made, key=lambda folder: -len(folder.path.parts))

    def read(self, text: str, max_bytes: int) -> tuple[str, bytes]:
        """Return the name and the content of the file at the path `text`. Raises PathRefused."""
        path = self._checked(text)
        for folder in self._folders:
            parts = folder.parts_of(path)
            if parts is None:
                continue
            if not parts:
                raise PathRefused(f"“{text}” is a folder, not a file.")
            return path.name, _content(folder, parts, text, max_bytes)
        if not self._folders:
            raise PathRefused("The user has allowed no folder: “lorgnette mcp” was started without --folder.")
        raise PathRefused(f"“{text}” is not in a folder that the user allowed.")

    def close(self) -> None:
        """Close the folders."""
        for folder in self._folders:
            folder.close()

    @staticmethod
    def _checked(text: str) -> Path:
        """Return the path `text`, which has no way out of a folder. Raises PathRefused."""
        if not text or len(text) > MAX_PATH or not text.isprintable():
            raise PathRefused(f"A path has 1 to {MAX_PATH} characters, none of them a control character.")
        path = Path(text)
        if not path.is_absolute():
            raise PathRefused(f"“{text}” is not a whole path, from the root of the file system on.")
        if ".." in path.parts:
            raise PathRefused(f"“{text}” has “..” in it, which is not followed.")
        return path


def _content(folder: "_AllowedFolder", parts: Sequence[str], text: str, max_bytes: int) -> bytes:
    try:
        with folder.opened(parts, text) as file:
            content = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise PathRefused(f"There is no file “{text}”.") from None
    except (OSError, ValueError):
        raise PathRefused(f"“{text}” cannot be read.") from None
    if len(content) > max_bytes:
        raise PathRefused(f"“{text}” has more than {max_bytes // 1024**2} MB.")
    if not content:
        raise PathRefused(f"“{text}” is empty.")
    return content


class _AllowedFolder:
    """One folder, under the name that the user gave it and under its own."""

    def __init__(self, folder: Path, *, opens_below: bool) -> None:
        self.path = Path(os.path.abspath(folder))  # noqa: PTH100 - Path.absolute keeps ".."
        self._descriptor: int | None = None
        try:
            self._real = folder.resolve(strict=True)
            if not self._real.is_dir() or self._real.parent == self._real or _is_virtual(self._real):
                raise NotADirectoryError
            if opens_below:
                self._descriptor = os.open(self._real, _FOLDER_FLAGS)
            else:
                os.scandir(self._real).close()
        except (OSError, RuntimeError, ValueError) as error:
            raise StorageError(serving_texts.FOLDER_UNUSABLE, folder=str(folder)) from error

    def close(self) -> None:
        """Close its descriptor."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def parts_of(self, path: Path) -> tuple[str, ...] | None:
        """Return the names of `path` below this folder; None if it is elsewhere."""
        for spelling in (self.path, self._real):
            if path.is_relative_to(spelling):
                return path.relative_to(spelling).parts
        return None

    def opened(self, parts: Sequence[str], text: str) -> BinaryIO:
        """Open the file. Raises PathRefused, OSError."""
        if self._descriptor is None:
            return self._opened_by_name(parts, text)
        folder = os.dup(self._descriptor)
        try:
            for part in parts[:-1]:
                facts = os.stat(part, dir_fd=folder, follow_symlinks=False)
                _check_no_link(facts, text)
                below = os.open(part, _FOLDER_FLAGS, dir_fd=folder)
                os.close(folder)
                folder = below
            _check(os.stat(parts[-1], dir_fd=folder, follow_symlinks=False), text)  # To open a device may act on it.
            return _checked_file(os.open(parts[-1], _FILE_FLAGS, dir_fd=folder), text)
        except NotADirectoryError:
            raise FileNotFoundError from None
        finally:
            os.close(folder)

    def _opened_by_name(self, parts: Sequence[str], text: str) -> BinaryIO:
        path = self._real
        for part in parts:
            path /= part
            _check_no_link(path.lstat(), text)
        facts = path.lstat()
        _check(facts, text)
        file = open_regular(path)
        is_same = os.path.samestat(facts, os.fstat(file.fileno()))
        if not is_same or os.path.normcase(path.resolve()) != os.path.normcase(path):
            file.close()
            raise PathRefused(_LINK.format(text))
        return file


_LINK = "“{}” is a link or leads through one, which is not followed."


def _checked_file(descriptor: int, text: str) -> BinaryIO:
    try:
        _check(os.fstat(descriptor), text)  # It may have been replaced meanwhile.
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _check(facts: os.stat_result, text: str) -> None:
    """Check that it is a regular file of this user. Raises PathRefused."""
    _check_no_link(facts, text)
    if stat.S_ISDIR(facts.st_mode):
        raise PathRefused(f"“{text}” is a folder, not a file.")
    if not stat.S_ISREG(facts.st_mode):
        raise PathRefused(f"“{text}” is a device, a pipe or a socket, not a file.")
    if hasattr(os, "geteuid") and facts.st_uid != os.geteuid():
        raise PathRefused(f"“{text}” belongs to another user.")


def _check_no_link(facts: os.stat_result, text: str) -> None:
    if stat.S_ISLNK(facts.st_mode):
        raise PathRefused(_LINK.format(text))


def _is_virtual(folder: Path) -> bool:
    """Return whether the kernel makes the files in `folder`, such as those of processes."""
    return any(folder.is_relative_to(virtual) for virtual in _VIRTUAL)
