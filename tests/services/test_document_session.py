"""A file looked at page by page, over imitated processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.errors import Problem, ProblemKind
from app.domain.generation import FinishReason
from app.domain.pages import Page
from app.domain.readings import Reading
from app.domain.regions import Box, Point, TextLine
from app.engine.process.backend import BackendKind
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
from app.services.document_session import MOST_READINGS, DocumentSession
from tests.services.conftest import BuildHouse, House

DIGEST = "ab" * 32
LOCKED = Problem(ProblemKind.PASSWORD, "It is protected.")
UNREADABLE = Problem(ProblemKind.IMAGE, "The page is damaged.")


def images(request: Request) -> Iterator[Event]:
    number = request.request_id
    match request:
        case ProbeImage(path=path, password=password) if "locked" in path and not password:
            yield Failed(number, LOCKED)
            return
        case ProbeImage(path=path) if path.endswith(".png"):
            yield ImageProbed(number, DIGEST, "image/png", 40, 30, 100, 1, b"png")
        case ProbeImage(path=path):
            is_encrypted = "locked" in path
            yield PagesFound(number, int(Path(path).stem.removeprefix("locked")), DIGEST, is_encrypted)
        case ShowPage(page=13):
            return  # It hangs.
        case ShowPage(page=page, size=size):
            yield PageShown(number, 400, 300, f"{page} at {size}".encode())
    yield Done(number, FinishReason.COMPLETE)


def reads(request: Request) -> Iterator[Event]:
    if isinstance(request, ReadText):
        if request.page == 2:
            yield Failed(request.request_id, UNREADABLE)
            return
        line = TextLine.between(f"text {request.page}", (Point(0, 0), Point(9, 0), Point(9, 3), Point(0, 3)), 0.9)
        yield TextRead(request.request_id, Page(400, 300, (line,), line.text))
        yield Done(request.request_id, FinishReason.COMPLETE)


class Desk:
    """A session, and what it said."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.thread = BackgroundThread("files")
        engines = house.engines_by_kind
        self.session = DocumentSession(
            engines[BackendKind.IMAGES], engines[BackendKind.READER], house.store_thread, self.thread, folder.joinpath
        )
        self.readings: list[Reading] = []
        self.session.reading_changed.connect(self.readings.append)

    def opened(self, qtbot: QtBot, name: str) -> DocumentSession:
        with qtbot.waitSignal(self.session.opened):
            self.session.open(Path(name))
        return self.session

    def pages_read(self) -> list[int]:
        asked = self.house.engines.requests(BackendKind.READER)
        return [request.page for request in asked if isinstance(request, ReadText)]


