"""Folders of the library: their names, their order, and the chats that are put into them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Conversation
from app.domain.chat.folders import MAX_NAME, ChatFolder
from app.domain.ids import ConversationId, FolderId
from app.services.chat.chat_library import ChatLibrary
from app.services.engines.store_thread import StoreThread
from tests.support.chats import conversation
from tests.support.memory_stores import MemoryStores

CHATS = tuple(conversation(f"c{number}", f"Chat {number}", number) for number in range(3))
IDS = tuple(chat.id for chat in CHATS)


@pytest.fixture
def stores() -> MemoryStores:
    made = MemoryStores()
    for chat in CHATS:
        made.chats.save_conversation(chat)
    return made


@pytest.fixture
def library(stores: MemoryStores, qtbot: QtBot) -> Iterator[ChatLibrary]:
    thread = StoreThread(lambda: stores)
    made = ChatLibrary(thread.chats)
    with qtbot.waitSignal(made.loaded):
        made.load()
    yield made
    thread.close()


def made(library: ChatLibrary, name: str) -> ChatFolder:
    folder = library.folders.named(name)
    assert folder
    return folder


def test_a_name_is_given_to_one_folder_alone(library: ChatLibrary) -> None:
    work = made(library, "  Work\n of May ")
    assert work.name == "Work of May"
    assert library.folders.named("work of may") == work
    assert library.folders.named("  ") is None
    assert len(made(library, "x" * 200).name) == MAX_NAME
    library.folders.rename(work.id, " Play ")
    library.folders.rename(work.id, " ")
    assert library.folders.name(work.id) == "Play"
    assert library.folders.name(FolderId("gone")) == library.folders.name(None) == ""


def test_folders_are_moved_within_the_list(library: ChatLibrary, stores: MemoryStores, qtbot: QtBot) -> None:
    names: list[list[str]] = []
    first, _, third = (made(library, name) for name in "ABC")
    library.folders.changed.connect(lambda folders: names.append([folder.name for folder in folders]))
    library.folders.move(third.id, -1)
    library.folders.move(first.id, 1)
    library.folders.move(first.id, 9)
    library.folders.move(first.id, 1)
    assert names == [list("ACB"), list("CAB"), list("CBA"), list("CBA")]
    qtbot.waitUntil(lambda: [folder.name for folder in stores.chats.folders()] == list("CBA"))


def test_chats_are_moved_together(library: ChatLibrary, stores: MemoryStores, qtbot: QtBot) -> None:
    work = made(library, "Work")
    lists: list[tuple[Conversation, ...]] = []
    library.conversations_changed.connect(lists.append)
    library.move((*IDS[:2], ConversationId("gone")), work.id)
    assert [[chat.folder_id for chat in chats] for chats in lists] == [[None, work.id, work.id]]
    library.move(IDS[:1], None)
    qtbot.waitUntil(lambda: [stores.chats.rows[item].folder_id for item in IDS] == [None, work.id, None])


def test_a_temporary_chat_is_put_into_no_folder(library: ChatLibrary, stores: MemoryStores) -> None:
    work, chat = made(library, "Work"), library.new_temporary()
    library.move((chat.id,), work.id)
    assert library[chat.id].folder_id is None
    library.keep(chat.id)
    library.move((chat.id,), work.id)
    assert library[chat.id].folder_id == work.id


def test_a_removed_folder_comes_back_with_its_chats(library: ChatLibrary, stores: MemoryStores, qtbot: QtBot) -> None:
    work = made(library, "Work")
    library.move(IDS, work.id)
    with qtbot.waitSignal(library.folders.removed) as removed:
        library.folders.remove(work.id)
    assert removed.args == [work]
    assert list(library.folders.in_order) == []
    qtbot.waitUntil(lambda: stores.chats.saved_folders == {})
    library.folders.restore(work)
    assert list(library.folders.in_order) == [work]
    assert [library[item].folder_id for item in IDS] == [work.id] * 3


def test_deleted_chats_come_back_into_their_folder(library: ChatLibrary, qtbot: QtBot) -> None:
    work = made(library, "Work")
    library.move(IDS[:2], work.id)
    with qtbot.waitSignal(library.deleted) as deleted:
        library.delete(*IDS)
    assert list(library.conversations) == []
    library.restore(*deleted.args[0])
    assert [library[item].folder_id for item in IDS] == [work.id, work.id, None]


def test_folders_are_read_with_the_chats_and_replaced_with_them(
    library: ChatLibrary, stores: MemoryStores, qtbot: QtBot
) -> None:
    other = ChatFolder(id=FolderId("f9"), name="Other", is_collapsed=True)
    made(library, "Work")
    qtbot.waitUntil(lambda: bool(stores.chats.saved_folders))
    stores.chats.saved_folders = {other.id: other}
    with qtbot.waitSignals([library.folders.cleared, library.loaded]):
        library.reload()
        assert list(library.folders.in_order) == []
    assert list(library.folders.in_order) == [other]
    library.folders.set_collapsed(other.id, False)
    assert list(library.folders.in_order) == [replace(other, is_collapsed=False)]
