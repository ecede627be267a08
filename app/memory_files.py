"""Files without a place on any disk: their bytes are in this process's memory, and are gone with it however it ends.

Such a file has a path, so that it can be named like any other one; no file can ever exist there. `open_regular` opens
it in this process, and engine processes are handed its descriptor. Linux has them (memfd_create(2)); a part of memory
may be moved to the swap space, as any other.
"""

import os
import sys
from pathlib import Path
from threading import Lock
from typing import BinaryIO
from uuid import uuid4

ARE_SUPPORTED = sys.platform == "linux"
_FOLDER = Path("/dev/null/memory")
"""Nothing can be created below it, since it is below a device."""

_descriptors: dict[Path, int] = {}
_lock = Lock()


def make(name: str) -> Path:
    """Create an empty file called `name` and return its path. Raises OSError."""
    if sys.platform != "linux":
        raise OSError("this system has no files in memory")
    path = _FOLDER / uuid4().hex / Path(name).name
    descriptor = os.memfd_create("lorgnette", os.MFD_CLOEXEC)
    with _lock:
        _descriptors[path] = descriptor
    return path


def is_here(path: Path) -> bool:
    """Return whether `path` is that of such a file, whether it still exists or not."""
    return path.is_relative_to(_FOLDER)


def open_file(path: Path) -> BinaryIO:
    """Open the file at `path` for reading and writing, at its beginning. Raises FileNotFoundError if it was removed."""
    with _lock:
        descriptor = _descriptors.get(path)
        if descriptor is None:
            raise FileNotFoundError(path)
        return os.fdopen(os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR | os.O_CLOEXEC), "r+b")


def remove(path: Path) -> None:
    """Erase the file at `path`, if it exists: whoever has opened it finds it empty."""
    with _lock:
        descriptor = _descriptors.pop(path, None)
    if descriptor is not None:
        os.ftruncate(descriptor, 0)
        os.close(descriptor)
