"""A chat is read from the store and written elsewhere, off the window's thread."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.chat import Conversation, Message
from app.domain.errors import StorageError
from app.services.background import BackgroundThread
from app.services.chat_exporter import ChatExporter
from app.services.store_thread import StoreThread
from tests.support.chats import answer, conversation, question
from tests.support.memory_store import MemoryStore


@pytest.fixture
def threads() -> Iterator[tuple[StoreThread, BackgroundThread]]:
    kept = MemoryStore()
    kept.save_turn(conversation(), (question(), answer()))
    store, files = StoreThread(lambda: kept), BackgroundThread("files")
    yield store, files
    store.close()
    files.close()


def test_a_chat_is_written_off_the_window(
    threads: tuple[StoreThread, BackgroundThread], qtbot: QtBot, tmp_path: Path
) -> None:
    written: list[tuple[Path, Conversation, Sequence[Message], bool]] = []

    def write(target: Path, chat: Conversation, messages: Sequence[Message]) -> None:
        written.append((target, chat, messages, threading.current_thread() is threading.main_thread()))

    exporter = ChatExporter(*threads, write)
    with qtbot.waitSignal(exporter.exported) as exported:
        exporter.export(conversation(), tmp_path / "chat.md")
    assert exported.args == [tmp_path / "chat.md"]
    assert written == [(tmp_path / "chat.md", conversation(), [question(), answer()], False)]


def test_why_it_was_not_written_is_told(
    threads: tuple[StoreThread, BackgroundThread], qtbot: QtBot, tmp_path: Path
) -> None:
    def fail(target: Path, chat: Conversation, messages: Sequence[Message]) -> None:
        raise StorageError("The disk is full.")

    exporter = ChatExporter(*threads, fail)
    with qtbot.waitSignal(exporter.problem_met) as met:
        exporter.export(conversation(), tmp_path / "chat.md")
    assert met.args[0].what == "The disk is full."
