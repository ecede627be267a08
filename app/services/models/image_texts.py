"""OCR of the images of a question that is still being written.

If the answer repeats the text, the model verifies it as draft tokens, several words at a time.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from app.domain.documents.ocr_results import OcrResult
from app.domain.ids import Digest
from app.domain.images.attachments import is_digest
from app.domain.ports import IGNORE
from app.engine.process.messages import Done, Event, Failed, TextRead
from app.services.engines.engine import EngineCall
from app.services.engines.reader_engine import ReaderEngine

MAX_CACHED = 64


class ImageTexts:
    """The texts of the latest images, by path; an image that cannot be read has none.

    `keep` is called with the OCR result of each image of the attachment store.
    """

    def __init__(self, reader: ReaderEngine, keep: Callable[[OcrResult], None] = IGNORE) -> None:
        self._reader = reader
        self._keep = keep
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._calls: dict[str, EngineCall] = {}

    def read(self, paths: Iterable[str]) -> None:
        """Read images that have not been read yet, in the background."""
        for path in dict.fromkeys(paths):
            if path not in self._texts and path not in self._calls:
                self._calls[path] = self._reader.read(Path(path), partial(self._on_event, path))

    def stop(self) -> None:
        """Cancel the reading of images that have not been read yet."""
        for call in self._calls.values():
            call.cancel()

    def known(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Return the texts of these images that have been read, without empty ones."""
        return tuple(filter(None, (self._texts.get(path) for path in dict.fromkeys(paths))))

    def _on_event(self, path: str, event: Event) -> None:
        match event:
            case TextRead(page=page):
                self._store_result(path, page.text)
                if is_digest(name := Path(path).name):  # The name of a file of the attachment store.
                    self._keep(OcrResult(digest=Digest(name), number=0, page=page))
            case Failed():
                self._store_result(path, "")
        if isinstance(event, Done | Failed):
            del self._calls[path]

    def _store_result(self, path: str, text: str) -> None:
        self._texts[path] = text
        if len(self._texts) > MAX_CACHED:
            self._texts.popitem(last=False)
