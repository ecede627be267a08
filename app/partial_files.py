"""Files that are written without a name, or under another one, and get their own when they are complete.

This module is outside the domain and needs only the standard library, so that the engine and the store may both use it.
"""

import hashlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO
from uuid import uuid4

_PARTIAL = re.compile(r"(\.[0-9a-f]{12}\.)[0-9a-f]{32}\.part")


class PartialFile:
    """A file being written, which becomes `target`. Creating this object creates no file.

    Where the system and the file system allow it (O_TMPFILE, open(2)), the file has no name until it is put in place,
    so that a kill leaves nothing behind. Elsewhere it is written under the name `path`.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = partial_path(target)
        self._unnamed: int | None = None

    def make(self) -> int:
        """Create an empty file with the permissions of the one that it replaces; raises OSError.

        Returns a descriptor to write it by, which the caller closes.
        """
        self._unnamed = _open_unnamed(self.path.parent)
        if self._unnamed is None:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        else:
            descriptor = os.dup(self._unnamed)
        with suppress(OSError):
            mode = stat.S_IMODE(self.target.stat().st_mode)
            os.chmod(descriptor if os.chmod in os.supports_fd else self.path, mode)  # noqa: PTH101 - Path has no fd.
        return descriptor

    def put_in_place(self) -> None:
        """Let the file become `target`; raises OSError."""
        if self._unnamed is not None:
            if _linked(self._unnamed, self.target):
                return
            if not _linked(self._unnamed, self.path):
                self._copy_to_path(self._unnamed)
        self.path.replace(self.target)

    def discard(self) -> None:
        """Remove the partial file, unless it has been put in place."""
        if self._unnamed is not None:
            os.close(self._unnamed)
            self._unnamed = None
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _copy_to_path(self, unnamed: int) -> None:
        os.lseek(unnamed, 0, os.SEEK_SET)
        with os.fdopen(os.dup(unnamed), "rb") as source, self.path.open("xb") as copy:
            copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())


@contextmanager
def writing(target: Path) -> Iterator[BinaryIO]:
    """Yield a file open for reading and writing, which becomes `target` if the block succeeds; raises OSError.

    If the block fails, `target` is as before.
    """
    partial = PartialFile(target)
    try:
        with os.fdopen(partial.make(), "w+b") as file:
            yield file
        partial.put_in_place()
    finally:
        partial.discard()


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path to write to, which becomes `target` if the block succeeds and is removed if it does not.

    For writers that need a name: a kill leaves a partial file behind, unlike with `writing`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = PartialFile(target)
    try:
        yield partial.path
        partial.put_in_place()
    finally:
        partial.discard()


def partial_path(target: Path) -> Path:
    """Return a new name beside `target` for a file being written, short enough wherever the target's own name fits.

    If `target` is such a partial name itself, the new name belongs to the same final target.
    """
    return target.with_name(f"{_prefix(target)}{uuid4().hex}.part")


def partials_of(target: Path) -> Iterator[Path]:
    """Yield the partial files of `target`, including those of versions that put the target's whole name in front."""
    prefixes = (_prefix(target), f"{target.name}.")
    if target.parent.is_dir():
        yield from (path for path in target.parent.glob("*.part") if path.name.startswith(prefixes))


def remove_partials(folder: Path, before: float) -> None:
    """Remove partial files that a kill has left in a folder of our own, written before a time in seconds since 1970."""
    for partial in folder.glob(f"*.{'[0-9a-f]' * 32}.part"):
        with suppress(OSError):  # A file that cannot be removed now is removed another time.
            if partial.stat().st_mtime < before:
                partial.unlink()


def _open_unnamed(folder: Path) -> int | None:
    """Open a file without a name in `folder`; None where this is not supported."""
    if sys.platform != "linux":
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
    except OSError:
        return None


def _linked(unnamed: int, path: Path) -> bool:
    """Give a file without a name the name `path`; False if that exists, or if the file system refuses."""
    try:
        # The folder's descriptor is ignored for an absolute path, but makes Python follow the link to the file.
        os.link(f"/proc/self/fd/{unnamed}", path, src_dir_fd=unnamed, follow_symlinks=True)
    except OSError:
        return False
    return True


def _prefix(target: Path) -> str:
    if partial := _PARTIAL.fullmatch(target.name):
        return partial[1]
    return f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]}."
