"""Large previews of attachments for the viewer, decoded in the images process."""

from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.errors import Problem
from app.domain.images.attachments import Attachment
from app.domain.ports import AttachmentStore
from app.engine.process.messages import Event, Failed, ImageProbed
from app.services.engines.engine import EngineCall
from app.services.engines.images_engine import ImagesEngine

PREVIEW_SIZE = 1600


class Previews(QObject):
    """Makes one preview at a time; a newer request replaces an older one.

    `ready` carries the Attachment and a PNG of at most PREVIEW_SIZE pixels a side, `failed` a Problem.
    """

    ready = Signal(Attachment, bytes)
    failed = Signal(Problem)

    def __init__(self, images: ImagesEngine, files: AttachmentStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._images = images
        self._files = files
        self._call: EngineCall | None = None

    @Slot(Attachment)
    def request(self, attachment: Attachment) -> None:
        """Request a preview of an image of the store."""
        if self._call:
            self._call.abandon()
        on_event = partial(self._on_event, attachment)
        self._call = self._images.probe(self._files.path(attachment), PREVIEW_SIZE, on_event)

    def _on_event(self, attachment: Attachment, event: Event) -> None:
        match event:
            case ImageProbed(thumbnail=png):
                self.ready.emit(attachment, png)
            case Failed(problem=problem):
                self.failed.emit(problem)
