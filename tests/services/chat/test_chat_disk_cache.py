"""What of chats may be kept on disk, and that it goes when its chat goes."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.disk_cache_files import DiskCacheFolder
from app.domain.chat.chat import Role, Turn
from app.domain.ids import ConversationId
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import AnswerDelta, Ask, Done, Event, OpenModel, Ready, Request, UseDiskCache
from app.services.chat.chat_disk_cache import GIGABYTE, ChatDiskCache
from app.services.engines.background import BackgroundThread
from tests.services.conftest import INFO, BuildServices, Services
from tests.support.fake_engine import ignore

KEY = bytes(range(32))


def answers_yes(request: Request) -> Iterator[Event]:
    match request:
        case OpenModel():
            yield Ready(INFO)
        case Ask():
            yield AnswerDelta("Yes.")
    yield Done(FinishReason.COMPLETE)


class Outdating(QObject):
    """Has a signal after which nothing is to be kept."""

    happened = Signal()


class Harness:
    """The services with a disk cache, and what is in its folder."""

    def __init__(self, services: Services, folder: Path, qtbot: QtBot) -> None:
        self.services, self.folder = services, folder
        self.thread = BackgroundThread("files")
        self.outdating = Outdating()
        self._qtbot = qtbot
        self.cache = ChatDiskCache(
            DiskCacheFolder(folder),
            services.model,
            services.library,
            services.answers,
            (self.outdating.happened,),
            self.thread,
        )

    def begin(self, load_key: Callable[[], bytes] = lambda: KEY) -> None:
        self.cache.set_gigabytes(2)
        self.cache.begin(load_key)
        self.services.model.open("/models/tiny")
        self._qtbot.waitUntil(lambda: self.services.model.status.state is EngineState.READY)
        self._qtbot.waitUntil(lambda: bool(self.told))

    @property
    def told(self) -> list[UseDiskCache]:
        asked = self.services.engines.requests(BackendKind.MODEL)
        return [request for request in asked if isinstance(request, UseDiskCache)]

    @property
    def asked_chats(self) -> list[str]:
        asked = self.services.engines.requests(BackendKind.MODEL)
        return [request.chat for request in asked if isinstance(request, Ask)]

    @property
    def content(self) -> list[str]:
        """All names in the folder, when the thread has done what it was asked to do."""
        done: list[None] = []
        self.thread.submit(lambda: None, done.append, print)
        self._qtbot.waitUntil(lambda: bool(done))
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))

    def ask(self, text: str = "Is it?") -> ConversationId:
        """Ask in the chat that is shown, and keep a file for it as the model process does."""
        session = self.services.session
        session.send(text)
        self._qtbot.waitUntil(lambda: len(session.branch) > 0 and not session.is_busy)
        chat = session.conversation_id
        if chat in self.content:
            (self.folder / chat / "x.kept").write_bytes(b"kept")
        return chat


@pytest.fixture
def harness(build_services: BuildServices, tmp_path: Path, qtbot: QtBot) -> Iterator[Harness]:
    made = Harness(build_services(model=answers_yes), tmp_path / "kept", qtbot)
    yield made
    made.thread.close()


def test_answers_of_a_chat_may_be_kept_with_the_key(harness: Harness) -> None:
    harness.begin()
    chat = harness.ask()
    assert harness.told[0] == UseDiskCache(str(harness.folder), 2 * GIGABYTE, KEY)
    assert str(KEY) not in repr(harness.told[0])
    assert harness.asked_chats == [chat]
    assert harness.content == [chat, f"{chat}/x.kept"]


def test_nothing_is_kept_of_a_temporary_chat_nor_of_background_questions(harness: Harness, qtbot: QtBot) -> None:
    harness.begin()
    services = harness.services
    services.session.start_new(services.library.new_temporary)
    harness.ask()
    turns = (Turn(Role.USER, "Translate."),)
    services.model.ask_in_background(turns, GenerationOptions(), ignore, "")
    qtbot.waitUntil(lambda: len(harness.asked_chats) == 2)
    assert harness.asked_chats == ["", ""]
    assert harness.content == []


def test_what_is_kept_goes_with_its_chat(harness: Harness) -> None:
    harness.begin()
    first = harness.ask()
    harness.services.session.start_new()
    second = harness.ask()
    harness.services.library.delete(first)
    assert harness.content == [second, f"{second}/x.kept"]


def test_what_belongs_to_no_chat_goes_at_the_start(harness: Harness, qtbot: QtBot) -> None:
    harness.begin()
    chat = harness.ask()
    for name in ("0f0f", "abc.deleted"):
        (harness.folder / name).mkdir()
        (harness.folder / name / "y.kept").write_bytes(b"kept")
    with qtbot.waitSignal(harness.services.library.loaded):
        harness.services.library.load()
    assert harness.content == [chat, f"{chat}/x.kept"]


def test_everything_goes_with_a_model_or_the_setting(harness: Harness, qtbot: QtBot) -> None:
    harness.begin()
    harness.ask()
    harness.outdating.happened.emit()
    assert harness.content == []
    chat = harness.ask()
    assert f"{chat}/x.kept" in harness.content
    harness.cache.set_gigabytes(0)
    assert harness.content == []
    qtbot.waitUntil(lambda: harness.told[-1].max_bytes == 0)
    harness.ask()
    assert harness.content == []
    assert harness.asked_chats[-1] == ""


def test_a_keyring_that_asks_first_holds_nothing_up(harness: Harness, qtbot: QtBot) -> None:
    answered = threading.Event()

    def asks() -> bytes:
        answered.wait(30)
        return b""

    harness.cache.set_gigabytes(2)
    harness.cache.begin(asks)
    harness.services.model.open("/models/tiny")
    qtbot.waitUntil(lambda: harness.services.model.status.state is EngineState.READY)
    harness.ask()
    assert harness.asked_chats == [""]
    answered.set()
    qtbot.waitUntil(lambda: bool(harness.told))
    assert harness.told[0].key == b""
    assert not harness.cache.is_encrypted
    harness.ask()
    assert harness.asked_chats[-1]


def test_a_keyring_that_fails_is_none(harness: Harness) -> None:
    def fails() -> bytes:
        raise RuntimeError

    harness.begin(fails)
    assert harness.told[0].key == b""


def test_a_new_process_is_told_before_it_opens_the_model(harness: Harness, qtbot: QtBot) -> None:
    harness.begin()
    harness.services.model.restart()
    qtbot.waitUntil(lambda: len(harness.told) == 2)
    asked = harness.services.engines.latest(BackendKind.MODEL).requests
    assert [type(request) for request in asked[:2]] == [UseDiskCache, OpenModel]


def test_the_used_space_is_measured(harness: Harness, qtbot: QtBot) -> None:
    harness.begin()
    harness.ask()
    measured: list[int] = []
    harness.cache.measure(measured.append)
    qtbot.waitUntil(lambda: measured == [4])
