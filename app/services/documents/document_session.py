"""A file that is viewed page by page: its pictures, its OCR results, and the user's corrections.

Pages are read when they are viewed, and saved in the database with their corrections; pictures are rendered when they
are shown, and only the latest OCR results are held in memory.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.documents.clean_up import without_ignored
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage, with_notice
from app.domain.documents.pdf_options import AS_IT_IS, PdfOptions
from app.domain.errors import Problem, ProblemKind, problem_of
from app.domain.ids import Digest
from app.domain.images.geometry import Box
from app.domain.models.answer_stats import FinishReason
from app.domain.ports import IGNORE, OcrResultStore
from app.domain.well_formed import well_formed
from app.engine.process.messages import Done, Event, Failed, ImageProbed, PagesFound, PageShown, StageProgress, TextRead
from app.services.documents.ignored_areas import IgnoredAreas
from app.services.engines.background import BackgroundThread
from app.services.engines.engine import EngineCall
from app.services.engines.images_engine import ImagesEngine
from app.services.engines.reader_engine import ReaderEngine
from app.services.engines.store_thread import StoreAccess

PICTURE_SIZE, THUMBNAIL_SIZE = 1800, 150
"""Maximum width and height in pixels, of a page and of a thumbnail."""
MAX_OCR_RESULTS = 40
"""Maximum number of OCR results in memory; others are in the database."""
SAVE_MILLISECONDS = 400


@dataclass(frozen=True, slots=True)
class _Opening:
    """A file that is being opened."""

    path: Path
    name: str
    password: str


class DocumentSession(QObject):
    """Emits `opened(pages)`, `picture_ready(number, width, height, png)`, `thumbnail_ready(number, png)`.

    `reading_progressed(number, progress)` with 0..1, `ocr_result_changed(OcrResult)`, `ocr_failed(number, Problem)`,
    `corrections_saved(Path)` for the open file, `password_needed(path, name, Problem)`, `problem_met(Problem)`,
    `read_so_far(pages)` while all of them are being read, which ends with `all_read()`, `reading_stopped(Problem)`, or
    with `reading_stopped(None)` if that is cancelled or the file closed.
    """

    opened = Signal(int)
    picture_ready = Signal(int, int, int, bytes)
    thumbnail_ready = Signal(int, bytes)
    reading_progressed = Signal(int, float)
    ocr_result_changed = Signal(OcrResult)
    ocr_failed = Signal(int, Problem)
    corrections_saved = Signal(Path)
    password_needed = Signal(Path, str, Problem)
    problem_met = Signal(Problem)
    read_so_far = Signal(int)
    all_read = Signal()
    reading_stopped = Signal(object)  # A Problem or None.

    def __init__(
        self,
        images: ImagesEngine,
        reader: ReaderEngine,
        stored_pages: StoreAccess[OcrResultStore],
        thread: BackgroundThread,
        new_file: Callable[[str], Path],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._new_file = new_file
        self._images = images
        self._reader = reader
        self._stored_pages = stored_pages
        self.path = Path()
        self.name = ""
        self.page_count = 0
        self.is_encrypted = False
        self.ignored = IgnoredAreas(stored_pages, self)
        self._digest = Digest("")
        self.password = ""
        self._opening: EngineCall | None = None
        self._calls: set[EngineCall] = set()
        self._ocr_results: OrderedDict[int, OcrResult] = OrderedDict()
        self._pending_pages: set[int] = set()
        self._readings: dict[int, EngineCall] = {}
        self._unsaved: dict[int, OcrResult] = {}
        self._wants_all = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MILLISECONDS)
        self._timer.timeout.connect(self.save)

    def open(self, path: Path, password: str = "", name: str = "") -> None:
        """Open another file; `name` replaces a meaningless file name. The password is not written to any file.

        The file that is open stays so until the other one turned out to be a document.
        """
        self._stop_opening()
        opening = _Opening(path, name or well_formed(path.name), password)
        self._opening = self._images.probe(path, THUMBNAIL_SIZE, partial(self._on_probed, opening), password)

    def close(self) -> None:
        """Close the file; requests for it are cancelled, except those that write a file of the user's choice."""
        self._stop_opening()
        self.save()
        for call in self._calls:
            call.abandon()
        self._calls.clear()
        self._ocr_results.clear()
        self._pending_pages.clear()
        self._readings.clear()
        self._stop_reading_all()
        self.page_count, self.is_encrypted, self._digest, self.password = 0, False, Digest(""), ""

    @Slot(int)
    def show(self, number: int) -> None:
        """Render the picture of a page, and read the page if it has not been read."""
        on_event = partial(self._on_picture, number)
        self._follow(self._images.show_page(self.path, number, PICTURE_SIZE, on_event, self.password))
        self.read(number)

    @Slot(int)
    def show_thumbnail(self, number: int) -> None:
        """Render the thumbnail of a page."""
        on_event = partial(self._on_thumbnail, number)
        self._follow(self._images.show_page(self.path, number, THUMBNAIL_SIZE, on_event, self.password))

    def ocr_result(self, number: int) -> OcrResult | None:
        """Return the OCR result of a page, if it is in memory."""
        return self._ocr_results.get(number)

    def read(self, number: int, *, force: bool = False) -> None:
        """Read a page; with `force` even if it was read before, which discards its corrections."""
        if number in self._pending_pages:
            return
        if not force and (known := self._ocr_results.get(number)):
            self.ocr_result_changed.emit(known)
            return
        self._pending_pages.add(number)
        if force:
            self._read(number)
            return
        digest = self._digest
        self._stored_pages.run(
            lambda pages: pages.ocr_result(digest, number),
            partial(self._on_loaded, digest, number),
            lambda _problem: self._on_loaded(digest, number, None),
        )

    @Slot(int)
    def cancel_reading(self, number: int) -> None:
        """Stop reading a page, and then all pages; what was known of it before is kept."""
        self._pending_pages.discard(number)
        if call := self._readings.pop(number, None):
            call.abandon()
        self._stop_reading_all()

    def read_all(self) -> None:
        """Read all pages, one after the other, once the file is open."""
        self._wants_all = True
        self._read_next()

    @property
    def digest(self) -> Digest:
        """The SHA-256 of the open file; empty until it is known."""
        return self._digest

    def replace_page(self, digest: Digest, number: int, page: OcrPage, model_name: str) -> None:
        """Replace the OCR result of a page of the file with this digest by a model's.

        If another file has been opened meanwhile, it is saved for when its own file is opened again.
        """
        ocr_result = OcrResult(digest=digest, number=number, page=page, model_name=model_name)
        if digest == self._digest:
            self._take(ocr_result)
        else:
            self._store_result(ocr_result)

    @Slot(int, int, str)
    def correct(self, number: int, line: int, text: str) -> None:
        """Correct the text of a line."""
        if ocr_result := self._ocr_results.get(number):
            corrected = ocr_result.with_correction(line, text)
            if corrected != ocr_result:
                self._ocr_results[number] = corrected
                self._unsaved[number] = corrected
                self._timer.start()
                self.ocr_result_changed.emit(corrected)

    def draw(self, number: int, use: Callable[[Path], None]) -> None:
        """Call `use` with a picture of a page, a file that exists as long as Lorgnette runs."""
        if self.page_count == 1 and self.path.suffix.lower() != ".pdf":
            use(self.path)
            return
        path, password = self.path, self.password

        def draw(target: Path) -> None:
            on_event = partial(self._on_drawn, target, use)
            self._follow(self._images.draw_page(path, number, target, THUMBNAIL_SIZE, on_event, password=password))

        find_path = partial(self._new_file, f"page {number + 1}.png")
        self._thread.submit(find_path, draw, lambda error: self.problem_met.emit(problem_of(error)))

    def with_all_ocr_results(
        self, use: Callable[[Sequence[OcrPage]], None], on_failure: Callable[[Problem], None]
    ) -> None:
        """Call `use` with the corrected pages of the whole document, including those in the database."""
        self.save()
        digest, count, held = self._digest, self.page_count, dict(self._ocr_results)
        self._stored_pages.run(
            lambda pages: [held.get(number) or pages.ocr_result(digest, number) for number in range(count)],
            lambda ocr_results: use(
                [ocr_result.corrected_page() if ocr_result else _nothing() for ocr_result in ocr_results]
            ),
            on_failure,
        )

    def write_pdf(
        self,
        target: Path,
        on_written: Callable[[], None],
        on_failure: Callable[[Problem], None],
        ignored: Sequence[Box] = (),
        options: PdfOptions = AS_IT_IS,
    ) -> None:
        """Write the document as a PDF that is searchable for its text outside the `ignored` areas.

        It goes on if another document is opened.
        """
        source, password = self.path, self.password

        def on_event(event: Event) -> None:
            match event:
                case Done(reason=FinishReason.COMPLETE):
                    on_written()
                case Failed(problem=problem):
                    on_failure(problem)

        def write(pages: Sequence[OcrPage]) -> None:
            kept = [without_ignored(page, ignored) for page in pages]
            self._images.write_pdf(source, kept, target, on_event, password, options)

        self.with_all_ocr_results(write, on_failure)

    @Slot()
    def save(self) -> None:
        """Save unsaved corrections."""
        self._timer.stop()
        if not self._unsaved:
            return
        for ocr_result in self._unsaved.values():
            self._store_result(ocr_result)
        self._unsaved.clear()
        path = self.path  # The store's thread keeps the order: what is run on it next finds them saved.
        self._stored_pages.run(IGNORE, lambda _: self.corrections_saved.emit(path))

    def _store_result(self, ocr_result: OcrResult) -> None:
        self._stored_pages.save(("reading", ocr_result.digest, str(ocr_result.number)), partial(_save, ocr_result))

    def _follow(self, call: EngineCall) -> None:
        """Register a call that is to be abandoned when the file is closed."""
        self._calls = {known for known in self._calls if known.is_open} | {call}

    def _read(self, number: int) -> None:
        call = self._reader.read(self.path, partial(self._on_read, number), number, self.password)
        self._readings[number] = call
        self._follow(call)

    def _take(self, ocr_result: OcrResult) -> None:
        self._pending_pages.discard(ocr_result.number)
        self._ocr_results[ocr_result.number] = ocr_result
        self._unsaved.pop(ocr_result.number, None)
        if len(self._ocr_results) > MAX_OCR_RESULTS:
            self._ocr_results.popitem(last=False)
        self._store_result(ocr_result)
        self.ocr_result_changed.emit(ocr_result)
        self._read_next()

    def _read_next(self) -> None:
        """Read the next unread page, if all pages are to be read."""
        if not self._wants_all or self._pending_pages or not self.page_count:
            return
        digest, count = self._digest, self.page_count
        self._stored_pages.run(
            lambda pages: next((n for n in range(count) if pages.ocr_result(digest, n) is None), count),
            self._on_next_found,
            self._stop_reading_all,
        )

    def _stop_reading_all(self, problem: Problem | None = None) -> None:
        if self._wants_all:
            self._wants_all = False
            self.reading_stopped.emit(problem)

    def _on_next_found(self, number: int) -> None:
        if not self._wants_all:
            return
        self.read_so_far.emit(number)
        if number < self.page_count:
            self.read(number)
        else:
            self._wants_all = False
            self.all_read.emit()

    def _on_loaded(self, digest: Digest, number: int, ocr_result: OcrResult | None) -> None:
        if digest != self._digest or number not in self._pending_pages:
            return
        if ocr_result is None:
            self._read(number)
            return
        self._pending_pages.discard(number)
        self._ocr_results[number] = ocr_result
        self.ocr_result_changed.emit(ocr_result)
        self._read_next()

    def _stop_opening(self) -> None:
        if self._opening:
            self._opening.abandon()
            self._opening = None

    def _on_probed(self, opening: _Opening, event: Event) -> None:
        match event:
            case ImageProbed(digest=digest):
                self._begin(opening, digest, 1)
            case PagesFound(pages=pages, digest=digest, is_encrypted=is_encrypted):
                self._begin(opening, digest, pages, is_encrypted=is_encrypted)
            case Failed(problem=problem) if problem.kind is ProblemKind.PASSWORD:
                self.password_needed.emit(opening.path, opening.name, problem)
            case Failed(problem=problem):
                self.problem_met.emit(problem)

    def _begin(self, opening: _Opening, digest: Digest, pages: int, *, is_encrypted: bool = False) -> None:
        self.close()
        self.path, self.name, self.password = opening.path, opening.name, opening.password
        self._digest, self.page_count, self.is_encrypted = digest, pages, is_encrypted
        if self.path.name != digest:  # Otherwise it is an image of a chat, as the attachment store names it.
            path, name = str(self.path), self.name
            self._stored_pages.save(("document", digest), lambda stored: stored.save_document(digest, path, name))
        self.ignored.load(digest)
        self.opened.emit(pages)
        self._read_next()

    def _on_picture(self, number: int, event: Event) -> None:
        match event:
            case PageShown(width=width, height=height, png=png):
                self.picture_ready.emit(number, width, height, png)
            case Failed(problem=problem):
                self.problem_met.emit(problem)

    def _on_thumbnail(self, number: int, event: Event) -> None:
        if isinstance(event, PageShown):
            self.thumbnail_ready.emit(number, event.png)

    def _on_read(self, number: int, event: Event) -> None:
        match event:
            case StageProgress(progress=progress):
                self.reading_progressed.emit(number, progress)
            case Done():
                self._readings.pop(number, None)
            case TextRead(page=page):
                self._take(OcrResult(digest=self._digest, number=number, page=page))
            case Failed(problem=problem):
                self._readings.pop(number, None)
                self._pending_pages.discard(number)
                if self._wants_all:  # The other pages are read nevertheless; this one stays empty.
                    self._take(OcrResult(digest=self._digest, number=number, page=with_notice(_nothing(), problem)))
                else:
                    self.ocr_failed.emit(number, problem)

    def _on_drawn(self, target: Path, use: Callable[[Path], None], event: Event) -> None:
        match event:
            case Done():
                use(target)
            case Failed(problem=problem):
                self.problem_met.emit(problem)


def _nothing() -> OcrPage:
    """Return an empty page, for one that could not be read."""
    return OcrPage(1, 1, (), "")


def _save(ocr_result: OcrResult, pages: OcrResultStore) -> None:
    pages.save_ocr_result(ocr_result)
