"""The services wired together over fake engines and an in-memory store."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from pytestqt.qtbot import QtBot

from app.domain.models.model_info import ModelInfo
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.engine.process.backend_kinds import BackendKind
from app.services.chat.answers import Answers
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_session import ChatSession
from app.services.chat.prefill_ahead import PrefillAhead
from app.services.chat.question_queue import QuestionQueue
from app.services.chat.turn_writer import TurnWriter
from app.services.documents.text_index import TextIndex
from app.services.engines.engine import Engine
from app.services.engines.reader_engine import ReaderEngine
from app.services.engines.store_thread import StoreThread
from app.services.models.automatic_resolution import AutomaticResolution
from app.services.models.image_texts import ImageTexts
from app.services.models.model_engine import ModelEngine
from tests.support.fake_engine import FakeEngines, Script
from tests.support.memory_files import MemoryFiles
from tests.support.memory_stores import MemoryStores

INFO = ModelInfo(
    name="Tiny", folder="/models/tiny", scheme="W4A16", device="cpu", device_reason="no GPU", context_length=4096
)


@dataclass(slots=True)
class Services:
    """Everything below the window."""

    stores: MemoryStores
    store_thread: StoreThread
    files: MemoryFiles
    engines: FakeEngines
    engines_by_kind: dict[BackendKind, Engine]
    image_texts: ImageTexts
    model: ModelEngine
    library: ChatLibrary
    answers: Answers
    queue: QuestionQueue
    session: ChatSession
    prefill_ahead: PrefillAhead
    is_open: bool = True

    def close(self) -> None:
        """Once, whether by the test or at its end."""
        if self.is_open:
            self.is_open = False
            self.queue.close()
            self.session.save_draft()
            for engine in self.engines_by_kind.values():
                engine.shut_down()
            self.store_thread.close()


BuildServices = Callable[..., Services]


@pytest.fixture
def build_services(qtbot: QtBot) -> Iterator[BuildServices]:
    built: list[Services] = []

    def build(stores: MemoryStores | None = None, **scripts: Script) -> Services:
        kept = stores or MemoryStores()
        fakes = FakeEngines(**scripts)
        thread = StoreThread(lambda: kept)
        engines = {kind: Engine(kind, fakes) for kind in BackendKind}
        reader = ReaderEngine(engines[BackendKind.READER])
        texts = ImageTexts(reader, TextIndex(thread.pages).add)
        model = ModelEngine(engines[BackendKind.MODEL], engines[BackendKind.SERVER], texts, LoadOptions)
        library = ChatLibrary(thread.chats)
        files = MemoryFiles()
        answers = Answers(model, reader, thread.chats)
        resolution = AutomaticResolution(texts, files, _options)
        writer = TurnWriter(library, answers, thread.chats, files, _options, resolution)
        queue = QuestionQueue(library, answers, writer, thread.chats)
        session = ChatSession(library, answers, writer, queue, thread.chats, files)
        prefill_ahead = PrefillAhead(session, model, _options, resolution)
        services = Services(
            kept, thread, files, fakes, engines, texts, model, library, answers, queue, session, prefill_ahead
        )
        built.append(services)
        return services

    yield build
    for services in built:
        services.close()


def _options() -> GenerationOptions:
    return GenerationOptions(sampling=GREEDY)
