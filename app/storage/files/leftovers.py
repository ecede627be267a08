"""Removal of partial files that a killed process left behind, at the next start."""

import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from app.partial_files import remove_partials
from app.paths import Paths
from app.storage.files.scratch import remove_abandoned


def remove_leftovers(paths: Paths, before: float, kept: Collection[Path] = ()) -> None:
    """Remove abandoned partial files and pasted data older than `before` (seconds since 1970), except files in `kept`.

    The data folder belongs to one process: only the holder of its lock may call this. Never raises; files that cannot
    be removed stay until another start.
    """
    remove_abandoned()
    with suppress(OSError):  # A folder that cannot be listed.
        for folder in (paths.data, paths.models / "incoming", *paths.attachments.glob("*")):
            remove_partials(folder, before)
    with suppress(OSError):
        for incoming in paths.incoming.glob("*"):
            _remove_incoming(incoming, before, kept)


def _remove_incoming(folder: Path, before: float, kept: Collection[Path]) -> None:
    with suppress(OSError):  # Of one folder: the others are still looked at.
        of_past = [file for file in kept if file.parent == folder and file.exists()]
        for file in of_past:
            file.touch()  # It is used from now on.
        if not of_past and folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)
