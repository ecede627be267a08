"""Turns a dropped file into an attachment: checked in the images process, copied into the store.

The window's process never decodes a file that it was given.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.chat.chat import new_id
from app.domain.error_texts import document_texts, image_texts
from app.domain.errors import Problem, ProblemKind, problem_of
from app.domain.ids import ConversationId, ImportId
from app.domain.images.attachments import Attachment, DocumentPage, ImageCrop
from app.domain.images.data_urls import decode_image, image_suffix
from app.domain.images.open_imports import OpenImport
from app.domain.models.answer_stats import FinishReason
from app.domain.ports import IGNORE
from app.domain.well_formed import well_formed
from app.engine.process.messages import Done, Event, Failed, ImageProbed, PagesFound
from app.services.engines.background import BackgroundThread
from app.services.engines.engine import EngineCall
from app.services.engines.images_engine import ImagesEngine
from app.services.images.import_order import ImageFiles, ImageImport, ImportOrder

THUMBNAIL_SIZE = 320
MAX_PAGES = 20
"""Maximum number of pages of a PDF; more would fill the composer and the model's context."""

MAX_LOST = 100
"""Maximum number of files that are remembered because the images process ended while it opened them."""


class ImageImporter(QObject):
    """Imports images for chats. Signals carry the import's id and the chat's; every start is followed by one end.

    The images of a chat are finished in the order of their files and, within a document, of its pages. `files_of`
    returns where those of a chat are kept.

    `started(import_id, chat_id, name)`, `finished(import_id, chat_id, Attachment)`,
    `failed(import_id, chat_id, Problem)`; a cancelled import emits `cancelled(import_id, chat_id)`, and so does a
    document whose pages are added instead. `password_needed(import_id, Problem)` asks for `unlock` or `cancel`.
    `was_cut_short(Problem)` names an added image whose file ends early.
    `was_too_long(Path, chat_id, Problem)` names a document of which only the first pages are added; `open_changed`
    reports that `open_imports` are others.
    """

    started = Signal(str, str, str)
    finished = Signal(str, str, Attachment)
    failed = Signal(str, str, Problem)
    cancelled = Signal(str, str)
    password_needed = Signal(str, Problem)
    was_cut_short = Signal(Problem)
    was_too_long = Signal(Path, str, Problem)
    open_changed = Signal()

    def __init__(
        self,
        images: ImagesEngine,
        files_of: Callable[[ConversationId], ImageFiles],
        thread: BackgroundThread,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._images = images
        self._files_of = files_of
        self._thread = thread
        self._calls: dict[ImportId, EngineCall] = {}
        self._cancelled: set[str] = set()
        self._locked: dict[ImportId, ImageImport] = {}
        """Documents that wait for their passwords at their places, by import."""
        self._lost: deque[tuple[Path, ImageCrop | DocumentPage | None]] = deque(maxlen=MAX_LOST)
        """Files, or parts of them, that the images process did not survive once."""
        self._order = ImportOrder()

    @property
    def open_imports(self) -> tuple[OpenImport, ...]:
        """The imports that have not ended."""
        return self._order.records

    def import_file(self, path: Path, chat_id: ConversationId, name: str = "", password: str = "") -> None:
        """Import a file of the user's; it is copied and never changed. `name` replaces a meaningless file name."""
        files, name = self._files_of(chat_id), name or well_formed(path.name)
        self._begin(ImageImport(_new_id(), chat_id, files, path, name, is_incoming=False, password=password))

    def import_page(self, path: Path, number: int, chat_id: ConversationId, name: str, password: str = "") -> None:
        """Import a picture of the page `number`, from 0, of the document `name`."""
        self._begin_incoming(_page_import(chat_id, self._files_of(chat_id), name, path, number, password))

    def import_data(self, data: bytes, name: str, chat_id: ConversationId) -> None:
        """Import the bytes of an encoded image from the clipboard or a browser."""
        item = ImageImport(_new_id(), chat_id, self._files_of(chat_id), Path(), name, is_incoming=True)
        self._begin_incoming(item, partial(item.files.save_incoming, data, name))

    def import_data_url(self, url: str, stem: str, chat_id: ConversationId) -> None:
        """Import the image in a data: URL, decoded on the files' thread; `stem` is its name without a suffix."""
        name = stem + image_suffix(url)
        item = ImageImport(_new_id(), chat_id, self._files_of(chat_id), Path(), name, is_incoming=True)
        self._begin_incoming(item, lambda: item.files.save_incoming(decode_image(url, name), name))

    def import_crop(self, parent: Attachment, part: ImageCrop, chat_id: ConversationId) -> None:
        """Import a crop of an image of the store, cut from its original pixels."""
        name = f"{Path(parent.name).stem} (part).png"
        files = self._files_of(chat_id)
        self._begin_incoming(_part_import(chat_id, files, name, files.path(parent), part))

    def import_again(self, record: OpenImport, chat_id: ConversationId) -> None:
        """Begin an import again that was interrupted, for the chat `chat_id`."""
        path, files = Path(record.path), self._files_of(chat_id)
        if record.part:
            self._begin_incoming(_part_import(chat_id, files, record.name, path, record.part))
        else:
            self._begin(ImageImport(_new_id(), chat_id, files, path, record.name, record.is_incoming))

    def unlock(self, import_id: ImportId, password: str) -> None:
        """Open a document that needs a password with this one, which is not written to any file."""
        if item := self._locked.pop(import_id, None):
            self._probe(replace(item, password=password))

    @Slot(str)
    def cancel_all(self, chat_id: ConversationId) -> None:
        """Cancel the unfinished imports of a chat."""
        for import_id in self._order.of_chat(chat_id):
            self.cancel(import_id)

    def has_any(self, chat_id: ConversationId) -> bool:
        """Return whether imports of a chat are unfinished."""
        return bool(self._order.of_chat(chat_id))

    @Slot(str)
    def cancel(self, import_id: ImportId) -> None:
        """Cancel an unfinished import."""
        if import_id not in self._order:
            return
        self._cancelled.add(import_id)
        if waiting := self._locked.pop(import_id, None) or self._order.find_ready(import_id):
            self._is_cancelled(waiting)
        if call := self._calls.get(import_id):
            call.cancel()

    def _begin_incoming(self, item: ImageImport, find_path: Callable[[], Path] | None = None) -> None:
        """Import a file that Lorgnette writes; `find_path`, called on the files' thread, returns its path."""
        self._announce(item)
        self._write_incoming(item, find_path or partial(item.files.new_incoming, item.name))

    def _write_incoming(self, item: ImageImport, find_path: Callable[[], Path]) -> None:
        self._thread.submit(
            find_path,
            lambda path: self._probe(replace(item, path=path)),
            lambda error: self._end_failed(item, problem_of(error)),
        )

    def _take_pages(self, item: ImageImport, count: int) -> None:
        """Import the pages of a document in place of the document."""
        pages = tuple(
            _page_import(item.chat_id, item.files, item.name, item.path, number, item.password)
            for number in range(min(count, MAX_PAGES))
        )
        self._order.add_pages(item, pages)
        for page in pages:
            self.started.emit(page.import_id, page.chat_id, page.name)
            self._write_incoming(page, partial(page.files.new_incoming, page.name))
        if count > MAX_PAGES:
            self.was_too_long.emit(item.path, item.chat_id, _too_many(item.name, count))
        self._end_cancelled(item)

    def _begin(self, item: ImageImport) -> None:
        self._announce(item)
        self._probe(item)

    def _announce(self, item: ImageImport) -> None:
        self._order.add(item)
        self.open_changed.emit()
        self.started.emit(item.import_id, item.chat_id, item.name)

    def _probe(self, item: ImageImport) -> None:
        if self._is_cancelled(item):
            return
        self._order.update(item)
        self.open_changed.emit()
        on_event = partial(self._on_event, item)
        match item.part:
            case ImageCrop():
                call = self._images.cut(item.parent, item.part, item.path, THUMBNAIL_SIZE, on_event)
            case DocumentPage(number=number):
                call = self._images.draw_page(
                    item.parent, number, item.path, THUMBNAIL_SIZE, on_event, password=item.password
                )
            case None:
                call = self._images.probe(item.path, THUMBNAIL_SIZE, on_event, item.password)
        self._calls[item.import_id] = call

    def _on_event(self, item: ImageImport, event: Event) -> None:
        if isinstance(event, Done | Failed):
            del self._calls[item.import_id]
        match event:
            case ImageProbed():
                self._store_result(item, event)
            case PagesFound(pages=pages):
                self._take_pages(item, pages)
            case Failed(problem=problem) if problem.kind is ProblemKind.PASSWORD:
                if not self._is_cancelled(item):
                    self._locked[item.import_id] = item
                    self.password_needed.emit(item.import_id, problem)
            case Failed(problem=problem):
                self._fail(item, self._ended_by(item) if problem.kind is ProblemKind.ENGINE else problem)
            case Done(reason=FinishReason.STOPPED):
                self._is_cancelled(item)

    def _ended_by(self, item: ImageImport) -> Problem:
        """Return the problem of an import that lost its process: the file is at fault if that happened to it before."""
        source = _source(item)
        if source in self._lost:
            return document_texts.DECODER_STOPPED.problem(file=item.name)
        if source:
            self._lost.append(source)
        return document_texts.DECODER_GONE.problem(file=item.name)

    def _store_result(self, item: ImageImport, probed: ImageProbed) -> None:
        attachment = Attachment(
            digest=probed.digest,
            name=item.name,
            media_type=probed.media_type,
            width=probed.width,
            height=probed.height,
            byte_size=probed.byte_size,
            frames=probed.frames,
            seconds=probed.seconds,
            part_of=item.part if isinstance(item.part, ImageCrop) else None,
        )

        def work() -> None:
            item.files.save_thumbnail(probed.digest, probed.thumbnail)
            item.files.add(item.path, probed.digest)
            self._discard(item)

        def done(_: None) -> None:
            if not self._is_cancelled(item):
                if probed.shown_share < 1:
                    self.was_cut_short.emit(_cut_short(item.name, probed.shown_share))
                self._order.set_ready(item, attachment)
                self._finish_ready(item.chat_id)

        self._thread.submit(work, done, lambda error: self._fail(item, problem_of(error)))

    def _fail(self, item: ImageImport, problem: Problem) -> None:
        self._thread.submit(partial(self._discard, item), IGNORE, IGNORE)
        if not self._is_cancelled(item):
            self._end_failed(item, problem)

    def _end_failed(self, item: ImageImport, problem: Problem) -> None:
        self._order.remove(item)
        self.failed.emit(item.import_id, item.chat_id, problem)
        self._finish_ready(item.chat_id)

    def _end_cancelled(self, item: ImageImport) -> None:
        self._order.remove(item)
        self.cancelled.emit(item.import_id, item.chat_id)
        self._finish_ready(item.chat_id)

    def _finish_ready(self, chat_id: ConversationId) -> None:
        """Finish the imports of a chat that are ready and that no other import precedes."""
        while ready := self._order.next_ready(chat_id):
            item, attachment = ready
            self._order.remove(item)
            self.finished.emit(item.import_id, chat_id, attachment)
        self.open_changed.emit()

    def _is_cancelled(self, item: ImageImport) -> bool:
        if item.import_id not in self._cancelled:
            return False
        self._cancelled.discard(item.import_id)
        self._end_cancelled(item)
        return True

    def _discard(self, item: ImageImport) -> None:
        if item.is_incoming:
            item.files.discard_incoming(item.path)


def _part_import(
    chat_id: ConversationId, files: ImageFiles, name: str, parent: Path, part: ImageCrop | DocumentPage
) -> ImageImport:
    return ImageImport(_new_id(), chat_id, files, Path(), name, is_incoming=True, parent=parent, part=part)


def _source(item: ImageImport) -> tuple[Path, ImageCrop | DocumentPage | None] | None:
    """Return the user's file that an import opens, or the part of it; None for pasted data, which has no place."""
    if item.part:
        return item.parent, item.part
    return None if item.is_incoming else (item.path, None)


def _page_import(
    chat_id: ConversationId, files: ImageFiles, document: str, path: Path, number: int, password: str
) -> ImageImport:
    name = f"{Path(document).stem}, page {number + 1}.png"
    return replace(_part_import(chat_id, files, name, path, DocumentPage(number)), password=password)


def _too_many(name: str, pages: int) -> Problem:
    return document_texts.ONLY_FIRST_PAGES.problem(file=name, pages=pages, most=MAX_PAGES)


def _cut_short(name: str, share: float) -> Problem:
    return image_texts.CUT_SHORT.problem(file=name, percent=int(share * 100))


def _new_id() -> ImportId:
    return ImportId(new_id())
