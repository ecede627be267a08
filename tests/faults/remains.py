"""What an application that has ended leaves behind, and must not."""

import time
from pathlib import Path

from tests.support.driver import Driver

ORPHAN_SECONDS = 10.0
"""Engines notice a broken pipe at once; a busy machine lets them do so when it likes."""


def orphans(app: Driver) -> list[int]:
    """Processes of an application that has ended, which do not end by themselves."""
    deadline = time.monotonic() + ORPHAN_SECONDS
    while app.family() and time.monotonic() < deadline:
        time.sleep(0.05)
    return app.family()


OURS = {
    "lock",
    "settings.json",
    "open_imports.json",
    "attachments",
    "incoming",
    "models",
    "cache",
    "lorgnette.log",
    "lorgnette.sqlite",
}
"""What a data folder holds behind a start that was closed, besides backups; of imports, those that it interrupted."""


def strays(home: Path, data: Path) -> list[str]:
    """Files that are half done, behind the next start: of the data folder, of TMPDIR, of the user's own folders.

    What has come of a model stays, and what was being converted, for ten minutes: another process may be at it.
    """
    half = [path for path in home.rglob("*.part") if not {"incoming", "converted_weights"} & set(path.parts)]
    partial = list((data / "models" / "incoming").glob("*.json.*.part"))
    incoming = [path for path in (data / "incoming").glob("**/*") if path.is_file()]
    temporary = list((home / "tmp").iterdir())
    unknown = [path for path in data.glob("*") if path.name not in OURS and ".backup-" not in path.name]
    return sorted(str(path.relative_to(home)) for path in {*half, *partial, *incoming, *temporary, *unknown})


def broken_exports(home: Path) -> list[str]:
    """Exported chats that are there under their names and not whole."""
    ends = {".html": b"</html>", ".pdf": b"%%EOF", ".json": b"}"}
    chats = [path for path in (home / "exported").glob("chat *") if path.suffix in ends]
    return [path.name for path in chats if not path.read_bytes().rstrip().endswith(ends[path.suffix])]
