"""Pictures of several images of the store, decoded in the images process, one after the other."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.attachments import Attachment
from app.domain.ports import AttachmentStore
from app.engine.process.messages import Event, Failed, ImageProbed, ProbeImage
from app.services.engine import Engine
from app.services.image_importer import PROBE_MILLISECONDS


@dataclass(slots=True)
class _Job:
    images: deque[Attachment]
    size: int
    done: Callable[[dict[str, bytes]], None]
    made: dict[str, bytes] = field(default_factory=dict)


class Pictures(QObject):
    """Makes PNGs for whoever asks, in order."""

    def __init__(self, engine: Engine, files: AttachmentStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._files = files
        self._jobs: deque[_Job] = deque()
        self._request_id = 0
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.setInterval(PROBE_MILLISECONDS)
        self._deadline.timeout.connect(engine.kill)
        engine.event_received.connect(self._on_event_received)

    def make(self, images: Sequence[Attachment], size: int, done: Callable[[dict[str, bytes]], None]) -> None:
        """Call `done` with PNGs of at most `size` pixels a side by digest; an image that cannot be decoded has none."""
        once = {image.digest: image for image in images}
        self._jobs.append(_Job(deque(once.values()), size, done))
        if len(self._jobs) == 1:
            self._go_on()

    def _go_on(self) -> None:
        while self._jobs:
            job = self._jobs[0]
            if job.images:
                self._request_id = self._engine.request(partial(_probe, self._files.path(job.images[0]), job.size))
                self._deadline.start()
                return
            self._jobs.popleft()
            job.done(job.made)

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        if not self._jobs or event.request_id != self._request_id:
            return
        if isinstance(event, ImageProbed):
            self._jobs[0].made[self._jobs[0].images[0].digest] = event.thumbnail
        elif not isinstance(event, Failed):
            return
        self._deadline.stop()
        self._request_id = 0
        self._jobs[0].images.popleft()
        self._go_on()


def _probe(path: Path, size: int, request_id: int) -> ProbeImage:
    return ProbeImage(request_id, str(path), size)
