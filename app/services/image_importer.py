"""From a dropped file to an attachment: checked in the images process, copied into the store, one file at a time.

The window's process never decodes a file that it was given. One probe is under way at a time, so that a file which
hangs or kills the images process is the only one that suffers.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.attachments import Attachment, DocumentPage, ImagePart
from app.domain.chat import new_id
from app.domain.errors import Problem, ProblemKind, problem_of
from app.engine.process.messages import (
    CutImage,
    Done,
    DrawPage,
    Event,
    Failed,
    ImageProbed,
    PagesFound,
    ProbeImage,
    Request,
)
from app.services.background import BackgroundThread
from app.services.engine import Engine

THUMBNAIL_SIZE = 320
MOST_PAGES = 20
"""Of a PDF; more would fill the composer, and the model's context."""
PROBE_MILLISECONDS = 20_000
"""How long one file may keep the images process busy."""


class ImageFiles(Protocol):
    """What the importer needs of the attachment store."""

    def add(self, source: Path, digest: str) -> Path:
        """Copy `source` into the store; raises StorageError or ImageError."""
        ...

    def save_thumbnail(self, digest: str, png: bytes) -> None:
        """Keep a thumbnail; raises StorageError."""
        ...

    def save_incoming(self, data: bytes, name: str) -> Path:
        """Keep pasted bytes in a file; raises StorageError."""
        ...

    def path(self, attachment: Attachment) -> Path:
        """Where the original bytes lie."""
        ...

    def new_incoming(self, name: str) -> Path:
        """A path for a file that is going to be written; raises StorageError."""
        ...

    def discard_incoming(self, path: Path) -> None:
        """Remove such a file again."""
        ...


@dataclass(frozen=True, slots=True)
class _Import:
    import_id: str
    chat_id: str
    path: Path
    name: str
    is_incoming: bool
    parent: Path = Path()
    """What `part` is to be made of first."""
    part: ImagePart | DocumentPage | None = None
    password: str = field(default="", repr=False)

    def request(self, request_id: int) -> Request:
        """What the images process is asked."""
        parent, path = str(self.parent), str(self.path)
        match self.part:
            case ImagePart():
                return CutImage(request_id, parent, self.part, path, THUMBNAIL_SIZE)
            case DocumentPage(number=number):
                return DrawPage(request_id, parent, number, path, THUMBNAIL_SIZE, self.password)
            case None:
                return ProbeImage(request_id, path, THUMBNAIL_SIZE, self.password)


