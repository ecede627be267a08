"""What the built-in reader finds on the images of a question that is still being written.

Where the answer then writes the same text down, the model only has to check it, several words at a time.
"""

from collections import OrderedDict
from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject, Slot

from app.engine.process.messages import Done, Event, Failed, ReadText, TextRead
from app.services.engine import Engine

MOST_KEPT = 64


class ImageTexts(QObject):
    """Texts of images by path, the latest of them kept; an image that cannot be read has none."""

    def __init__(self, reader: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._open: dict[int, str] = {}
        reader.event_received.connect(self._on_event_received)

    def read(self, paths: Iterable[str]) -> None:
        """Have images read that have not been, in the background."""
        for path in dict.fromkeys(paths):
            if path not in self._texts and path not in self._open.values():
                self._open[self._reader.request(partial(ReadText, path=path))] = path

    def stop(self) -> None:
        """Leave unread what has not been read yet."""
        for request_id in self._open:
            self._reader.cancel(request_id)

    def known(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The texts that have been read of these images, empty ones left out."""
        return tuple(filter(None, (self._texts.get(path) for path in dict.fromkeys(paths))))

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        path = self._open.get(event.request_id)
        if path is None:
            return
        match event:
            case TextRead(page=page):
                self._keep(path, page.text)
            case Failed():
                self._keep(path, "")
        if isinstance(event, Done | Failed):
            del self._open[event.request_id]

    def _keep(self, path: str, text: str) -> None:
        self._texts[path] = text
        if len(self._texts) > MOST_KEPT:
            self._texts.popitem(last=False)
