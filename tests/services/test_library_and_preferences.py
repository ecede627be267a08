from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.chat import Conversation, Draft
from app.domain.errors import Problem, StorageError
from app.domain.settings import Settings, ThemeChoice
from app.services.background import BackgroundThread
from app.services.library import Library
from app.services.preferences import Preferences
from app.services.store_thread import StoreThread
from tests.support.chats import conversation
from tests.support.memory_store import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    for number in range(3):
        card = conversation(f"c{number}", f"Chat {number}", number)
        made.cards[card.id] = card
    return made


@pytest.fixture
def thread(qtbot: QtBot, store: MemoryStore) -> Iterator[StoreThread]:
    made = StoreThread(lambda: store)
    yield made
    made.close()


def titles(conversations: tuple[Conversation, ...]) -> list[str]:
    return [item.title for item in conversations]


def test_the_list_comes_newest_first_and_changes(store: MemoryStore, thread: StoreThread, qtbot: QtBot) -> None:
    library = Library(thread)
    lists: list[list[str]] = []
    library.conversations_changed.connect(lambda conversations: lists.append(titles(conversations)))
    with qtbot.waitSignal(library.loaded):
        library.load()
    assert library.latest == store.cards["c2"]

    library.rename("c0", "  A better\n title ")
    library.rename("c1", "   ")
    with qtbot.waitSignal(library.deleted) as deleted:
        library.delete("c2")
    library.delete("gone")
    library.restore(deleted.args[0])
    library.pin("c0")
    library.delete("c1")

    assert lists == [
        ["Chat 2", "Chat 1", "Chat 0"],
        ["Chat 2", "Chat 1", "A better title"],
        ["Chat 1", "A better title"],
        ["Chat 2", "Chat 1", "A better title"],
        ["A better title", "Chat 2", "Chat 1"],
        ["A better title", "Chat 2"],
    ]
    qtbot.waitUntil(lambda: store.deleted == {"c1"})
    assert store.cards["c0"].title == "A better title"
    assert store.cards["c0"].is_pinned


def test_a_chat_begun_while_the_list_is_read_stays(thread: StoreThread, qtbot: QtBot) -> None:
    library = Library(thread)
    library.load()
    library.put(conversation("new", "Just begun", 9))
    with qtbot.waitSignal(library.loaded):
        pass
    assert library.latest
    assert library.latest.title == "Just begun"


def test_an_empty_draft_makes_no_chat(store: MemoryStore, thread: StoreThread, qtbot: QtBot) -> None:
    library = Library(thread)
    library.save_draft(conversation("empty"), Draft(text="  "))
    library.save_draft(conversation("kept"), Draft(text="words"))
    qtbot.waitUntil(lambda: "kept" in store.cards and store.cards["kept"].draft.text == "words")
    assert "empty" not in library


def test_a_store_that_could_not_be_opened_is_tried_again(qtbot: QtBot, store: MemoryStore) -> None:
    attempts = []

    def open_store() -> MemoryStore:
        attempts.append(1)
        if len(attempts) == 1:
            raise StorageError("The disk is full.")
        return store

    thread = StoreThread(open_store)
    with qtbot.waitSignal(thread.problem_met) as met:
        thread.run(lambda opened: opened.conversations())
    assert met.args is not None
    assert met.args[0].what == "The disk is full."
    seen: list[object] = []
    thread.run(lambda opened: opened.conversations(), seen.append)
    qtbot.waitUntil(lambda: len(seen) == 1)
    thread.close()
    assert store.closed


class Disk:
    """Keeps settings, or refuses."""

    def __init__(self) -> None:
        self.saved: list[Settings] = []
        self.full = False

    def save(self, settings: Settings) -> None:
        if self.full:
            raise StorageError("The settings could not be saved.")
        self.saved.append(settings)


def test_settings_are_saved_when_they_change_and_only_then(qtbot: QtBot) -> None:
    disk, thread = Disk(), BackgroundThread("files")
    preferences = Preferences(Settings(), disk, thread)
    dark = replace(Settings(), theme=ThemeChoice.DARK)

    preferences.update(Settings())
    preferences.update(dark)
    qtbot.waitUntil(lambda: disk.saved == [dark])
    disk.full = True
    problems: list[Problem] = []
    preferences.problem_met.connect(problems.append)
    preferences.update(Settings())
    qtbot.waitUntil(lambda: len(problems) == 1)

    assert preferences.settings == Settings()
    assert problems[0].what == "The settings could not be saved."
    thread.close()


def test_a_change_that_follows_from_another_is_saved_and_told_after_it(qtbot: QtBot) -> None:
    disk, thread = Disk(), BackgroundThread("files")
    preferences = Preferences(Settings(), disk, thread)
    told: list[Settings] = []
    settled = replace(Settings(), offline=True, offline_settled=True)

    def settle(settings: Settings) -> None:
        preferences.update(replace(settings, offline_settled=True))

    preferences.changed.connect(settle)
    preferences.changed.connect(told.append)

    preferences.update(replace(Settings(), offline=True))

    changes = [replace(Settings(), offline=True), settled]
    qtbot.waitUntil(lambda: disk.saved == changes)
    assert told == changes
    assert preferences.settings == settled
    thread.close()
