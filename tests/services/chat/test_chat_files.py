"""A chat is read from the store and written elsewhere, and comes back, off the window's thread."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Conversation, Message
from app.domain.chat.exported_chat import ExportedChat
from app.domain.errors import Problem, ProblemKind, StorageError
from app.domain.ids import ConversationId, Digest
from app.domain.models.answer_stats import FinishReason
from app.domain.ports import ConversationStore
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.messages import Done, Event, Failed, ImageProbed, ProbeImage, Request
from app.services.chat.chat_exporter import ChatExporter
from app.services.chat.chat_importer import ChatImporter
from app.services.chat.chat_library import ChatLibrary
from app.services.engines.background import BackgroundThread
from app.services.engines.engine import Engine
from app.services.engines.images_engine import ImagesEngine
from app.services.engines.store_thread import StoreAccess, StoreThread
from app.services.images.pictures import Pictures
from tests.support.chats import answer, attachment, conversation, question
from tests.support.error_texts import error_text
from tests.support.fake_engine import FakeEngines
from tests.support.memory_files import MemoryFiles
from tests.support.memory_stores import MemoryStores

Threads = tuple[StoreAccess[ConversationStore], BackgroundThread]


@pytest.fixture
def threads() -> Iterator[Threads]:
    kept = MemoryStores()
    kept.chats.save_turn(conversation(), (question(), answer()))
    shown = (attachment("1.png", "good"), attachment("2.png", "bad"), attachment("1.png", "good"))
    kept.chats.save_turn(
        conversation("c2"),
        (replace(question(message_id="q2"), conversation_id=ConversationId("c2"), attachments=shown),),
    )
    stores, files = StoreThread(lambda: kept), BackgroundThread("files")
    yield stores.chats, files
    stores.close()
    files.close()


def decodes(request: Request) -> Iterator[Event]:
    match request:
        case ProbeImage(path=path) if "good" in path:
            yield ImageProbed(Digest("good"), "image/png", 1, 1, 1, 1, b"png")
            yield Done(FinishReason.COMPLETE)
        case ProbeImage():
            yield Failed(Problem(ProblemKind.IMAGE, "It is damaged."))


@pytest.fixture
def pictures(qtbot: QtBot) -> Iterator[Pictures]:
    engine = Engine(BackendKind.IMAGES, FakeEngines(images=decodes))
    yield Pictures(ImagesEngine(engine), MemoryFiles())
    engine.shut_down()


def test_a_chat_is_written_off_the_window(threads: Threads, pictures: Pictures, qtbot: QtBot, tmp_path: Path) -> None:
    written: list[tuple[Path, Conversation, Sequence[Message], str, bool]] = []

    def write(
        target: Path, chat: Conversation, messages: Sequence[Message], pictures: Mapping[Digest, bytes], folder: str
    ) -> None:
        assert pictures == {}
        written.append((target, chat, messages, folder, threading.current_thread() is threading.main_thread()))

    exporter = ChatExporter(*threads, pictures, write)
    with qtbot.waitSignal(exporter.exported) as exported:
        exporter.export(conversation(), "Work", tmp_path / "chat.md")
    assert exported.args == [tmp_path / "chat.md"]
    assert written == [(tmp_path / "chat.md", conversation(), [question(), answer()], "Work", False)]


def test_why_it_was_not_written_is_told(threads: Threads, pictures: Pictures, qtbot: QtBot, tmp_path: Path) -> None:
    def fail(
        target: Path, chat: Conversation, messages: Sequence[Message], pictures: Mapping[Digest, bytes], folder: str
    ) -> None:
        raise StorageError(error_text("The disk is full."))

    exporter = ChatExporter(*threads, pictures, fail)
    with qtbot.waitSignal(exporter.problem_met) as met:
        exporter.export(conversation(), "Work", tmp_path / "chat.md")
    assert met.args[0].what == "The disk is full."


def test_a_printed_chat_has_the_pictures_that_could_be_decoded(
    threads: Threads, pictures: Pictures, qtbot: QtBot, tmp_path: Path
) -> None:
    given: list[Mapping[Digest, bytes]] = []
    exporter = ChatExporter(*threads, pictures, lambda *arguments: given.append(arguments[3]))
    with qtbot.waitSignal(exporter.exported):
        exporter.export(conversation("c2"), "", tmp_path / "chat.PDF")
    assert given == [{"good": b"png"}]


def test_an_imported_chat_has_its_images_and_thumbnails(
    threads: Threads, pictures: Pictures, qtbot: QtBot, tmp_path: Path
) -> None:
    chats, thread = threads
    files, library = MemoryFiles(), ChatLibrary(chats)
    asked = replace(
        question(message_id="n1"), conversation_id=ConversationId("n"), attachments=(attachment("1.png", "good"),)
    )
    chat = ExportedChat(
        conversation=conversation("n"),
        messages=(asked,),
        images={Digest("good"): b"bytes", Digest("bad"): b"more"},
        folder="Work",
    )
    importer = ChatImporter(library, chats, files, thread, pictures, lambda _: chat)
    with qtbot.waitSignal(importer.imported) as imported:
        importer.import_file(tmp_path / "chat.json")
    (folder,) = library.folders.in_order
    assert folder.name == "Work"
    assert imported.args == [replace(conversation("n"), folder_id=folder.id)]
    assert ConversationId("n") in library
    assert set(files.added) == {"good", "bad"}
    assert files.incoming == {}
    assert files.thumbnails == {"good": b"png"}
    with qtbot.waitCallback() as read:
        chats.run(lambda kept: kept.messages(ConversationId("n")), read)
    read.assert_called_with([asked])


def test_why_a_chat_is_not_imported_is_told(threads: Threads, pictures: Pictures, qtbot: QtBot, tmp_path: Path) -> None:
    def refuse(path: Path) -> ExportedChat:
        raise StorageError(error_text("It is not a chat."))

    importer = ChatImporter(ChatLibrary(threads[0]), threads[0], MemoryFiles(), threads[1], pictures, refuse)
    with qtbot.waitSignal(importer.problem_met) as met:
        importer.import_file(tmp_path / "chat.json")
    assert met.args[0].what == "It is not a chat."
