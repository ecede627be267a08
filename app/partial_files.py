"""Files that are written under another name beside their target, and renamed to it when they are complete.

This module is outside the domain and needs only the standard library, so that the engine and the store may both use it.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_PARTIAL = re.compile(r"(\.[0-9a-f]{12}\.)[0-9a-f]{32}\.part")


class PartialFile:
    """A file being written at `path`, which becomes `target`. Creating this object creates no file."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = partial_path(target)

    def make(self) -> None:
        """Create an empty file with the permissions of the one that it replaces; raises OSError."""
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666))
        with suppress(OSError):
            self.path.chmod(stat.S_IMODE(self.target.stat().st_mode))

    def put_in_place(self) -> None:
        """Rename the file to `target`; raises OSError."""
        self.path.replace(self.target)

    def discard(self) -> None:
        """Remove the partial file, unless it has been put in place."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield a path to write to, which becomes `target` if the block succeeds and is removed if it does not."""
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


def _prefix(target: Path) -> str:
    if partial := _PARTIAL.fullmatch(target.name):
        return partial[1]
    return f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:12]}."
