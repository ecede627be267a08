"""OCR of the images of a question that is still being written, and of the image that is shown large.

If the answer repeats the text, the model verifies it as draft tokens, several words at a time. The window suggests
questions by it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.ids import Digest
from app.domain.images.attachments import is_digest
from app.domain.ports import IGNORE
from app.engine.process.messages import Done, Event, Failed, TextRead
from app.services.engines.engine import EngineCall
from app.services.engines.reader_engine import ReaderEngine

MAX_CACHED = 64


class ImageTexts(QObject):
    """The pages of the latest images, by path; an image that cannot be read has none.

    `keep` is called with the OCR result of each image of the attachment store; `page_read(path, OcrPage)` is emitted
    once for each image that could be read, `unreadable(path)` for each that could not.
    """

    page_read = Signal(str, OcrPage)
    unreadable = Signal(str)

    def __init__(
        self, reader: ReaderEngine, keep: Callable[[OcrResult], None] = IGNORE, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._reader = reader
        self._keep_result = keep
        self._pages: OrderedDict[str, OcrPage | None] = OrderedDict()
        self._calls: dict[str, EngineCall] = {}
        self._wanted: set[str] = set()
        self._wanted_too: set[str] = set()
        self._shown = ""
        self._is_stopped = False

    def read(self, paths: Iterable[str]) -> None:
        """Read these images in the background, those that have not been read; cancel the reading of all others."""
        wanted = list(dict.fromkeys(paths))
        self._wanted = set(wanted)
        for path, call in self._calls.items():
            if not self._is_wanted(path):
                call.cancel()
        for path in wanted:
            self._start(path)

    def read_too(self, paths: Iterable[str]) -> None:
        """Read these images besides those that are wanted already, and whichever are wanted later.

        `stop` interrupts that until the next call.
        """
        unread = [path for path in dict.fromkeys(paths) if path not in self._pages]
        self._wanted_too |= set(unread[:MAX_CACHED])
        self._is_stopped = False
        for path in list(self._wanted_too):
            self._start(path)

    def read_shown(self, path: str) -> None:
        """Read the image that is shown, whatever else is read or stopped, in place of the one before; "" for none."""
        before, self._shown = self._shown, path
        if before in self._calls and not self._is_wanted(before):
            self._calls[before].cancel()
        if path:
            self._start(path)

    def preempt(self) -> None:
        """Let what the user has read go first: the image that is shown is read again afterwards."""
        if call := self._calls.get(self._shown):
            call.cancel()

    def take(self, path: str, page: OcrPage) -> None:
        """Take the page of an image that the user had read, so that it is not read once more."""
        self._add(path, page)
        if call := self._calls.get(path):
            call.cancel()

    def stop(self) -> None:
        """Cancel the reading of images that have not been read yet, except for the one that is shown."""
        self._is_stopped = True
        self.read(())

    def page(self, path: str) -> OcrPage | None:
        """Return the page of an image; None if it has not been read, or cannot be."""
        return self._pages.get(path)

    def has_ended(self, path: str) -> bool:
        """Return whether an image has been read, or could not be."""
        return path in self._pages

    def known(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the texts of these images that have been read, without empty ones."""
        pages = (self._pages.get(path) for path in dict.fromkeys(paths))
        return tuple(page.text for page in pages if page and page.text)

    def _is_wanted(self, path: str) -> bool:
        return path in self._wanted or path == self._shown or (path in self._wanted_too and not self._is_stopped)

    def _start(self, path: str) -> None:
        if path not in self._pages and path not in self._calls:
            self._calls[path] = self._reader.read(Path(path), partial(self._on_event, path))

    def _on_event(self, path: str, event: Event) -> None:
        match event:
            case TextRead(page=page):
                self._add(path, page)
            case Failed():
                self._keep(path, None)
                self.unreadable.emit(path)
        if isinstance(event, Done | Failed):
            call = self._calls.pop(path)
            if call.is_cancelled and self._is_wanted(path):  # It has been wanted again since.
                self._start(path)

    def _add(self, path: str, page: OcrPage) -> None:
        self._keep(path, page)
        self.page_read.emit(path, page)
        if is_digest(name := Path(path).name):  # The name of a file of the attachment store.
            self._keep_result(OcrResult(digest=Digest(name), number=0, page=page))

    def _keep(self, path: str, page: OcrPage | None) -> None:
        self._pages[path] = page
        self._wanted_too.discard(path)
        if len(self._pages) > MAX_CACHED:
            self._pages.popitem(last=False)