@pytest.fixture
def desk(build_house: BuildHouse, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(build_house(images=images, reader=reads), tmp_path)
    yield made
    made.session.close()  # As the window does before the engines end: one that ends would have the next asked.
    made.thread.close()


def test_a_page_is_drawn_and_read_when_it_is_looked_at(desk: Desk, qtbot: QtBot) -> None:
    session = desk.opened(qtbot, "500.pdf")
    assert session.page_count == 500
    pictures: list[tuple[object, ...]] = []
    session.picture_ready.connect(lambda *picture: pictures.append(picture))
    session.show(7)
    qtbot.waitUntil(lambda: bool(pictures and desk.readings))
    assert pictures == [(7, 400, 300, b"7 at 1800")]
    assert desk.readings[-1].corrected_page().text == "text 7"
    assert desk.pages_read() == [7]


def test_what_was_read_before_is_not_read_again(desk: Desk, qtbot: QtBot) -> None:
    session = desk.opened(qtbot, "9.pdf")
    for _ in range(2):
        with qtbot.waitSignal(session.reading_changed):
            session.show(1)
    session = desk.opened(qtbot, "9.pdf")  # The same file, opened anew.
    with qtbot.waitSignal(session.reading_changed):
        session.show(1)
    assert desk.pages_read() == [1]
    with qtbot.waitSignal(session.reading_changed):
        session.read(1, anew=True)
    assert desk.pages_read() == [1, 1]


def test_corrections_are_kept(desk: Desk, qtbot: QtBot) -> None:
    session = desk.opened(qtbot, "a.png")
    with qtbot.waitSignal(session.reading_changed):
        session.show(0)
    session.correct(0, 0, "better")
    assert desk.readings[-1].corrected_page().text == "better"
    qtbot.waitUntil(lambda: [r.corrections for r in desk.house.store.readings.values()] == [{0: "better"}])
    session = desk.opened(qtbot, "a.png")
    with qtbot.waitSignal(session.reading_changed):
        session.show(0)
    assert desk.readings[-1].corrections == {0: "better"}


def test_corrections_are_kept_when_it_is_closed_at_once(desk: Desk, qtbot: QtBot) -> None:
    session = desk.opened(qtbot, "a.png")
    with qtbot.waitSignal(session.reading_changed):
        session.show(0)
    session.correct(0, 0, "better")
    session.close()
    qtbot.waitUntil(lambda: [r.corrections for r in desk.house.store.readings.values()] == [{0: "better"}])


def test_long_documents_are_not_held_in_memory(desk: Desk, qtbot: QtBot) -> None:
    session = desk.opened(qtbot, "60.pdf")
    with qtbot.waitSignal(session.all_read, timeout=20_000):
        session.read_all()
    assert len(session._readings) <= MOST_READINGS
    assert len(desk.house.store.readings) == 60
    pages: list[list[Page]] = []
    session.with_all_readings(lambda found: pages.append(list(found)))
    qtbot.waitUntil(lambda: bool(pages))
    texts = [page.text for page in pages[0]]
    assert texts == [f"text {number}" if number != 2 else "" for number in range(60)]


def test_a_page_that_cannot_be_read_is_told(desk: Desk, qtbot: QtBot) -> None:
    session = desk.opened(qtbot, "9.pdf")
    with qtbot.waitSignal(session.reading_failed) as failed:
        session.show(2)
    assert failed.args == [2, UNREADABLE]


def test_a_password_is_asked_for_and_used_for_every_page(desk: Desk, qtbot: QtBot) -> None:
    session = desk.session
    with qtbot.waitSignal(session.password_needed):
        session.open(Path("locked3.pdf"))
    with qtbot.waitSignal(session.opened):
        session.open(Path("locked3.pdf"), "sesame")
    with qtbot.waitSignal(session.reading_changed):
        session.show(1)
    session.show_thumbnail(0)
    with qtbot.waitSignal(session.pdf_written) as written:
        session.write_pdf(Path("out.pdf"))
    assert written.args == [Path("out.pdf")]
    assert session.is_encrypted
    asked = desk.house.engines.requests(BackendKind.IMAGES)
    assert not desk.opened(qtbot, "3.pdf").is_encrypted
    assert {r.password for r in asked if isinstance(r, ShowPage | WritePdf)} == {"sesame"}


def test_a_page_is_drawn_for_the_model_and_an_image_is_not(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    drawn: list[Path] = []
    desk.opened(qtbot, "9.pdf").draw(4, drawn.append)
    qtbot.waitUntil(lambda: drawn == [tmp_path / "page 5.png"])
    desk.opened(qtbot, "a.png").draw(0, drawn.append)
    assert drawn[-1] == Path("a.png")
    asked = desk.house.engines.requests(BackendKind.IMAGES)
    assert [request.page for request in asked if isinstance(request, DrawPage)] == [4]


def test_a_page_that_hangs_the_images_process_ends_with_it(desk: Desk, qtbot: QtBot) -> None:
    session = desk.opened(qtbot, "20.pdf")
    session._deadline.setInterval(50)
    with qtbot.waitSignal(session.problem_met) as met:
        session.show(13)
    assert met.args is not None
    assert "stopped unexpectedly" in met.args[0].sentence
    with qtbot.waitSignal(session.picture_ready):
        session.show(3)


def test_the_parts_that_are_left_out_are_there_again(desk: Desk, qtbot: QtBot) -> None:
    top, low = Box(0.0, 0.0, 1.0, 0.08), Box(0.0, 0.9, 1.0, 1.0)
    session = desk.opened(qtbot, "9.pdf")
    session.ignored.keep((top,))
    session.ignored.keep((top, low))
    found: list[tuple[Box, ...]] = []
    session.ignored.found.connect(found.append)
    desk.opened(qtbot, "9.pdf")
    qtbot.waitUntil(lambda: len(found) > 1)
    assert found == [(), (top, low)]


def test_parts_that_are_chosen_before_the_kept_ones_are_found_win(desk: Desk, qtbot: QtBot) -> None:
    top, low = Box(0.0, 0.0, 1.0, 0.08), Box(0.0, 0.9, 1.0, 1.0)
    parts = desk.opened(qtbot, "9.pdf").ignored
    parts.keep((top,))
    found: list[tuple[Box, ...]] = []
    parts.found.connect(found.append)
    parts.load(DIGEST)
    parts.keep((low,))
    qtbot.waitUntil(lambda: desk.house.store.ignored == {DIGEST: (low,)})
    is_over: list[bool] = []
    desk.house.store_thread.run(lambda _store: True, is_over.append)
    qtbot.waitUntil(lambda: bool(is_over))
    assert found == [()]