class ImageImporter(QObject):
    """Imports images for chats. Signals carry the import's id and the chat's; every start has one end.

    `started(import_id, chat_id, name)`, `finished(import_id, chat_id, Attachment)`,
    `failed(import_id, chat_id, Problem)`; a cancelled import emits `cancelled(import_id, chat_id)`, and so does a
    document that needs a password, after `password_needed(Path, chat_id, Problem)`.
    `was_too_long(Path)` names a document whose first pages alone are added.
    """

    started = Signal(str, str, str)
    finished = Signal(str, str, object)
    failed = Signal(str, str, object)
    cancelled = Signal(str, str)
    password_needed = Signal(object, str, object)
    was_too_long = Signal(object)

    def __init__(
        self, engine: Engine, files: ImageFiles, thread: BackgroundThread, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._engine = engine
        self._files = files
        self._thread = thread
        self._waiting: deque[_Import] = deque()
        self._probing: _Import | None = None
        self._request_id = 0
        self._given_up: set[str] = set()
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.setInterval(PROBE_MILLISECONDS)
        self._deadline.timeout.connect(engine.kill)
        engine.event_received.connect(self._on_event_received)

    def import_file(self, path: Path, chat_id: str, password: str = "") -> None:
        """Import a file of the user's; it is copied and never changed. The password is kept in no file."""
        self._begin(_Import(new_id(), chat_id, path, path.name, is_incoming=False, password=password))

    def import_data(self, data: bytes, name: str, chat_id: str) -> None:
        """Import the bytes of an encoded image that came from the clipboard or a browser."""
        item = _Import(new_id(), chat_id, Path(), name, is_incoming=True)
        self._begin_incoming(partial(self._files.save_incoming, data, name), item)

    def import_part(self, parent: Attachment, part: ImagePart, chat_id: str) -> None:
        """Import a part of an image of the store, cut out of its original pixels."""
        self._begin_part(_part(chat_id, f"{Path(parent.name).stem} (part).png", self._files.path(parent), part))

    def cancel(self, import_id: str) -> None:
        """Forget an import that has not finished."""
        self._given_up.add(import_id)
        if self._probing and self._probing.import_id == import_id:
            self._engine.cancel(self._request_id)

    def _begin_part(self, item: _Import) -> None:
        self._begin_incoming(partial(self._files.new_incoming, item.name), item)

    def _begin_incoming(self, find_path: Callable[[], Path], item: _Import) -> None:
        """Import a file of ours, whose path `find_path` gives on the files' thread."""
        self.started.emit(item.import_id, item.chat_id, item.name)
        self._thread.submit(
            find_path,
            lambda path: self._enqueue(replace(item, path=path)),
            lambda error: self.failed.emit(item.import_id, item.chat_id, problem_of(error)),
        )

    def _take_pages(self, item: _Import, pages: int) -> None:
        """Import the pages of a document in its place."""
        for number in range(min(pages, MOST_PAGES)):
            name = f"{Path(item.name).stem}, page {number + 1}.png"
            page = _part(item.chat_id, name, item.path, DocumentPage(number))
            self._begin_part(replace(page, password=item.password))
        if pages > MOST_PAGES:
            self.was_too_long.emit(item.path)
            self.failed.emit(item.import_id, item.chat_id, _too_many(item.name, pages))
        else:
            self.cancelled.emit(item.import_id, item.chat_id)

    def _begin(self, item: _Import) -> None:
        self.started.emit(item.import_id, item.chat_id, item.name)
        self._enqueue(item)

    def _enqueue(self, item: _Import) -> None:
        self._waiting.append(item)
        self._probe_next()

    def _probe_next(self) -> None:
        while self._probing is None and self._waiting:
            item = self._waiting.popleft()
            if self._is_given_up(item):
                continue
            self._probing = item
            self._request_id = self._engine.request(item.request)
            self._deadline.start()

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        item = self._probing
        if item is None or event.request_id != self._request_id:
            return
        match event:
            case ImageProbed():
                self._keep(item, event)
            case PagesFound(pages=pages):
                self._take_pages(item, pages)
            case Failed(problem=problem) if problem.kind is ProblemKind.PASSWORD:
                self.password_needed.emit(item.path, item.chat_id, problem)
                self.cancelled.emit(item.import_id, item.chat_id)
            case Failed(problem=problem):
                self._fail(item, _stopped(item) if problem.kind is ProblemKind.ENGINE else problem)
            case Done():
                self._is_given_up(item)
            case _:
                return
        self._deadline.stop()
        self._probing = None
        self._probe_next()

    def _keep(self, item: _Import, probed: ImageProbed) -> None:
        attachment = Attachment(
            digest=probed.digest,
            name=item.name,
            media_type=probed.media_type,
            width=probed.width,
            height=probed.height,
            byte_size=probed.byte_size,
            frames=probed.frames,
            seconds=probed.seconds,
            part_of=item.part if isinstance(item.part, ImagePart) else None,
        )

        def work() -> None:
            self._files.save_thumbnail(probed.digest, probed.thumbnail)
            self._files.add(item.path, probed.digest)
            self._discard(item)

        def done(_: None) -> None:
            if not self._is_given_up(item):
                self.finished.emit(item.import_id, item.chat_id, attachment)

        self._thread.submit(work, done, lambda error: self._fail(item, problem_of(error)))

    def _fail(self, item: _Import, problem: Problem) -> None:
        self._thread.submit(partial(self._discard, item), lambda _: None, lambda _: None)
        if not self._is_given_up(item):
            self.failed.emit(item.import_id, item.chat_id, problem)

    def _is_given_up(self, item: _Import) -> bool:
        if item.import_id not in self._given_up:
            return False
        self._given_up.discard(item.import_id)
        self.cancelled.emit(item.import_id, item.chat_id)
        return True

    def _discard(self, item: _Import) -> None:
        if item.is_incoming:
            self._files.discard_incoming(item.path)


def _part(chat_id: str, name: str, parent: Path, part: ImagePart | DocumentPage) -> _Import:
    return _Import(new_id(), chat_id, Path(), name, is_incoming=True, parent=parent, part=part)


def _too_many(name: str, pages: int) -> Problem:
    return Problem(
        ProblemKind.DOCUMENT,
        f"“{name}” has {pages} pages; the first {MOST_PAGES} were added.",
        todo="Open it as a document to look at all of them.",
    )


def _stopped(item: _Import) -> Problem:
    return Problem(
        ProblemKind.IMAGE,
        f"“{item.name}” took too long or broke the image opener, so it was not added.",
        "The file itself is untouched.",
        "Open it in an image editor, save it as PNG, and drop that.",
    )
