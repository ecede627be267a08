from collections.abc import Iterator
from dataclasses import replace
from typing import get_type_hints

import pytest
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Conversation, Draft
from app.domain.error_texts import storage_texts
from app.domain.errors import Problem, StorageError
from app.domain.ids import ConversationId
from app.domain.settings.settings import Settings, SettingsChanges, ThemeChoice
from app.services.chat.chat_library import ChatLibrary
from app.services.engines import store_thread
from app.services.engines.background import BackgroundThread
from app.services.engines.store_thread import StoreThread
from app.services.settings import preferences as preferences_module
from app.services.settings.preferences import Preferences
from tests.support.chats import attachment, conversation, question
from tests.support.memory_stores import MemoryStores


@pytest.fixture
def stores() -> MemoryStores:
    made = MemoryStores()
    for number in range(3):
        chat = conversation(f"c{number}", f"Chat {number}", number)
        made.chats.rows[chat.id] = chat
    return made


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (store_thread, preferences_module):
        monkeypatch.setattr(module, "RETRY_MILLISECONDS", 20)


@pytest.fixture
def thread(qtbot: QtBot, stores: MemoryStores) -> Iterator[StoreThread]:
    made = StoreThread(lambda: stores)
    yield made
    made.close()


def titles(conversations: tuple[Conversation, ...]) -> list[str]:
    return [item.title for item in conversations]


def test_the_first_images_of_chats_are_found(stores: MemoryStores, thread: StoreThread, qtbot: QtBot) -> None:
    first, second = attachment("first.png"), attachment("second.png", "cd" * 32)
    for number, image in enumerate((first, second)):
        stores.chats.save_message(replace(question("?", f"q{number}"), attachments=(image,)))
    library = ChatLibrary(thread.chats)
    with qtbot.waitSignal(library.first_images_found) as found:
        library.find_first_images((ConversationId("c0"), ConversationId("c1")))
    assert found.args == [{"c1": first}]


def test_the_list_comes_newest_first_and_changes(stores: MemoryStores, thread: StoreThread, qtbot: QtBot) -> None:
    library = ChatLibrary(thread.chats)
    lists: list[list[str]] = []
    library.conversations_changed.connect(lambda conversations: lists.append(titles(conversations)))
    with qtbot.waitSignal(library.loaded):
        library.load()
    assert library.latest == stores.chats.rows[ConversationId("c2")]

    library.rename(ConversationId("c0"), "  A better\n title ")
    library.rename(ConversationId("c1"), "   ")
    with qtbot.waitSignal(library.deleted) as deleted:
        library.delete(ConversationId("c2"))
    library.delete(ConversationId("gone"))
    library.restore(*deleted.args[0])
    library.pin(ConversationId("c0"))
    library.delete(ConversationId("c1"))

    assert lists == [
        ["Chat 2", "Chat 1", "Chat 0"],
        ["Chat 2", "Chat 1", "A better title"],
        ["Chat 1", "A better title"],
        ["Chat 2", "Chat 1", "A better title"],
        ["A better title", "Chat 2", "Chat 1"],
        ["A better title", "Chat 2"],
    ]
    qtbot.waitUntil(lambda: stores.chats.deleted == {"c1"})
    assert stores.chats.rows[ConversationId("c0")].title == "A better title"
    assert stores.chats.rows[ConversationId("c0")].is_pinned


def test_a_chat_begun_while_the_list_is_read_stays(thread: StoreThread, qtbot: QtBot) -> None:
    library = ChatLibrary(thread.chats)
    library.load()
    library.put(conversation("new", "Just begun", 9))
    with qtbot.waitSignal(library.loaded):
        pass
    assert library.latest
    assert library.latest.title == "Just begun"


def test_no_chat_is_listed_while_the_list_is_replaced(thread: StoreThread, qtbot: QtBot) -> None:
    library = ChatLibrary(thread.chats)
    lists: list[list[str]] = []
    library.conversations_changed.connect(lambda conversations: lists.append(titles(conversations)))
    with qtbot.waitSignal(library.loaded):
        library.load()
    with qtbot.waitSignal(library.loaded):
        library.reload()
        assert lists[-1] == []
    assert lists[-1] == ["Chat 2", "Chat 1", "Chat 0"]


def test_an_empty_draft_makes_no_chat(stores: MemoryStores, thread: StoreThread, qtbot: QtBot) -> None:
    library = ChatLibrary(thread.chats)
    library.save_draft(conversation("empty"), Draft(text="  "))
    library.save_draft(conversation("kept"), Draft(text="words"))
    qtbot.waitUntil(
        lambda: "kept" in stores.chats.rows and stores.chats.rows[ConversationId("kept")].draft.text == "words"
    )
    assert ConversationId("empty") not in library


def test_a_store_that_could_not_be_opened_is_tried_again(qtbot: QtBot, stores: MemoryStores) -> None:
    attempts = []

    def open_stores() -> MemoryStores:
        attempts.append(1)
        if len(attempts) == 1:
            raise StorageError(storage_texts.DATABASE_DISK_FULL)
        return stores

    thread = StoreThread(open_stores)
    with qtbot.waitSignal(thread.problem_met) as met:
        thread.run(lambda opened: opened.chats.conversations())
    assert met.args is not None
    assert met.args[0] == storage_texts.DATABASE_DISK_FULL.problem()
    seen: list[object] = []
    thread.run(lambda opened: opened.chats.conversations(), seen.append)
    qtbot.waitUntil(lambda: len(seen) == 1)
    thread.close()
    assert stores.closed


