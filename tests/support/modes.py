"""Who may read what."""

import stat
from pathlib import Path


def open_to_others(folder: Path) -> list[str]:
    """What in `folder`, itself included, gives its group or everyone any right; links have none of their own."""
    return [
        f"{path} {stat.S_IMODE(path.lstat().st_mode):o}"
        for path in (folder, *sorted(folder.rglob("*")))
        if not path.is_symlink() and stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]
