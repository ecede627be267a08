"""From a dropped file to an attachment, with an images process that does what the test says."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.error_texts import document_texts, image_texts, storage_texts
from app.domain.errors import Problem, ProblemKind, StorageError
from app.domain.ids import ConversationId, Digest, ImportId
from app.domain.images.attachments import Attachment, ImageCrop
from app.domain.images.open_imports import OpenImport
from app.domain.models.answer_stats import FinishReason
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import (
    Cancel,
    CropImage,
    Done,
    DrawPage,
    Event,
    Failed,
    ImageProbed,
    PagesFound,
    ProbeImage,
    Request,
)
from app.engine.process.watchdog import MAX_TICKS
from app.services.engines.background import BackgroundThread
from app.services.engines.engine import Engine
from app.services.engines.images_engine import ImagesEngine
from app.services.images.image_importer import MAX_PAGES, ImageImporter
from app.services.images.interrupted_imports import InterruptedImports
from tests.support.fake_engine import FakeEngines, pass_ticks
from tests.support.memory_files import MemoryFiles

LOCKED = Problem(ProblemKind.PASSWORD, "It is protected.")
NOT_AN_IMAGE = Problem(ProblemKind.IMAGE, "It is not an image.")


def probes(request: Request) -> Iterator[Event]:
    """Good files are called good…, others are refused; a file called slow waits until it is cancelled."""
    match request:
        case ProbeImage(path=path) if "short" in path:
            yield ImageProbed(Digest("ab" * 32), "image/jpeg", 640, 480, 1000, 1, b"png", shown_share=0.639)
            yield Done(FinishReason.COMPLETE)
        case ProbeImage(path=path) | CropImage(path=path) if "good" in path:
            yield ImageProbed(Digest("ab" * 32), "image/png", 640, 480, 1000, 1, b"png")
            yield Done(FinishReason.COMPLETE)
        case ProbeImage(path=path, password=password) if "locked" in path and password != "sesame":
            yield Failed(LOCKED)
        case ProbeImage(path=path) if "slow" not in path and not path.endswith(".pdf"):
            yield Failed(NOT_AN_IMAGE)
        case ProbeImage(path=path) if path.endswith(".pdf"):
            yield PagesFound(int(Path(path).stem.removeprefix("locked")))
            yield Done(FinishReason.COMPLETE)
        case DrawPage(page=page):
            yield ImageProbed(Digest(f"{page:064}"), "image/png", 1654, 2339, 1000, 1, b"png")
            yield Done(FinishReason.COMPLETE)
        case Cancel():
            yield Done(FinishReason.STOPPED)


class Harness:
    """An importer and everything it has said, as (signal, chat, what)."""

    def __init__(self) -> None:
        self.fakes = FakeEngines(images=probes)
        self.engine = Engine(BackendKind.IMAGES, self.fakes)
        self.thread = BackgroundThread("files")
        self.files = MemoryFiles()
        self.importer = ImageImporter(ImagesEngine(self.engine), lambda _: self.files, self.thread)
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
def harness(qtbot: QtBot) -> Iterator[Harness]:
    made = Harness()
    yield made
    made.close()


def wait_for(harness: Harness, qtbot: QtBot, count: int) -> None:
    qtbot.waitUntil(lambda: len(harness.said) == count)


def test_a_good_file_becomes_an_attachment(harness: Harness, qtbot: QtBot) -> None:
    harness.importer.import_file(Path("/home/me/good.png"), ConversationId("chat"))
    wait_for(harness, qtbot, 1)
    expected = Attachment(
        digest=Digest("ab" * 32), name="good.png", media_type="image/png", width=640, height=480, byte_size=1000
    )
    assert harness.said == [("finished", "chat", expected)]
    assert harness.files.added == {"ab" * 32: Path("/home/me/good.png")}
    assert harness.files.thumbnails == {"ab" * 32: b"png"}


def test_an_image_that_ends_early_is_added_and_that_is_said(harness: Harness, qtbot: QtBot) -> None:
    reported: list[Problem] = []
    harness.importer.was_cut_short.connect(reported.append)
    harness.importer.import_file(Path("/home/me/short.jpg"), ConversationId("chat"))
    wait_for(harness, qtbot, 1)
    assert isinstance(harness.said[0][2], Attachment)
    assert [problem.what for problem in reported] == [
        "“short.jpg” ends early: only the first 63 % of the image is there."
    ]


def test_a_name_that_is_not_utf_8_reaches_the_process_and_is_kept_as_it_can_be_shown(
    harness: Harness, qtbot: QtBot
) -> None:
    path = Path(os.fsdecode(b"/home/me/good-\xe9.png"))
    harness.importer.import_file(path, ConversationId("chat"))
    wait_for(harness, qtbot, 1)
    assert isinstance(harness.said[0][2], Attachment)
    assert harness.said[0][2].name == "good-\N{REPLACEMENT CHARACTER}.png"
    assert harness.files.added == {"ab" * 32: path}


def test_many_files_at_once_are_opened_one_by_one(harness: Harness, qtbot: QtBot) -> None:
    for name in ("good1.png", "bad.png", "good2.png"):
        harness.importer.import_file(Path(name), ConversationId("chat"))
    assert len(harness.ids) == 3
    wait_for(harness, qtbot, 3)
    assert sorted(said[0] for said in harness.said) == ["failed", "finished", "finished"]
    assert ("failed", "chat", NOT_AN_IMAGE) in harness.said
    assert len(harness.fakes.requests(BackendKind.IMAGES)) == 3


def test_pasted_bytes_pass_through_a_file_that_is_removed(harness: Harness, qtbot: QtBot) -> None:
    harness.importer.import_data(b"bytes", "good paste.png", ConversationId("chat"))
    wait_for(harness, qtbot, 1)
    assert harness.said[0][0] == "finished"
    qtbot.waitUntil(lambda: harness.files.incoming == {})
    harness.importer.import_data(b"bytes", "bad paste.png", ConversationId("chat"))
    wait_for(harness, qtbot, 2)
    qtbot.waitUntil(lambda: harness.files.incoming == {})


def test_an_image_in_a_data_url_passes_through_a_file_and_bad_data_is_told(harness: Harness, qtbot: QtBot) -> None:
    written: list[bytes] = []
    harness.importer.open_changed.connect(lambda: written.extend(harness.files.incoming.values()))
    harness.importer.import_data_url("data:image/png;base64,QUJD", "good paste", ConversationId("chat"))
    wait_for(harness, qtbot, 1)
    assert isinstance(attachment := harness.said[0][2], Attachment)
    assert attachment.name == "good paste.png"
    assert set(written) == {b"ABC"}
    harness.importer.import_data_url("data:image/png;base64,@", "bad", ConversationId("chat"))
    wait_for(harness, qtbot, 2)
    assert harness.said[1] == ("failed", "chat", image_texts.BAD_DATA_URL.problem())


def test_a_process_that_hangs_is_replaced_and_the_file_is_blamed_the_second_time_only(
    harness: Harness, qtbot: QtBot
) -> None:
    chat = ConversationId("chat")
    harness.importer.import_file(Path("slow.png"), chat)
    harness.importer.import_file(Path("good.png"), chat)
    pass_ticks(harness.engine, MAX_TICKS[ProbeImage] + 1)
    wait_for(harness, qtbot, 2)
    assert harness.said[0] == ("failed", "chat", document_texts.DECODER_GONE.problem(file="slow.png"))
    assert harness.said[1][0] == "finished"
    assert len(harness.fakes.clients) == 2, "the process that hung was replaced"
    for number, name in enumerate(("other slow.png", "slow.png")):
        harness.importer.import_file(Path(name), chat)
        pass_ticks(harness.engine, MAX_TICKS[ProbeImage] + 1)
        wait_for(harness, qtbot, 3 + number)
    assert harness.said[2] == ("failed", "chat", document_texts.DECODER_GONE.problem(file="other slow.png"))
    assert harness.said[3] == ("failed", "chat", document_texts.DECODER_STOPPED.problem(file="slow.png"))


def test_pasted_data_has_no_place_and_is_never_blamed(harness: Harness, qtbot: QtBot) -> None:
    for number in range(2):
        harness.importer.import_data(b"bytes", "slow paste.png", ConversationId("chat"))
        qtbot.waitUntil(lambda: harness.engine.is_busy)
        pass_ticks(harness.engine, MAX_TICKS[ProbeImage] + 1)
        wait_for(harness, qtbot, 1 + number)
        assert harness.said[-1][2] == document_texts.DECODER_GONE.problem(file="slow paste.png")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_imports_can_be_cancelled_under_way_and_waiting(harness: Harness, qtbot: QtBot, order: tuple[int, int]) -> None:
    harness.importer.import_file(Path("slow.png"), ConversationId("chat"))
    harness.importer.import_file(Path("slow too.png"), ConversationId("chat"))
    harness.importer.import_file(Path("good.png"), ConversationId("chat"))
    for index in order:
        harness.importer.cancel(ImportId(harness.ids[index]))
    wait_for(harness, qtbot, 3)
    assert [said[0] for said in harness.said] == ["cancelled", "cancelled", "finished"]


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_full_disk_is_told_in_words(harness: Harness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    full = StorageError(storage_texts.IMAGE_DISK_FULL)
    for method in ("add", "save_incoming"):
        with monkeypatch.context() as patch:
            patch.setattr(harness.files, method, failing(full))
            if method == "add":
                harness.importer.import_file(Path("good.png"), ConversationId("chat"))
            else:
                harness.importer.import_data(b"bytes", "good.png", ConversationId("chat"))
            harness.said.clear()
            wait_for(harness, qtbot, 1)
        assert harness.said == [("failed", "chat", full.problem)]


def test_a_part_becomes_an_attachment_that_knows_where_it_was(harness: Harness, qtbot: QtBot) -> None:
    parent = Attachment(
        digest=Digest("good"), name="page.jpg", media_type="image/jpeg", width=100, height=80, byte_size=9
    )
    part = ImageCrop(digest=Digest("good"), name="page.jpg", left=1, top=2, right=30, bottom=40, turns=1)
    harness.importer.import_crop(parent, part, ConversationId("chat"))
    wait_for(harness, qtbot, 1)
    expected = Attachment(
        digest=Digest("ab" * 32),
        name="page (part).png",
        media_type="image/png",
        width=640,
        height=480,
        byte_size=1000,
        part_of=part,
    )
    assert harness.said == [("finished", "chat", expected)]
    (request,) = harness.fakes.requests(BackendKind.IMAGES)
    assert isinstance(request, CropImage)
    assert (request.path, request.part) == (str(harness.files.path(parent)), part)
    assert harness.files.added == {"ab" * 32: Path(request.target)}


def test_the_pages_of_a_document_are_added_in_its_place(harness: Harness, qtbot: QtBot) -> None:
    harness.importer.import_file(Path("/home/me/3.pdf"), ConversationId("chat"))
    wait_for(harness, qtbot, 4)
    assert harness.said[0] == ("cancelled", "chat", None)
    pages = [what for said, _, what in harness.said[1:] if isinstance(what, Attachment)]
    assert [page.name for page in pages] == ["3, page 1.png", "3, page 2.png", "3, page 3.png"]
    assert [page.digest for page in pages] == [f"{number:064}" for number in range(3)]
    assert len(set(harness.ids)) == 4


def test_of_a_long_document_the_first_pages_are_added_and_that_is_said(harness: Harness, qtbot: QtBot) -> None:
    reported: list[tuple[Path, str, Problem]] = []
    harness.importer.was_too_long.connect(lambda *what: reported.append(what))
    harness.importer.import_file(Path("/home/me/500.pdf"), ConversationId("chat"))
    wait_for(harness, qtbot, MAX_PAGES + 1)
    assert harness.said[0] == ("cancelled", "chat", None)
    ((path, chat_id, refused),) = reported
    assert (path, chat_id) == (Path("/home/me/500.pdf"), "chat")
    assert refused.sentence.startswith(f"“500.pdf” has 500 pages; only the first {MAX_PAGES} were added.")


@pytest.fixture
def asked(harness: Harness) -> list[tuple[str, Problem]]:
    """The requests for passwords."""
    said: list[tuple[str, Problem]] = []
    harness.importer.password_needed.connect(lambda import_id, problem: said.append((import_id, problem)))
    return said


def test_a_locked_document_is_asked_for_its_password_and_opened_with_it(
    harness: Harness, qtbot: QtBot, asked: list[tuple[str, Problem]]
) -> None:
    harness.importer.import_file(Path("locked2.pdf"), ConversationId("one"))
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [(harness.ids[0], LOCKED)]
    harness.importer.unlock(ImportId(harness.ids[0]), "wrong")
    qtbot.waitUntil(lambda: len(asked) == 2)
    harness.importer.unlock(ImportId(harness.ids[0]), "sesame")
    qtbot.waitUntil(lambda: sum(what == "finished" for what, _, _ in harness.said) == 2)
    drawn = [request for request in harness.fakes.requests(BackendKind.IMAGES) if isinstance(request, DrawPage)]
    assert {request.password for request in drawn} == {"sesame"}
    assert "sesame" not in repr(harness.importer.__dict__)


def test_a_locked_document_keeps_its_place(harness: Harness, qtbot: QtBot, asked: list[tuple[str, Problem]]) -> None:
    for name in ("good.png", "locked2.pdf", "good too.png"):
        harness.importer.import_file(Path(name), ConversationId("chat"))
    qtbot.waitUntil(lambda: bool(asked))
    assert harness.importer.open_imports[0].path == "locked2.pdf"  # It is asked again after a restart.
    harness.importer.unlock(ImportId(asked[0][0]), "sesame")
    wait_for(harness, qtbot, 5)
    names = [what.name for said, _, what in harness.said if isinstance(what, Attachment)]
    assert names == ["good.png", "locked2, page 1.png", "locked2, page 2.png", "good too.png"]


def test_a_locked_document_without_a_password_lets_the_others_pass(
    harness: Harness, qtbot: QtBot, asked: list[tuple[str, Problem]]
) -> None:
    for name in ("locked2.pdf", "good.png"):
        harness.importer.import_file(Path(name), ConversationId("chat"))
    qtbot.waitUntil(lambda: bool(asked))
    harness.importer.cancel(ImportId(asked[0][0]))
    wait_for(harness, qtbot, 2)
    assert [said for said, _, _ in harness.said] == ["cancelled", "finished"]
    harness.importer.unlock(ImportId(asked[0][0]), "sesame")
    assert harness.importer.open_imports == ()


def test_pages_and_files_keep_their_order(harness: Harness, qtbot: QtBot) -> None:
    for name in ("3.pdf", "good.png", "2.pdf", "bad.png", "good too.png"):
        harness.importer.import_file(Path(name), ConversationId("chat"))
    harness.importer.import_file(Path("good.png"), ConversationId("another"))
    wait_for(harness, qtbot, 11)
    names = [what.name for said, chat, what in harness.said if isinstance(what, Attachment) and chat == "chat"]
    assert names == [
        "3, page 1.png", "3, page 2.png", "3, page 3.png", "good.png", "2, page 1.png", "2, page 2.png", "good too.png",
    ]  # fmt: skip
    assert harness.importer.open_imports == ()


def test_an_image_that_waits_for_those_before_it_can_be_cancelled(harness: Harness, qtbot: QtBot) -> None:
    for name in ("good.png", "slow.png", "good.png", "good.png"):
        harness.importer.import_file(Path(name), ConversationId("chat"))
    wait_for(harness, qtbot, 1)
    harness.importer.cancel(ImportId(harness.ids[3]))
    pass_ticks(harness.engine, MAX_TICKS[ProbeImage] + 1)
    wait_for(harness, qtbot, 4)
    harness.importer.cancel(ImportId(harness.ids[3]))
    assert sorted(said[0] for said in harness.said) == ["cancelled", "failed", "finished", "finished"]
    assert harness.importer.open_imports == ()


class Records:
    """Keeps the records as a file does."""

    def __init__(self) -> None:
        self.kept: tuple[OpenImport, ...] = ()

    def load(self) -> tuple[OpenImport, ...]:
        return self.kept

    def save(self, imports: Sequence[OpenImport]) -> None:
        self.kept = tuple(imports)


def interrupted_imports(harness: Harness, records: Records) -> InterruptedImports:
    return InterruptedImports(harness.importer, records, harness.thread, lambda _: None)


def test_imports_that_a_closed_window_interrupted_are_begun_again(qtbot: QtBot) -> None:
    records, crop = Records(), ImageCrop(digest=Digest("slow"), name="slow", left=0, top=0, right=9, bottom=9)
    slow = Attachment(digest=Digest("slow"), name="slow.png", media_type="image/png", width=9, height=9, byte_size=9)
    first, second = Harness(), Harness()
    interrupted = interrupted_imports(first, records)
    interrupted.load()
    first.importer.import_file(Path("slow.png"), ConversationId("known"))
    first.importer.import_data(b"bytes", "slow paste.png", ConversationId("unknown"))
    first.importer.import_crop(slow, crop, ConversationId("known"))
    first.importer.import_file(Path("locked.pdf"), ConversationId("known"))
    qtbot.waitUntil(lambda: len(records.kept) == 4)
    first.close()
    assert [(item.path, item.is_incoming, item.part) for item in records.kept] == [
        ("slow.png", False, None), ("/incoming/slow paste.png", True, None), ("/store/slow", False, crop),
        ("locked.pdf", False, None),
    ]  # fmt: skip
    second.importer.password_needed.connect(lambda import_id, _: second.importer.cancel(import_id))
    records.kept = tuple(replace(item, path=item.path.replace("slow", "good")) for item in records.kept)
    again = interrupted_imports(second, records)
    again.resume(lambda chat: chat if chat == "known" else ConversationId("new"))
    again.load()
    qtbot.waitUntil(lambda: len(second.said) == 4)
    assert sorted(said[:2] for said in second.said) == [
        ("cancelled", "known"), ("finished", "known"), ("finished", "known"), ("finished", "new"),
    ]  # fmt: skip
    qtbot.waitUntil(lambda: records.kept == ())
    second.close()


def test_records_of_the_last_session_stay_until_the_chats_are_known(harness: Harness, qtbot: QtBot) -> None:
    records = Records()
    old = OpenImport(chat_id=ConversationId("old"), path="old.png", name="old.png")
    records.kept = (old,)
    interrupted = interrupted_imports(harness, records)
    interrupted.load()
    harness.importer.import_file(Path("slow.png"), ConversationId("chat"))
    qtbot.waitUntil(lambda: len(records.kept) == 2)
    assert records.kept[0] == old


def test_a_window_that_closes_before_it_has_loaded_them_keeps_both(harness: Harness, qtbot: QtBot) -> None:
    records = Records()
    records.kept = (OpenImport(chat_id=ConversationId("old"), path="old.png", name="old.png"),)
    interrupted = interrupted_imports(harness, records)
    harness.importer.import_file(Path("slow.png"), ConversationId("chat"))
    interrupted.save()
    qtbot.waitUntil(lambda: len(records.kept) == 2)


def test_imports_of_a_temporary_chat_are_not_recorded_and_end_with_it(harness: Harness, qtbot: QtBot) -> None:
    harness.files.is_lasting = False
    chat = ConversationId("chat")
    harness.importer.import_file(Path("/home/me/slow.png"), chat)
    harness.importer.import_file(Path("/home/me/slow2.png"), ConversationId("other"))
    assert harness.importer.has_any(chat)
    assert harness.importer.open_imports == ()
    harness.importer.cancel_all(chat)
    wait_for(harness, qtbot, 1)
    assert harness.said == [("cancelled", "chat", None)]
    assert not harness.importer.has_any(chat)
    assert harness.importer.has_any(ConversationId("other"))
