"""Writes a file of the user's choice, off the window's thread."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.domain.documents.pages import OcrPage
from app.domain.documents.worksheets import WorksheetData
from app.domain.errors import Problem, problem_of
from app.services.engines.background import BackgroundThread

SaveFile = Callable[[Path, bytes], None]
"""Writes a file; raises StorageError."""
SaveSheets = Callable[[Path, Sequence[WorksheetData]], None]
"""Writes a spreadsheet; raises StorageError."""
SaveWord = Callable[[Path, Sequence[OcrPage]], None]
"""Writes a document of Word; raises StorageError."""


class FileSaver(QObject):
    """Writes files. `saved` carries the Path that was written, `problem_met` a Problem."""

    saved = Signal(Path)
    problem_met = Signal(Problem)

    def __init__(
        self,
        thread: BackgroundThread,
        save: SaveFile,
        save_sheets: SaveSheets,
        save_word: SaveWord,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._save = save
        self._save_sheets = save_sheets
        self._save_word = save_word

    def save(self, target: Path, content: bytes) -> None:
        """Write `content` to `target`."""
        self._write(target, partial(self._save, target, content))

    def save_copy(self, target: Path, source: Path) -> None:
        """Write what is in the file `source` to `target`."""
        self._write(target, lambda: self._save(target, source.read_bytes()))

    def save_sheets(self, target: Path, sheets: Sequence[WorksheetData]) -> None:
        """Write a spreadsheet to `target`."""
        self._write(target, partial(self._save_sheets, target, sheets))

    def save_word(self, target: Path, pages: Sequence[OcrPage]) -> None:
        """Write a document of Word to `target`."""
        self._write(target, partial(self._save_word, target, pages))

    def _write(self, target: Path, work: Callable[[], None]) -> None:
        self._thread.submit(
            work,
            lambda _: self.saved.emit(target),
            lambda error: self.problem_met.emit(problem_of(error)),
        )
