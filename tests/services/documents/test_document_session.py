"""A file looked at page by page, over imitated processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.errors import Problem, ProblemKind
from app.domain.ids import Digest
from app.domain.images.geometry import Box, Point, TextLine
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import Stage
from app.engine.process.backend_kinds import BackendKind
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
    StageProgress,
    TextRead,
    WritePdf,
)
from app.engine.process.watchdog import MAX_TICKS
from app.services.documents.document_session import MAX_OCR_RESULTS, DocumentSession
from app.services.engines.background import BackgroundThread
from app.services.engines.images_engine import ImagesEngine
from app.services.engines.reader_engine import ReaderEngine
from tests.services.conftest import BuildServices, Services
from tests.support.fake_engine import pass_ticks

DIGEST = "ab" * 32
LOCKED = Problem(ProblemKind.PASSWORD, "It is protected.")
UNREADABLE = Problem(ProblemKind.IMAGE, "The page is damaged.")


def images(request: Request) -> Iterator[Event]:
    match request:
        case ProbeImage(path=path, password=password) if "locked" in path and not password:
            yield Failed(LOCKED)
            return
        case ProbeImage(path=path) if path.endswith(".png"):
            yield ImageProbed(Digest(DIGEST), "image/png", 40, 30, 100, 1, b"png")
        case ProbeImage(path=path):
            is_encrypted = "locked" in path
            yield PagesFound(int(Path(path).stem.removeprefix("locked")), Digest(DIGEST), is_encrypted)
        case WritePdf(target="hangs.pdf"):
            return
        case ShowPage(page=13):
            return  # It hangs.
        case ShowPage(page=page, size=size):
            yield PageShown(400, 300, f"{page} at {size}".encode())
    yield Done(FinishReason.COMPLETE)


def fails(problem: Problem) -> None:
    raise AssertionError(problem.sentence)


def reads(request: Request) -> Iterator[Event]:
    if isinstance(request, ReadText):
        if request.page == 2:
            yield Failed(UNREADABLE)
            return
        if request.page == 7 and request.path.startswith("slow"):
            yield StageProgress(Stage.READING, 0.4)
            return  # It is still being read.
        line = TextLine.between(f"text {request.page}", (Point(0, 0), Point(9, 0), Point(9, 3), Point(0, 3)), 0.9)
        yield TextRead(OcrPage(400, 300, (line,), line.text))
        yield Done(FinishReason.COMPLETE)


class Harness:
    """A session, and what it said."""

    def __init__(self, services: Services, folder: Path) -> None:
        self.services = services
        self.thread = BackgroundThread("files")
        engines = services.engines_by_kind
        self.session = DocumentSession(
            ImagesEngine(engines[BackendKind.IMAGES]),
            ReaderEngine(engines[BackendKind.READER]),
            services.store_thread.pages,
            self.thread,
            folder.joinpath,
        )
        self.ocr_results: list[OcrResult] = []
        self.session.ocr_result_changed.connect(self.ocr_results.append)

    def opened(self, qtbot: QtBot, name: str) -> DocumentSession:
        with qtbot.waitSignal(self.session.opened):
            self.session.open(Path(name))
        return self.session

    def pages_read(self) -> list[int]:
        asked = self.services.engines.requests(BackendKind.READER)
        return [request.page for request in asked if isinstance(request, ReadText)]


@pytest.fixture
def harness(build_services: BuildServices, tmp_path: Path) -> Iterator[Harness]:
    made = Harness(build_services(images=images, reader=reads), tmp_path)
    yield made
    made.session.close()  # As the window does before the engines end: one that ends would have the next asked.
    made.thread.close()


def test_a_page_is_drawn_and_read_when_it_is_looked_at(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "500.pdf")
    assert session.page_count == 500
    pictures: list[tuple[object, ...]] = []
    session.picture_ready.connect(lambda *picture: pictures.append(picture))
    session.show(7)
    qtbot.waitUntil(lambda: bool(pictures and harness.ocr_results))
    assert pictures == [(7, 400, 300, b"7 at 1800")]
    assert harness.ocr_results[-1].corrected_page().text == "text 7"
    assert harness.pages_read() == [7]


def test_what_was_read_before_is_not_read_again(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "slow/9.pdf")
    for _ in range(2):
        with qtbot.waitSignal(session.ocr_result_changed):
            session.show(1)
    session = harness.opened(qtbot, "slow/9.pdf")  # The same file, opened anew.
    with qtbot.waitSignal(session.ocr_result_changed):
        session.show(1)
    assert harness.pages_read() == [1]
    with qtbot.waitSignal(session.ocr_result_changed):
        session.read(1, force=True)
    assert harness.pages_read() == [1, 1]


def test_corrections_are_kept(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "a.png")
    with qtbot.waitSignal(session.ocr_result_changed):
        session.show(0)
    session.correct(0, 0, "better")
    assert harness.ocr_results[-1].corrected_page().text == "better"
    qtbot.waitUntil(
        lambda: [r.corrections for r in harness.services.stores.pages.ocr_results.values()] == [{0: "better"}]
    )
    session = harness.opened(qtbot, "a.png")
    with qtbot.waitSignal(session.ocr_result_changed):
        session.show(0)
    assert harness.ocr_results[-1].corrections == {0: "better"}


def test_corrections_are_kept_when_it_is_closed_at_once(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "a.png")
    with qtbot.waitSignal(session.ocr_result_changed):
        session.show(0)
    session.correct(0, 0, "better")
    session.close()
    qtbot.waitUntil(
        lambda: [r.corrections for r in harness.services.stores.pages.ocr_results.values()] == [{0: "better"}]
    )


def test_long_documents_are_not_held_in_memory(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "60.pdf")
    with qtbot.waitSignal(session.all_read, timeout=20_000):
        session.read_all()
    assert sum(session.ocr_result(number) is not None for number in range(60)) == MAX_OCR_RESULTS
    qtbot.waitUntil(lambda: len(harness.services.stores.pages.ocr_results) == 60)
    pages: list[list[OcrPage]] = []
    session.with_all_ocr_results(lambda found: pages.append(list(found)), fails)
    qtbot.waitUntil(lambda: bool(pages))
    texts = [page.text for page in pages[0]]
    assert texts == [f"text {number}" if number != 2 else "" for number in range(60)]


def test_a_document_stays_open_until_another_one_is(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "9.pdf")
    with qtbot.waitSignal(session.password_needed) as asked:
        session.open(Path("locked3.pdf"), name="Locked")
    assert asked.args == [Path("locked3.pdf"), "Locked", LOCKED]
    assert (session.name, session.page_count) == ("9.pdf", 9)
    with qtbot.waitSignal(session.all_read):
        session.read_all()
    qtbot.waitUntil(lambda: len(harness.services.stores.pages.ocr_results) == 9)


def test_a_page_that_cannot_be_read_is_told(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "slow/9.pdf")
    with qtbot.waitSignal(session.ocr_failed) as failed:
        session.show(2)
    assert failed.args == [2, UNREADABLE]


def test_what_a_model_read_belongs_to_its_own_document(harness: Harness, qtbot: QtBot) -> None:
    """Another one may have been opened while the model was reading."""
    session = harness.opened(qtbot, "3.pdf")
    session.replace_page(Digest("cd" * 32), 1, OcrPage(1, 1, (), "of another document"), "tiny")
    session.replace_page(session.digest, 1, OcrPage(1, 1, (), "of this one"), "tiny")
    assert [ocr_result.page.text for ocr_result in harness.ocr_results] == ["of this one"]
    found: list[OcrResult | None] = []
    harness.services.store_thread.run(lambda stores: stores.pages.ocr_result(Digest("cd" * 32), 1), found.append)
    qtbot.waitUntil(lambda: bool(found))
    assert found[0]
    assert found[0].page.text == "of another document"


def test_a_password_is_asked_for_and_used_for_every_page(harness: Harness, qtbot: QtBot) -> None:
    session = harness.session
    with qtbot.waitSignal(session.password_needed):
        session.open(Path("locked3.pdf"))
    with qtbot.waitSignal(session.opened):
        session.open(Path("locked3.pdf"), "sesame")
    with qtbot.waitSignal(session.ocr_result_changed):
        session.show(1)
    session.show_thumbnail(0)
    written: list[str] = []
    session.write_pdf(Path("out.pdf"), lambda: written.append("out.pdf"), fails)
    qtbot.waitUntil(lambda: written == ["out.pdf"])
    assert session.is_encrypted
    asked = harness.services.engines.requests(BackendKind.IMAGES)
    assert not harness.opened(qtbot, "3.pdf").is_encrypted
    assert {r.password for r in asked if isinstance(r, ShowPage | WritePdf)} == {"sesame"}


def test_a_pdf_is_written_to_its_end_if_another_document_is_opened(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "3.pdf")
    written: list[str] = []
    session.write_pdf(Path("out.pdf"), lambda: written.append("out.pdf"), fails)
    session.open(Path("9.pdf"))
    qtbot.waitUntil(lambda: written == ["out.pdf"])


def test_a_pdf_that_is_not_finished_when_the_processes_end_is_not_called_written(
    harness: Harness, qtbot: QtBot
) -> None:
    session = harness.opened(qtbot, "3.pdf")
    engine = harness.services.engines_by_kind[BackendKind.IMAGES]
    written: list[str] = []
    session.write_pdf(Path("hangs.pdf"), lambda: written.append("hangs.pdf"), fails)
    qtbot.waitUntil(
        lambda: any(isinstance(it, WritePdf) for it in harness.services.engines.requests(BackendKind.IMAGES))
    )
    engine.close()
    assert not engine.is_busy
    assert written == []


def test_reading_that_another_document_ends_is_told(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "slow/9.pdf")
    session.read_all()
    session.open(Path("3.pdf"))
    with qtbot.waitSignal(session.reading_stopped) as stopped:
        assert session.page_count == 9
    assert stopped.args == [None]
    with qtbot.assertNotEmitted(session.reading_stopped):
        session.close()


def test_a_page_is_drawn_for_the_model_and_an_image_is_not(harness: Harness, qtbot: QtBot, tmp_path: Path) -> None:
    drawn: list[Path] = []
    harness.opened(qtbot, "slow/9.pdf").draw(4, drawn.append)
    qtbot.waitUntil(lambda: drawn == [tmp_path / "page 5.png"])
    harness.opened(qtbot, "a.png").draw(0, drawn.append)
    assert drawn[-1] == Path("a.png")
    asked = harness.services.engines.requests(BackendKind.IMAGES)
    assert [request.page for request in asked if isinstance(request, DrawPage)] == [4]


def test_a_page_that_hangs_the_images_process_ends_with_it(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "20.pdf")
    engine = harness.services.engines_by_kind[BackendKind.IMAGES]
    qtbot.waitUntil(lambda: not engine.is_busy)
    with qtbot.waitSignal(session.problem_met) as met:
        session.show(13)
        pass_ticks(engine, MAX_TICKS[ShowPage] + 1)
    assert met.args is not None
    assert "did not answer" in met.args[0].sentence
    with qtbot.waitSignal(session.picture_ready):
        session.show(3)


def test_the_parts_that_are_left_out_are_there_again(harness: Harness, qtbot: QtBot) -> None:
    top, low = Box(0.0, 0.0, 1.0, 0.08), Box(0.0, 0.9, 1.0, 1.0)
    session = harness.opened(qtbot, "slow/9.pdf")
    session.ignored.save((top,))
    session.ignored.save((top, low))
    found: list[tuple[Box, ...]] = []
    session.ignored.found.connect(found.append)
    harness.opened(qtbot, "slow/9.pdf")
    qtbot.waitUntil(lambda: len(found) > 1)
    assert found == [(), (top, low)]


def test_an_earlier_lookup_of_the_same_document_is_out_of_date(harness: Harness, qtbot: QtBot) -> None:
    top = Box(0.0, 0.0, 1.0, 0.08)
    parts = harness.session.ignored
    found: list[tuple[Box, ...]] = []
    parts.found.connect(found.append)
    parts.load(Digest(DIGEST))
    parts.save((top,))
    parts.load(Digest(DIGEST))
    qtbot.waitUntil(lambda: (top,) in found)
    assert found == [(), (), (top,)]


def test_parts_that_are_chosen_before_the_kept_ones_are_found_win(harness: Harness, qtbot: QtBot) -> None:
    top, low = Box(0.0, 0.0, 1.0, 0.08), Box(0.0, 0.9, 1.0, 1.0)
    parts = harness.opened(qtbot, "slow/9.pdf").ignored
    parts.save((top,))
    found: list[tuple[Box, ...]] = []
    parts.found.connect(found.append)
    parts.load(Digest(DIGEST))
    parts.save((low,))
    qtbot.waitUntil(lambda: harness.services.stores.pages.ignored == {DIGEST: (low,)})
    is_over: list[bool] = []
    harness.services.store_thread.run(lambda _stores: True, is_over.append)
    qtbot.waitUntil(lambda: bool(is_over))
    assert found == [()]


def test_reading_a_page_is_followed_and_can_be_cancelled(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "slow/9.pdf")
    with qtbot.waitSignal(session.reading_progressed) as progressed:
        session.read(7)
    assert progressed.args == [7, 0.4]
    session.cancel_reading(7)
    with qtbot.waitSignal(session.ocr_result_changed):
        session.read(0)
    assert harness.pages_read() == [7, 0]
    with qtbot.waitSignal(session.reading_progressed):
        session.read(7, force=True)
    assert harness.pages_read() == [7, 0, 7]


def test_cancelling_a_page_ends_the_reading_of_all(harness: Harness, qtbot: QtBot) -> None:
    session = harness.opened(qtbot, "slow/9.pdf")
    with qtbot.waitSignal(session.reading_progressed):
        session.read_all()
    with qtbot.waitSignal(session.reading_stopped) as stopped:
        session.cancel_reading(7)
    assert stopped.args == [None]
    assert harness.pages_read() == list(range(8))
