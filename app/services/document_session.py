"""A file that is looked at page by page: its pictures, what was read on it, and what its user corrected.

Pages are read when they are looked at, and kept in the database with their corrections; pictures are made when they are
seen, and only the latest are held.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.errors import ProblemKind, problem_of
from app.domain.pages import Page
from app.domain.ports import ConversationStore
from app.domain.readings import Reading
from app.engine.process.messages import (
    Done,
    DrawPage,
    Event,
    Failed,
    ImageProbed,
    PagesFound,
    PageShown,
    ProbeImage,
    ReadText,
    Request,
    ShowPage,
    TextRead,
    WritePdf,
)
from app.services.background import BackgroundThread
from app.services.engine import Engine
from app.services.ignored_parts import IgnoredParts
from app.services.store_thread import StoreThread

PICTURE_SIZE, THUMBNAIL_SIZE = 1800, 150
"""Pixels of a side."""
MOST_READINGS = 40
"""Of pages; more are in the database."""
SAVE_MILLISECONDS = 400
PAGE_MILLISECONDS = 30_000
"""How long a page may keep the images process busy."""
Heard = Callable[[Event], None]


class DocumentSession(QObject):
    """`opened(pages)`, `picture_ready(number, width, height, png)`, `thumbnail_ready(number, png)`.

    `reading_changed(Reading)`, `reading_failed(number, Problem)`, `password_needed(Problem)`, `problem_met(Problem)`,
    `all_read()`, `read_so_far(pages)` while all of them are being read, `pdf_written(Path)`.
    """

    opened = Signal(int)
    picture_ready = Signal(int, int, int, bytes)
    thumbnail_ready = Signal(int, bytes)
    reading_changed = Signal(object)
    reading_failed = Signal(int, object)
    password_needed = Signal(object)
    problem_met = Signal(object)
    read_so_far = Signal(int)
    all_read = Signal()
    pdf_written = Signal(object)

    def __init__(
        self,
        images: Engine,
        reader: Engine,
        store: StoreThread,
        thread: BackgroundThread,
        new_file: Callable[[str], Path],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._thread = thread
        self._new_file = new_file
        self._images = images
        self._reader = reader
        self._store = store
        self.path = Path()
        self.name = ""
        self.page_count = 0
        self.is_encrypted = False
        self.ignored = IgnoredParts(store, self)
        self._digest = ""
        self._password = ""
        self._open: dict[int, Heard] = {}
        self._readings: OrderedDict[int, Reading] = OrderedDict()
        self._reading: set[int] = set()
        self._unsaved: dict[int, Reading] = {}
        self._wants_all = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MILLISECONDS)
        self._timer.timeout.connect(self.save)
        self._soon: set[int] = set()
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.setInterval(PAGE_MILLISECONDS)
        self._deadline.timeout.connect(images.kill)
        images.event_received.connect(self._on_event_received)
        reader.event_received.connect(self._on_event_received)

    def open(self, path: Path, password: str = "", name: str = "") -> None:
        """Look at another file, called `name` where its own name says nothing. The password is kept in no file."""
        self.close()
        self.path, self._password = path, password
        self.name = name or path.name
        self._ask_soon(lambda number: ProbeImage(number, str(path), THUMBNAIL_SIZE, password), self._on_probed)

    def close(self) -> None:
        """Let go of the file; what is being read for it is given up."""
        self.save()
        for request_id in list(self._open):
            self._images.cancel(request_id)
            self._reader.cancel(request_id)
        self._open.clear()
        self._soon.clear()
        self._deadline.stop()
        self._readings.clear()
        self._reading.clear()
        self._wants_all = False
        self.page_count, self.is_encrypted, self._digest, self._password = 0, False, "", ""

    def show(self, number: int) -> None:
        """Make the picture of a page, and have the page read where it was not."""
        name, password = str(self.path), self._password
        heard = partial(self._on_picture, number)
        self._ask_soon(lambda n: ShowPage(n, name, number, PICTURE_SIZE, password), heard)
        self.read(number)

    def show_thumbnail(self, number: int) -> None:
        """Make a small picture of a page."""
        name, password = str(self.path), self._password
        heard = partial(self._on_thumbnail, number)
        self._ask_soon(lambda n: ShowPage(n, name, number, THUMBNAIL_SIZE, password), heard)

    def reading(self, number: int) -> Reading | None:
        """What was read on a page, where that is at hand."""
        return self._readings.get(number)

    def read(self, number: int, *, anew: bool = False) -> None:
        """Have a page read; `anew` also where it was read before, whose corrections are lost then."""
        if number in self._reading:
            return
        if not anew and (known := self._readings.get(number)):
            self.reading_changed.emit(known)
            return
        self._reading.add(number)
        if anew:
            self._read(number)
            return
        digest = self._digest
        self._store.run(
            lambda store: store.reading(digest, number),
            partial(self._on_loaded, digest, number),
            lambda _problem: self._on_loaded(digest, number, None),
        )

    def read_all(self) -> None:
        """Have all pages read, one after the other; `all_read` tells when."""
        self._wants_all = True
        self._go_on()

    def stop_reading_all(self) -> None:
        """Leave the rest."""
        self._wants_all = False

    def keep(self, page: Page, number: int, model_name: str) -> None:
        """Take what a model has read on a page in place of what is there."""
        self._take(Reading(digest=self._digest, number=number, page=page, model_name=model_name))

    def correct(self, number: int, line: int, text: str) -> None:
        """Put another text in place of a line's."""
        if reading := self._readings.get(number):
            corrected = reading.with_correction(line, text)
            if corrected != reading:
                self._readings[number] = corrected
                self._unsaved[number] = corrected
                self._timer.start()
                self.reading_changed.emit(corrected)

    def draw(self, number: int, use: Callable[[Path], None]) -> None:
        """Call `use` with a picture of a page, a file that is there as long as Lorgnette runs."""
        if self.page_count == 1 and self.path.suffix.lower() != ".pdf":
            use(self.path)
            return
        name, password = str(self.path), self._password

        def draw(target: Path) -> None:
            self._ask(
                self._images,
                lambda n: DrawPage(n, name, number, str(target), THUMBNAIL_SIZE, password),
                partial(self._on_drawn, target, use),
            )

        find_path = partial(self._new_file, f"page {number + 1}.png")
        self._thread.submit(find_path, draw, lambda error: self.problem_met.emit(problem_of(error)))

    def with_all_readings(self, use: Callable[[Sequence[Page]], None]) -> None:
        """Call `use` with the corrected pages of the whole document, those kept in the database included."""
        self.save()
        digest, count, held = self._digest, self.page_count, dict(self._readings)
        self._store.run(
            lambda store: [held.get(number) or store.reading(digest, number) for number in range(count)],
            lambda readings: use([reading.corrected_page() if reading else _nothing() for reading in readings]),
            self.problem_met.emit,
        )

    def write_pdf(self, target: Path) -> None:
        """Write the document with its text as a PDF that can be searched."""
        source, password = str(self.path), self._password

        def write(pages: Sequence[Page]) -> None:
            self._ask(
                self._images,
                lambda n: WritePdf(n, source, tuple(pages), str(target), password),
                partial(self._on_written, target),
            )

        self.with_all_readings(write)

    @Slot()
    def save(self) -> None:
        """Keep corrections that are not kept yet."""
        self._timer.stop()
        for reading in self._unsaved.values():
            self._store.run(partial(_save, reading))
        self._unsaved.clear()

    def _ask(self, engine: Engine, build: Callable[[int], Request], heard: Heard) -> None:
        self._open[engine.request(build)] = heard

    def _ask_soon(self, build: Callable[[int], Request], heard: Heard) -> None:
        """Ask the images process for what it must not take long for: a page may hang it."""
        request_id = self._images.request(build)
        self._open[request_id] = heard
        self._soon.add(request_id)
        self._deadline.start()

    def _read(self, number: int) -> None:
        name, password = str(self.path), self._password
        self._ask(self._reader, lambda n: ReadText(n, name, number, password), partial(self._on_read, number))

    def _take(self, reading: Reading) -> None:
        self._reading.discard(reading.number)
        self._readings[reading.number] = reading
        self._unsaved.pop(reading.number, None)
        if len(self._readings) > MOST_READINGS:
            self._readings.popitem(last=False)
        self._store.run(partial(_save, reading))
        self.reading_changed.emit(reading)
        self._go_on()

    def _go_on(self) -> None:
        """Read the next page that has not been, where all are wanted."""
        if not self._wants_all or self._reading:
            return
        digest, count = self._digest, self.page_count
        self._store.run(
            lambda store: next((n for n in range(count) if store.reading(digest, n) is None), count),
            self._on_next_found,
            self.problem_met.emit,
        )

    def _on_next_found(self, number: int) -> None:
        if not self._wants_all:
            return
        self.read_so_far.emit(number)
        if number < self.page_count:
            self.read(number)
        else:
            self._wants_all = False
            self.all_read.emit()

    def _on_loaded(self, digest: str, number: int, reading: Reading | None) -> None:
        if digest != self._digest or number not in self._reading:
            return
        if reading is None:
            self._read(number)
            return
        self._reading.discard(number)
        self._readings[number] = reading
        self.reading_changed.emit(reading)
        self._go_on()

    def _on_probed(self, event: Event) -> None:
        match event:
            case ImageProbed(digest=digest):
                self._begin(digest, 1)
            case PagesFound(pages=pages, digest=digest, is_encrypted=is_encrypted):
                self.is_encrypted = is_encrypted
                self._begin(digest, pages)
            case Failed(problem=problem) if problem.kind is ProblemKind.PASSWORD:
                self.password_needed.emit(problem)
            case Failed(problem=problem):
                self.problem_met.emit(problem)

    def _begin(self, digest: str, pages: int) -> None:
        self._digest, self.page_count = digest, pages
        self.ignored.load(digest)
        self.opened.emit(pages)

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
            case TextRead(page=page):
                self._take(Reading(digest=self._digest, number=number, page=page))
            case Failed(problem=problem):
                self._reading.discard(number)
                if self._wants_all:  # The others are read all the same; this one stays empty.
                    empty = replace(_nothing(), notice=problem.sentence)
                    self._take(Reading(digest=self._digest, number=number, page=empty))
                else:
                    self.reading_failed.emit(number, problem)

    def _on_drawn(self, target: Path, use: Callable[[Path], None], event: Event) -> None:
        match event:
            case Done():
                use(target)
            case Failed(problem=problem):
                self.problem_met.emit(problem)

    def _on_written(self, target: Path, event: Event) -> None:
        match event:
            case Done():
                self.pdf_written.emit(target)
            case Failed(problem=problem):
                self.problem_met.emit(problem)

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        heard = self._open.get(event.request_id)
        if heard is None:
            return
        if isinstance(event, Done | Failed):
            del self._open[event.request_id]
            self._soon.discard(event.request_id)
            self._deadline.start() if self._soon else self._deadline.stop()
        heard(event)


def _nothing() -> Page:
    """A page that could not be read."""
    return Page(1, 1, (), "")


def _save(reading: Reading, store: ConversationStore) -> None:
    store.save_reading(reading)
