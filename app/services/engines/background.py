"""A thread for work that may block on the disk: callables are submitted, results arrive on the caller's thread.

SQLite is used on one such thread only, so that the window never waits for a slow or full disk.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.domain.ports import IGNORE
from app.domain.redacting_log import kind_of

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]


class _Worker(QObject):
    """Runs jobs on the thread."""

    succeeded = Signal(_Job, object)  # What the work returned: of any class.
    failed = Signal(_Job, Exception)

    @Slot(_Job)
    def on_submitted(self, job: _Job) -> None:
        try:
            result = job.work()
        except Exception as error:  # noqa: BLE001 - passed to the caller, who knows what it means
            self.failed.emit(job, error)
        else:
            self.succeeded.emit(job, result)


class BackgroundThread(QObject):
    """Runs jobs one after another, in the order in which they were submitted."""

    _submitted = Signal(_Job)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = QThread(self)
        self._thread.setObjectName(name)
        self._worker = _Worker()
        self._worker.moveToThread(self._thread)
        self._submitted.connect(self._worker.on_submitted)
        self._worker.succeeded.connect(self._on_succeeded)
        self._worker.failed.connect(self._on_failed)
        self._thread.start()

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Run `work` on the thread, then `done` with its result or `failed` with its error, back on this one."""
        self._submitted.emit(_Job(work, done, failed))

    def close(self) -> None:
        """Finish every job that has been submitted, then end the thread. Results that arrive later are dropped."""
        # Both calls pass through the worker's event queue, after the jobs.
        self._submitted.emit(_Job(self._thread.quit, IGNORE, IGNORE))
        self._thread.wait()

    @Slot(_Job, object)
    def _on_succeeded(self, job: _Job, result: object) -> None:
        job.done(result)

    @Slot(_Job, Exception)
    def _on_failed(self, job: _Job, error: Exception) -> None:
        job.failed(error)


def log_failure(error: Exception) -> None:
    """Log that a job whose result nobody waits for has failed."""
    _log.warning("work in the background failed: %s", kind_of(error))
