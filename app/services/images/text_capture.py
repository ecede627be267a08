"""Reads the text of a captured area of the screen, which is in no file."""

from PySide6.QtCore import QObject, Signal

from app.domain.documents.pages import OcrPage
from app.domain.errors import Problem
from app.domain.images.codes import with_codes
from app.domain.text.visible_text import visible
from app.engine.process.messages import Event, Failed, TextRead
from app.services.engines.engine import EngineCall
from app.services.engines.reader_engine import ReaderEngine


class TextCapture(QObject):
    """Reads one image at a time; a newer one replaces the one before, of which nothing is reported then.

    `text_read(str, uncertain_lines)` carries the text, empty if there is none; `failed` carries a Problem.
    """

    text_read = Signal(str, int)
    failed = Signal(Problem)

    def __init__(self, reader: ReaderEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._call: EngineCall | None = None

    def read(self, content: bytes, name: str) -> None:
        """Read an encoded image, which errors call `name`."""
        self.stop()
        self._call = self._reader.read_image(content, name, self._on_event)

    def stop(self) -> None:
        """Stop reading; nothing is reported."""
        if self._call:
            self._call.abandon()

    def _on_event(self, event: Event) -> None:
        match event:
            case TextRead(page=page):
                self.text_read.emit(_text(page), page.uncertain_lines)
            case Failed(problem=problem):
                self.failed.emit(problem)


def _text(page: OcrPage) -> str:
    """Return the text of a page, or, if all that is on it are codes, their contents alone."""
    if page.text.strip():
        return with_codes(page.text, page.codes)
    return "\n".join(visible(code.text) for code in page.codes)
