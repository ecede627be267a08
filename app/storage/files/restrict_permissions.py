"""Tightens the permissions of folders that earlier versions left readable for everyone.

Only files that Lorgnette creates are touched, by name, and only if they belong to the user; links are not followed. A
data folder that also holds other things, such as a home folder, keeps its own mode, and so do folders in it with common
names.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

from app.paths import LOCK_NAME, PRIVATE_FOLDER, Paths

_OWN_NAMES = ("lorgnette*", "settings.*json", LOCK_NAME, "attachments", "incoming", "unused", "graphics_card", "*.part")
_COMMON_NAMES = ("models", "cache")
_CACHE_NAMES = ("converted_weights", "chats")


def restrict_permissions(paths: Paths) -> None:
    """Remove the permissions of group and others from the data and cache folders and their content; raises OSError.

    A folder that grants others nothing is skipped, so that this costs nothing the next time. On Windows, permissions
    are inherited from the parent folder instead.
    """
    if os.name != "nt":
        _restrict(paths.cache, _CACHE_NAMES, ())
        _restrict(paths.data, _OWN_NAMES, _COMMON_NAMES)


def _restrict(folder: Path, own_names: Iterable[str], common_names: Iterable[str]) -> None:
    if not folder.is_dir() or stat.S_IMODE(folder.stat().st_mode) == PRIVATE_FOLDER:
        return
    names = [entry.name for entry in folder.iterdir()]
    own = [name for name in names if any(fnmatch(name, pattern) for pattern in own_names)]
    common = [name for name in names if name in common_names]
    if len(own) + len(common) < len(names):
        for name in own:
            _close(folder / name)
        return
    for above, folders, files in os.walk(folder, topdown=False, followlinks=False):
        for name in (*folders, *files):
            _close(Path(above, name))
    _close(folder)  # Last, since a closed folder counts as done.


def _close(path: Path) -> None:
    with suppress(FileNotFoundError):  # The application is at work meanwhile: it has renamed or removed the file.
        found = path.lstat()
        if not stat.S_ISLNK(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077:
            path.chmod(stat.S_IMODE(found.st_mode) & PRIVATE_FOLDER)
