"""Folders of chats in a real database."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.chat.folders import ChatFolder
from app.domain.ids import ConversationId, FolderId
from app.storage.stores import SqliteStores
from tests.support.chats import conversation
from tests.support.sql import execute

WORK = ChatFolder(id=FolderId("f1"), name="Work", position=1)
HOME = ChatFolder(id=FolderId("f2"), name="Home", position=0, is_collapsed=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lorgnette.sqlite"


def inside(stores: SqliteStores) -> dict[str, str | None]:
    return {chat.id: chat.folder_id for chat in stores.chats.conversations()}


def test_folders_are_kept_in_order_and_changed(path: Path) -> None:
    stores = SqliteStores.open(path)
    stores.chats.save_folder(WORK)
    stores.chats.save_folder(HOME)
    assert stores.chats.folders() == [HOME, WORK]
    changed = replace(HOME, name="Garden", position=2, is_collapsed=False)
    stores.chats.save_folder(changed)
    stores.close()
    again = SqliteStores.open(path)
    assert again.chats.folders() == [WORK, changed]
    again.close()


def test_a_removed_folder_leaves_its_chats_and_takes_them_back(path: Path) -> None:
    stores = SqliteStores.open(path)
    stores.chats.save_folder(WORK)
    stores.chats.save_conversation(replace(conversation(), folder_id=WORK.id))
    stores.chats.delete_folder(WORK.id)
    assert stores.chats.folders() == []
    stores.chats.save_folder(WORK)
    assert inside(stores) == {"c1": WORK.id}
    stores.chats.delete_folder(WORK.id)
    stores.close()
    again = SqliteStores.open(path)
    assert inside(again) == {"c1": None}
    again.close()


def test_a_restored_chat_is_in_its_folder(path: Path) -> None:
    stores = SqliteStores.open(path)
    stores.chats.save_folder(WORK)
    stores.chats.save_conversation(replace(conversation(), folder_id=WORK.id))
    stores.chats.delete_conversation(ConversationId("c1"))
    stores.chats.restore_conversation(ConversationId("c1"))
    assert inside(stores) == {"c1": WORK.id}
    stores.close()


def test_a_damaged_folder_costs_only_itself(path: Path) -> None:
    stores = SqliteStores.open(path)
    stores.chats.save_folder(WORK)
    stores.chats.save_folder(HOME)
    stores.close()
    execute(path, "UPDATE folder SET position = -5, collapsed = 99999999999 WHERE id = 'f1'")
    again = SqliteStores.open(path)
    assert again.chats.folders() == [replace(WORK, position=0), HOME]
    assert again.chats.damaged_rows == 1
    again.close()


def test_a_backup_has_the_folders(path: Path, tmp_path: Path) -> None:
    stores = SqliteStores.open(path)
    stores.chats.save_folder(WORK)
    stores.chats.save_conversation(replace(conversation(), folder_id=WORK.id))
    stores.close()
    stores = SqliteStores.open(path)
    stores.chats.delete_folder(WORK.id)
    stores.chats.delete_conversation(ConversationId("c1"))
    (backup,) = stores.backups.available()
    stores.backups.restore(backup)
    assert stores.chats.folders() == [WORK]
    assert inside(stores) == {"c1": WORK.id}
    stores.close()