@pytest.mark.usefixtures("quick_retries")
def test_what_the_disk_refused_is_kept_in_its_order_as_soon_as_there_is_room(
    stores: MemoryStores, thread: StoreThread, qtbot: QtBot
) -> None:
    """A draft waited for the next key: until then it was on the screen only."""
    library = ChatLibrary(thread.chats)
    problems: list[Problem] = []
    solved: list[Problem] = []
    thread.problem_met.connect(problems.append)
    thread.problem_solved.connect(solved.append)
    new = conversation("new", "New", 9)
    stores.full = True
    library.save_draft(new, Draft(text="half"))
    library.save_draft(new, Draft(text="half a thought"))
    library.save(replace(new, title="Named"))
    qtbot.waitUntil(lambda: len(problems) == 1)
    qtbot.wait(100)  # Several tries, all of them told once.
    assert "new" not in stores.chats.rows

    stores.full = False

    qtbot.waitUntil(lambda: solved == problems)
    assert (stores.chats.rows[ConversationId("new")].draft.text, stores.chats.rows[ConversationId("new")].title) == (
        "half a thought",
        "Named",
    )
    assert len(problems) == 1


def test_what_waits_for_room_is_kept_at_the_end_too(stores: MemoryStores, qtbot: QtBot) -> None:
    thread = StoreThread(lambda: stores)
    stores.full = True
    ChatLibrary(thread.chats).save_draft(conversation("new"), Draft(text="words"))
    with qtbot.waitSignal(thread.problem_met):
        pass
    stores.full = False
    thread.close()
    assert stores.chats.rows[ConversationId("new")].draft.text == "words"


def test_what_fails_for_another_reason_is_told_and_stops_nothing(
    stores: MemoryStores, thread: StoreThread, qtbot: QtBot
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    problems: list[Problem] = []
    thread.problem_met.connect(problems.append)
    thread.save(("bug",), fail)
    ChatLibrary(thread.chats).save_draft(conversation("new"), Draft(text="words"))
    qtbot.waitUntil(
        lambda: "new" in stores.chats.rows and stores.chats.rows[ConversationId("new")].draft.text == "words"
    )
    qtbot.waitUntil(lambda: ["ZeroDivisionError" in problem.what for problem in problems] == [True])


def test_damaged_rows_are_told_once_with_their_number(stores: MemoryStores, thread: StoreThread, qtbot: QtBot) -> None:
    problems: list[Problem] = []
    thread.problem_met.connect(problems.append)
    library = ChatLibrary(thread.chats)
    stores.chats.damaged_rows = 3
    for _ in range(2):
        with qtbot.waitSignal(library.loaded):
            library.load()
    assert [problem.what for problem in problems] == [
        "3 of your chats and messages are damaged and cannot be fully read."
    ]


def test_one_problem_that_every_work_meets_is_told_once(qtbot: QtBot) -> None:
    """Chats of a newer version were told twice at each start."""

    def refuse() -> MemoryStores:
        raise StorageError(storage_texts.DATABASE_OF_NEWER_VERSION)

    thread = StoreThread(refuse)
    problems: list[Problem] = []
    thread.problem_met.connect(problems.append)
    library = ChatLibrary(thread.chats)
    library.load()
    library.search("words")
    thread.save(("draft", "c1"), lambda _stores: None)
    ended: list[Problem] = []
    thread.run(lambda _stores: None, failed=ended.append)
    qtbot.waitUntil(lambda: len(ended) == 1)
    assert len(problems) == 1
    thread.close()


class Disk:
    """Keeps settings, or refuses."""

    def __init__(self) -> None:
        self.saved: list[Settings] = []
        self.full = False

    def save(self, settings: Settings) -> None:
        if self.full:
            raise StorageError(storage_texts.SETTINGS_DISK_FULL)
        self.saved.append(settings)


@pytest.mark.usefixtures("quick_retries")
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
    assert problems == [storage_texts.SETTINGS_DISK_FULL.problem()]
    qtbot.wait(100)  # Several tries, all of them told once.
    assert len(problems) == 1
    disk.full = False
    with qtbot.waitSignal(preferences.problem_solved) as solved:
        pass
    assert solved.args == problems
    assert disk.saved[-1] == Settings()
    thread.close()


def test_a_change_leaves_the_other_settings_as_they_are(qtbot: QtBot) -> None:
    disk, thread = Disk(), BackgroundThread("files")
    preferences = Preferences(replace(Settings(), zoom=150), disk, thread)
    preferences.change(offline=True, model_folder="/models")
    changed = replace(Settings(), zoom=150, offline=True, model_folder="/models")
    assert preferences.settings == changed
    qtbot.waitUntil(lambda: disk.saved == [changed])
    thread.close()


def test_every_setting_can_be_changed_by_its_name() -> None:
    assert get_type_hints(SettingsChanges) == get_type_hints(Settings)


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
