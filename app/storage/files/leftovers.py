"""Removal of partial files that a killed process left behind, at the next start."""

import contextlib
import shutil
from collections.abc import Collection
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
    with contextlib.suppress(OSError):
        for folder in (paths.data, paths.models / "incoming", *paths.attachments.glob("*")):
            remove_partials(folder, before)
        for file in paths.incoming.glob("*/*"):
            if file in kept:
                file.touch()  # Of a past session; it is used from now on.
        for incoming in paths.incoming.glob("*"):
            if incoming.stat().st_mtime < before and not any(file.parent == incoming for file in kept):
                shutil.rmtree(incoming, ignore_errors=True)
