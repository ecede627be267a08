"""Larger pictures of attachments for looking at, decoded in the images process like everything else."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.attachments import Attachment
from app.domain.ports import AttachmentStore
from app.engine.process.messages import Event, Failed, ImageProbed, ProbeImage
from app.services.engine import Engine

PREVIEW_SIZE = 1600


class Previews(QObject):
    """Makes one preview at a time; a newer request replaces an older one.

    `ready` carries the Attachment and a PNG of at most PREVIEW_SIZE pixels a side, `failed` a Problem.
    """

    ready = Signal(object, bytes)
    failed = Signal(object)

    def __init__(self, engine: Engine, files: AttachmentStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._files = files
        self._wanted: tuple[int, Attachment] | None = None
        engine.event_received.connect(self._on_event_received)

    def request(self, attachment: Attachment) -> None:
        """Ask for a preview of an image of the store."""
        request_id = self._engine.request(partial(_probe, self._files.path(attachment)))
        self._wanted = (request_id, attachment)

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        if self._wanted is None or event.request_id != self._wanted[0]:
            return
        match event:
            case ImageProbed(thumbnail=png):
                self.ready.emit(self._wanted[1], png)
            case Failed(problem=problem):
                self.failed.emit(problem)
        self._wanted = None


def _probe(path: Path, request_id: int) -> ProbeImage:
    return ProbeImage(request_id, str(path), PREVIEW_SIZE)
