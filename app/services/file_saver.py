"""Writing a file of the user's choice, off the window's thread."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.domain.errors import problem_of
from app.services.background import BackgroundThread

SaveFile = Callable[[Path, bytes], None]
"""Writes a file; raises StorageError."""


class FileSaver(QObject):
    """`saved` carries the Path that was written, `problem_met` a Problem."""

    saved = Signal(object)
    problem_met = Signal(object)

    def __init__(self, thread: BackgroundThread, save: SaveFile, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = thread
        self._save = save

    def save(self, target: Path, content: bytes) -> None:
        """Write `content` to `target`."""
        self._thread.submit(
            partial(self._save, target, content),
            lambda _: self.saved.emit(target),
            lambda error: self.problem_met.emit(problem_of(error)),
        )
