"""Images that nothing refers to any more: set aside, restored if used again, deleted after thirty days or on request.

Layout: `<unused>/2026-01-31/<digest>`, and `<digest>.png` for the thumbnail.

The present database is not the only one with references: a backup, or a damaged or replaced database, may be restored
later. So an image is unused only if none of them refers to it; if one cannot be read, no image counts as unused.
"""

import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.domain.error_texts import storage_texts
from app.domain.errors import StorageError
from app.domain.images.attachments import is_digest
from app.paths import make_private_folder
from app.storage.files.atomic import storage_error
from app.storage.files.data_folder import DataFolder

GRACE_SECONDS = 24 * 60 * 60
"""Age in seconds below which a file never counts as unused: its message may not have been saved yet."""
KEPT_DAYS = 30
"""Number of days for which an unused image is set aside before it is deleted."""

Digests = AbstractSet[str]


class UnusedImages:
    """Moves images between `attachments` and `unused`. Methods raise StorageError."""

    def __init__(self, attachments: Path, unused: Path, data: DataFolder) -> None:
        self._attachments = attachments
        self._unused = unused
        self._data = data

    def put_back(self, find_used: Callable[[], Digests]) -> None:
        """Move images that are used again back into the store. If none is set aside, `find_used` is not called."""
        with self._translated_errors():
            aside = self._aside()
            if not aside:
                return
            self._data.check()
            used = find_used()
            for file in aside:
                digest = _digest(file)
                if digest in used:
                    target = self._attachments / digest[:2] / file.name
                    make_private_folder(target.parent)
                    file.replace(target)

    def collect(self, used: Digests, find_used_elsewhere: Callable[[], Digests | None]) -> int:
        """Set aside images that neither `used` nor any other database refers to; return the number of files.

        `find_used_elsewhere` returns None if another database cannot be read. Then nothing is moved or removed.
        """
        with self._translated_errors():
            self._data.check()
            candidates = self._candidates(used)
            if not candidates and not self._aside():
                return 0
            elsewhere = find_used_elsewhere()
            if elsewhere is None:
                return 0
            self.put_back(lambda: used | elsewhere)
            today = self._unused / f"{datetime.now(UTC):%Y-%m-%d}"
            unused = [file for file in candidates if _digest(file) not in elsewhere]
            for file in unused:
                make_private_folder(today)
                file.replace(today / file.name)
            self._remove_old()
            return len(unused)

    def delete(self, used: Digests, find_used_elsewhere: Callable[[], Digests | None]) -> int:
        """Permanently delete the images set aside and those that `collect` sets aside; return the number of images.

        Raises StorageError also if another database cannot be read: its references are unknown.
        """
        elsewhere = find_used_elsewhere()
        if elsewhere is None:
            raise StorageError(storage_texts.UNUSED_IMAGES_UNKNOWN, folder=str(self._unused.parent))
        self.collect(used, lambda: elsewhere)
        with self._translated_errors():
            aside = self._aside()
            for file in aside:
                file.unlink(missing_ok=True)
            self._remove_old()
        return len({_digest(file) for file in aside})

    def _candidates(self, used: Digests) -> list[Path]:
        latest = time.time() - GRACE_SECONDS
        found = []
        for file in self._attachments.glob("*/*"):
            digest = _digest(file)
            if is_digest(digest) and digest not in used:
                with suppress(FileNotFoundError):  # Removed meanwhile.
                    if file.lstat().st_mtime < latest:
                        found.append(file)
        return found

    def _aside(self) -> list[Path]:
        return [file for file in self._unused.glob("*/*") if is_digest(_digest(file))]

    def _remove_old(self) -> None:
        oldest = datetime.now(UTC).date() - timedelta(days=KEPT_DAYS)
        for folder in self._unused.glob("*"):
            try:
                is_over = date.fromisoformat(folder.name) < oldest
            except ValueError:
                continue  # Not ours.
            if is_over:
                for file in folder.iterdir():
                    if is_digest(_digest(file)):
                        file.unlink(missing_ok=True)
            if not any(folder.iterdir()):
                folder.rmdir()

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise storage_error(error, storage_texts.UNUSED_IMAGES) from error


def _digest(file: Path) -> str:
    return file.name.removesuffix(".png")
