"""Finds what the batch window shows of one image: its picture, and the record of its result."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.batch.batch import Entry
from app.engine.process.messages import Event, PageShown
from app.services.batch.batch_queue import BatchQueue
from app.services.engines.engine import EngineCall
from app.services.engines.images_engine import ImagesEngine

PICTURE_SIZE = 1200
"""Maximum width and height of the picture in pixels."""


class BatchResults(QObject):
    """Emits `entry_found(index, Entry | None)` and `picture_found(index, png)` for the image that was asked for last.

    The picture of a document is that of its first page; one that cannot be drawn has none.
    """

    entry_found = Signal(int, object)  # An Entry or None.
    picture_found = Signal(int, bytes)

    def __init__(self, queue: BatchQueue, images: ImagesEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._images = images
        self._call: EngineCall | None = None
        self._asked = 0

    @Slot(int)
    def find(self, index: int) -> None:
        """Find picture and record of an image of the batch."""
        run = self._queue.run
        if run is None or not 0 <= index < len(run.sources):
            return
        self._asked += 1
        if self._call:
            self._call.abandon()
        on_event = partial(self._on_event, index)
        self._call = self._images.show_page(Path(run.sources[index].path), 0, PICTURE_SIZE, on_event)
        self._queue.find_entry(index, partial(self._on_entry, self._asked, index))

    def _on_entry(self, asked: int, index: int, entry: Entry | None) -> None:
        if asked == self._asked:
            self.entry_found.emit(index, entry)

    def _on_event(self, index: int, event: Event) -> None:
        if isinstance(event, PageShown):
            self.picture_found.emit(index, event.png)
