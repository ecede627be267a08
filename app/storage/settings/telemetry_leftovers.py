"""Removes the files of ONNX Runtime's telemetry, which earlier versions of Lorgnette left enabled.

Paths and formats: onnxruntime 1.32 on Linux, as found on disk; macOS as other projects report it. On Windows the
device id is reported to be in the registry, which is left alone.
"""

import contextlib
import os
import sqlite3
import sys
import tempfile
from pathlib import Path

FOLDER = Path("Microsoft", "DeveloperTools", ".onnxruntime")
QUEUE = "onnxruntime.db"
SESSION = ".ses"
"""Suffix of a file in the temporary folder with a time in milliseconds and the id of a session, as in its events."""
BUSY_SECONDS = 0.2


def remove_telemetry_leftovers() -> None:
    """Remove the queued events of this program and, if no other program queued any, the device id as well.

    The folder is shared by all programs of the user that load ONNX Runtime: an event counts as Lorgnette's if it names
    this very executable, which is an installed Lorgnette or a virtual environment's Python. Never raises: files that
    cannot be read or removed stay.
    """
    if not _is_own_executable():
        return
    folder = _cache_folder() / FOLDER
    queue = folder / QUEUE
    if not queue.is_file() or queue.is_symlink():
        return
    with contextlib.suppress(OSError, sqlite3.Error):
        events, others = _remove_own_events(queue)
        if not events:
            return
        _remove_session(Path(tempfile.gettempdir(), SESSION), events)
        if not others:
            for name in (QUEUE, f"{QUEUE}-wal", f"{QUEUE}-shm", f"{QUEUE}-journal", "deviceid"):
                (folder / name).unlink(missing_ok=True)
            for empty in (folder, folder.parent, folder.parent.parent):
                empty.rmdir()


def _is_own_executable() -> bool:
    return bool(getattr(sys, "frozen", False)) or sys.prefix != sys.base_prefix


def _cache_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "ChatLibrary" / "Application Support"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _remove_own_events(queue: Path) -> tuple[list[bytes], int]:
    """Remove the events that name this executable; return their payloads, and the number of other programs' events."""
    executable = os.fsencode(sys.executable)
    with contextlib.closing(sqlite3.connect(queue, timeout=BUSY_SECONDS)) as connection, connection:
        rows: list[tuple[int, object]] = connection.execute("SELECT rowid, payload FROM events").fetchall()
        own = {rowid: payload for rowid, payload in rows if isinstance(payload, bytes) and executable in payload}
        connection.executemany("DELETE FROM events WHERE rowid = ?", [(rowid,) for rowid in own])
    return list(own.values()), len(rows) - len(own)


def _remove_session(file: Path, events: list[bytes]) -> None:
    session = file.read_bytes()[:200].split() if file.is_file() and not file.is_symlink() else []
    if len(session) == 2 and any(session[1] in event for event in events):
        file.unlink(missing_ok=True)
