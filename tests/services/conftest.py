"""The services wired together over fake engines and an in-memory store."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from pytestqt.qtbot import QtBot

from app.domain.generation import GREEDY, GenerationOptions, LoadOptions, ModelInfo
from app.engine.process.backend import BackendKind
from app.services.answers import Answers
from app.services.chat_session import ChatSession
from app.services.engine import Engine
from app.services.image_texts import ImageTexts
from app.services.library import Library
from app.services.model_engine import ModelEngine
from app.services.read_ahead import ReadAhead
from app.services.store_thread import StoreThread
from tests.support.fake_engine import FakeEngines, Script
from tests.support.memory_store import MemoryFiles, MemoryStore

INFO = ModelInfo(
    name="Tiny", folder="/models/tiny", scheme="W4A16", device="cpu", device_reason="no GPU", context_length=4096
)


@dataclass(slots=True)
class House:
    """Everything below the window."""

    store: MemoryStore
    store_thread: StoreThread
    files: MemoryFiles
    engines: FakeEngines
    engines_by_kind: dict[BackendKind, Engine]
    model: ModelEngine
    library: Library
    answers: Answers
    session: ChatSession
    read_ahead: ReadAhead
    close: Callable[[], None]


BuildHouse = Callable[..., House]


@pytest.fixture
def build_house(qtbot: QtBot) -> Iterator[BuildHouse]:
    closers: list[Callable[[], None]] = []

    def build(store: MemoryStore | None = None, **scripts: Script) -> House:
        kept = store or MemoryStore()
        fakes = FakeEngines(**scripts)
        thread = StoreThread(lambda: kept)
        engines = {kind: Engine(kind, fakes) for kind in BackendKind}
        model = ModelEngine(engines[BackendKind.MODEL], ImageTexts(engines[BackendKind.READER]), LoadOptions)
        library = Library(thread)
        files = MemoryFiles()
        answers = Answers(model, engines[BackendKind.READER], thread)
        session = ChatSession(library, answers, thread, files, _options)
        read_ahead = ReadAhead(session, model, _options)

        def close() -> None:
            if close in closers:
                closers.remove(close)  # Once, whether by the test or at its end.
                session.save_draft()
                for engine in engines.values():
                    engine.shut_down()
                thread.close()

        closers.append(close)
        return House(kept, thread, files, fakes, engines, model, library, answers, session, read_ahead, close)

    yield build
    for close in tuple(closers):
        close()


def _options() -> GenerationOptions:
    return GenerationOptions(sampling=GREEDY)
