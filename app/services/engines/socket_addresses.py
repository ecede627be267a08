"""The addresses of the socket that receives launch requests of later starts."""

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def socket_addresses(data_folder: Path) -> Iterator[str]:
    """Yield the names at which a window over `data_folder` tries to listen, best first; a later start tries the same.

    Each is in a folder of this user to which nobody else can write, so that nobody can impersonate the window. There
    are several, as a socket's path is limited to about a hundred bytes, and not every file system supports sockets: the
    session's own folder (XDG_RUNTIME_DIR), the data folder, and one in the folder for temporary files. On Windows it is
    the name of a pipe, without a folder.
    """
    name = f"lorgnette-{hashlib.sha256(os.fsencode(os.path.realpath(data_folder))).hexdigest()[:16]}"
    if sys.platform == "win32":
        yield name
        return
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        yield from _address_in(Path(os.path.realpath(runtime)), name)
    yield from _address_in(Path(os.path.realpath(data_folder)), name)
    with contextlib.suppress(OSError):
        own = Path(tempfile.gettempdir()) / f"lorgnette-{os.geteuid()}"
        own.mkdir(mode=0o700, exist_ok=True)
        yield from _address_in(own, name)


def _address_in(folder: Path, name: str) -> Iterator[str]:
    """Yield the address if only this user can write to the folder; none for a link or a path that Qt cannot use."""
    try:
        facts = folder.lstat()
        str(folder).encode()
    except (OSError, UnicodeEncodeError):
        return
    if stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid() and not facts.st_mode & _OTHERS_MAY_WRITE:
        yield str(folder / name)
