"""From a dropped file to an attachment, with an images process that does what the test says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.attachments import Attachment, ImagePart
from app.domain.errors import Problem, ProblemKind, StorageError
from app.domain.generation import FinishReason
from app.engine.process.backend import BackendKind
from app.engine.process.messages import (
    Cancel,
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
from app.services.image_importer import MOST_PAGES, ImageImporter
from tests.support.fake_engine import FakeEngines
from tests.support.memory_store import MemoryFiles

LOCKED = Problem(ProblemKind.PASSWORD, "It is protected.")
NOT_AN_IMAGE = Problem(ProblemKind.IMAGE, "It is not an image.")


def probes(request: Request) -> Iterator[Event]:
    """Good files are called good…, others are refused; a file called slow waits until it is cancelled."""
    match request:
        case ProbeImage(request_id=number, path=path) | CutImage(request_id=number, path=path) if "good" in path:
            yield ImageProbed(number, "ab" * 32, "image/png", 640, 480, 1000, 1, b"png")
            yield Done(number, FinishReason.COMPLETE)
        case ProbeImage(request_id=number, path=path, password=password) if "locked" in path and password != "sesame":
            yield Failed(number, LOCKED)
        case ProbeImage(request_id=number, path=path) if "slow" not in path and not path.endswith(".pdf"):
            yield Failed(number, NOT_AN_IMAGE)
        case ProbeImage(request_id=number, path=path) if path.endswith(".pdf"):
            yield PagesFound(number, int(Path(path).stem.removeprefix("locked")))
            yield Done(number, FinishReason.COMPLETE)
        case DrawPage(request_id=number, page=page):
            yield ImageProbed(number, f"{page:064}", "image/png", 1654, 2339, 1000, 1, b"png")
            yield Done(number, FinishReason.COMPLETE)
        case Cancel(request_id=number):
            yield Done(number, FinishReason.STOPPED)


class Desk:
    """An importer and everything it has said, as (signal, chat, what)."""

    def __init__(self) -> None:
        self.fakes = FakeEngines(images=probes)
        self.engine = Engine(BackendKind.IMAGES, self.fakes)
        self.thread = BackgroundThread("files")
        self.files = MemoryFiles()
        self.importer = ImageImporter(self.engine, self.files, self.thread)
        self.said: list[tuple[str, str, object]] = []
        self.ids: list[str] = []
        self.importer.started.connect(self._on_started)
        self.importer.finished.connect(lambda _, chat, attachment: self.said.append(("finished", chat, attachment)))
        self.importer.failed.connect(lambda _, chat, problem: self.said.append(("failed", chat, problem)))
        self.importer.cancelled.connect(lambda _, chat: self.said.append(("cancelled", chat, None)))

    def _on_started(self, import_id: str, _chat: str, _name: str) -> None:
        self.ids.append(import_id)

    def close(self) -> None:
        self.engine.shut_down()
        self.thread.close()


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk()
    yield made
    made.close()


def wait_for(desk: Desk, qtbot: QtBot, count: int) -> None:
    qtbot.waitUntil(lambda: len(desk.said) == count)


def test_a_good_file_becomes_an_attachment(desk: Desk, qtbot: QtBot) -> None:
    desk.importer.import_file(Path("/home/me/good.png"), "chat")
    wait_for(desk, qtbot, 1)
    expected = Attachment(
        digest="ab" * 32, name="good.png", media_type="image/png", width=640, height=480, byte_size=1000
    )
    assert desk.said == [("finished", "chat", expected)]
    assert desk.files.added == {"ab" * 32: Path("/home/me/good.png")}
    assert desk.files.thumbnails == {"ab" * 32: b"png"}


def test_many_files_at_once_are_opened_one_by_one(desk: Desk, qtbot: QtBot) -> None:
    for name in ("good1.png", "bad.png", "good2.png"):
        desk.importer.import_file(Path(name), "chat")
    assert len(desk.ids) == 3
    wait_for(desk, qtbot, 3)
    assert sorted(said[0] for said in desk.said) == ["failed", "finished", "finished"]
    assert ("failed", "chat", NOT_AN_IMAGE) in desk.said
    assert len(desk.fakes.requests(BackendKind.IMAGES)) == 3


def test_pasted_bytes_pass_through_a_file_that_is_removed(desk: Desk, qtbot: QtBot) -> None:
    desk.importer.import_data(b"bytes", "good paste.png", "chat")
    wait_for(desk, qtbot, 1)
    assert desk.said[0][0] == "finished"
    qtbot.waitUntil(lambda: desk.files.incoming == {})
    desk.importer.import_data(b"bytes", "bad paste.png", "chat")
    wait_for(desk, qtbot, 2)
    qtbot.waitUntil(lambda: desk.files.incoming == {})


def test_a_file_that_hangs_is_given_up_and_the_next_one_opens(desk: Desk, qtbot: QtBot) -> None:
    desk.importer._deadline.setInterval(50)
    desk.importer.import_file(Path("slow.png"), "chat")
    desk.importer.import_file(Path("good.png"), "chat")
    wait_for(desk, qtbot, 2)
    failed = desk.said[0][2]
    assert isinstance(failed, Problem)
    assert "“slow.png” took too long or broke the image opener" in failed.sentence
    assert desk.said[1][0] == "finished"
    assert len(desk.fakes.clients) == 2, "the process that hung was replaced"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_imports_can_be_cancelled_under_way_and_waiting(desk: Desk, qtbot: QtBot, order: tuple[int, int]) -> None:
    desk.importer.import_file(Path("slow.png"), "chat")
    desk.importer.import_file(Path("slow too.png"), "chat")
    desk.importer.import_file(Path("good.png"), "chat")
    for index in order:
        desk.importer.cancel(desk.ids[index])
    wait_for(desk, qtbot, 3)
    assert [said[0] for said in desk.said] == ["cancelled", "cancelled", "finished"]


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_full_disk_is_told_in_words(desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    full = StorageError("The image could not be saved because the disk is full.", todo="Free some space.")
    for method in ("add", "save_incoming"):
        with monkeypatch.context() as patch:
            patch.setattr(desk.files, method, failing(full))
            if method == "add":
                desk.importer.import_file(Path("good.png"), "chat")
            else:
                desk.importer.import_data(b"bytes", "good.png", "chat")
            desk.said.clear()
            wait_for(desk, qtbot, 1)
        assert desk.said == [("failed", "chat", full.problem)]


def test_a_part_becomes_an_attachment_that_knows_where_it_was(desk: Desk, qtbot: QtBot) -> None:
    parent = Attachment(digest="good", name="page.jpg", media_type="image/jpeg", width=100, height=80, byte_size=9)
    part = ImagePart(digest="good", name="page.jpg", left=1, top=2, right=30, bottom=40, turns=1)
    desk.importer.import_part(parent, part, "chat")
    wait_for(desk, qtbot, 1)
    expected = Attachment(
        digest="ab" * 32,
        name="page (part).png",
        media_type="image/png",
        width=640,
        height=480,
        byte_size=1000,
        part_of=part,
    )
    assert desk.said == [("finished", "chat", expected)]
    (request,) = desk.fakes.requests(BackendKind.IMAGES)
    assert isinstance(request, CutImage)
    assert (request.path, request.part) == (str(desk.files.path(parent)), part)
    assert desk.files.added == {"ab" * 32: Path(request.target)}


def test_the_pages_of_a_document_are_added_in_its_place(desk: Desk, qtbot: QtBot) -> None:
    desk.importer.import_file(Path("/home/me/3.pdf"), "chat")
    wait_for(desk, qtbot, 4)
    assert desk.said[0] == ("cancelled", "chat", None)
    pages = [what for said, _, what in desk.said[1:] if isinstance(what, Attachment)]
    assert [page.name for page in pages] == ["3, page 1.png", "3, page 2.png", "3, page 3.png"]
    assert [page.digest for page in pages] == [f"{number:064}" for number in range(3)]
    assert len(set(desk.ids)) == 4


def test_of_a_long_document_the_first_pages_are_added_and_that_is_said(desk: Desk, qtbot: QtBot) -> None:
    desk.importer.import_file(Path("/home/me/500.pdf"), "chat")
    wait_for(desk, qtbot, MOST_PAGES + 1)
    (refused,) = [what for said, _, what in desk.said if said == "failed"]
    assert isinstance(refused, Problem)
    assert refused.sentence.startswith(f"“500.pdf” has 500 pages; the first {MOST_PAGES} were added.")


def test_a_locked_document_is_asked_for_its_password_and_opened_with_it(desk: Desk, qtbot: QtBot) -> None:
    asked: list[tuple[Path, str, Problem]] = []
    desk.importer.password_needed.connect(lambda path, chat, problem: asked.append((path, chat, problem)))
    desk.importer.import_file(Path("locked2.pdf"), "one")
    qtbot.waitUntil(lambda: ("cancelled", "one", None) in desk.said)
    assert asked == [(Path("locked2.pdf"), "one", LOCKED)]
    desk.said.clear()
    desk.importer.import_file(Path("locked2.pdf"), "one", "sesame")
    qtbot.waitUntil(lambda: sum(what == "finished" for what, _, _ in desk.said) == 2)
    drawn = [request for request in desk.fakes.requests(BackendKind.IMAGES) if isinstance(request, DrawPage)]
    assert {request.password for request in drawn} == {"sesame"}
    assert "sesame" not in repr(desk.importer.__dict__)
