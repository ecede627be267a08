"""The folder of the disk cache: a folder for each chat, with files of what the model process has computed for it.

The folder of a chat is the permission to keep anything for it. The window's process makes it and removes it; the model
process writes into it only while it exists, so what it is still writing for a deleted chat cannot appear afterwards.
This module is outside the domain and needs only the standard library, so that both processes may use it.
"""

import os
import re
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from app.partial_files import remove_partials
from app.paths import make_private_folder

SUFFIX = ".kept"
ABANDONED_SECONDS = 600
"""Time in seconds since its last write after which a partial file counts as abandoned."""
_CHAT = re.compile(r"[0-9A-Za-z-]{1,64}")


@dataclass(frozen=True, slots=True)
class CachedFile:
    """A file, its size in bytes, and when it was last used, in nanoseconds since 1970."""

    path: Path
    size: int
    used: int


@dataclass(frozen=True, slots=True)
class DiskCacheFolder:
    """The disk cache in `folder`, which need not exist."""

    folder: Path

    def permit(self, chat: str) -> None:
        """Let the model process keep files for a chat. Raises OSError, and ValueError for a name that is no id."""
        make_private_folder(self.of_chat(chat))

    def of_chat(self, chat: str) -> Path:
        """Return the folder of a chat. Raises ValueError for a name that is no id."""
        if not _CHAT.fullmatch(chat):
            raise ValueError("not the id of a chat")
        return self.folder / chat

    def files(self) -> Iterator[CachedFile]:
        """Yield all files of chats, in no order."""
        for path in self.folder.glob(f"*/*{SUFFIX}"):
            with suppress(OSError):  # It was removed meanwhile.
                facts = path.stat()
                yield CachedFile(path, facts.st_size, facts.st_mtime_ns)

    def used_bytes(self) -> int:
        """Return the size of all files together."""
        return sum(file.size for file in self.files())

    def trim(self, max_bytes: int) -> None:
        """Remove files, the least recently used ones first, until the others have at most `max_bytes` together."""
        files = sorted(self.files(), key=lambda file: file.used)
        excess = sum(file.size for file in files) - max_bytes
        for file in files:
            if excess <= 0:
                return
            with suppress(OSError):
                file.path.unlink(missing_ok=True)
                excess -= file.size

    def delete(self, chats: Collection[str]) -> None:
        """Remove everything that was kept for these chats, and the permission."""
        for chat in chats:
            _remove(self.of_chat(chat))

    def keep_only(self, chats: Collection[str]) -> None:
        """Remove everything except what was kept for these chats, and what killed processes have left of files.

        Of those, some systems have none (see `PartialFile`).
        """
        with suppress(OSError):
            for path in self.folder.iterdir():
                if path.name not in chats:
                    _remove(path)
                else:
                    remove_partials(path, time.time() - ABANDONED_SECONDS)

    def clear(self) -> None:
        """Remove everything that was kept for any chat."""
        self.keep_only(())


def _remove(path: Path) -> None:
    """Remove a folder at once, also for a process that is writing into it, and then its files."""
    gone = path.with_name(f"{uuid4().hex}.deleted")
    with suppress(
        OSError
    ):  # It does not exist, or, on Windows, one of its files is open: those that are not are removed.
        os.rename(path, gone)  # noqa: PTH104 - Path.rename does the same
        path = gone
    shutil.rmtree(path, ignore_errors=True)
