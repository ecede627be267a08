"""Nothing is written beside what there is: a data folder that moves or goes is noticed before each write."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.chat.chat import Draft
from app.domain.errors import StorageError
from app.domain.ids import ConversationId, Digest
from app.domain.settings.settings import Settings
from app.storage.files.data_folder import DataFolder
from app.storage.images.attachments import FileAttachmentStore
from app.storage.settings.settings_file import SettingsFile
from app.storage.stores import SqliteStores
from tests.support.chats import conversation, question


def taken_away(folder: Path) -> None:
    folder.replace(folder.with_name("moved"))


def replaced(folder: Path) -> None:
    taken_away(folder)
    folder.mkdir()


def copied(folder: Path) -> None:
    taken_away(folder)
    shutil.copytree(folder.with_name("moved"), folder)


@pytest.mark.parametrize("move", [taken_away, replaced, copied])
def test_nothing_is_written_to_another_folder_and_all_goes_on_when_it_is_back(
    tmp_path: Path, move: Callable[[Path], None]
) -> None:
    path = tmp_path / "data"
    folder = DataFolder(path)
    stores = SqliteStores(path / "lorgnette.sqlite", path / "attachments", folder)
    stores.chats.save_turn(conversation(), (question(),))
    files = FileAttachmentStore(path / "attachments", path / "incoming", folder)
    settings = SettingsFile(path / "settings.json", folder)
    move(path)
    before = sorted(path.rglob("*"))

    writes: tuple[Callable[[], object], ...] = (
        lambda: stores.chats.save_draft(ConversationId("c1"), Draft(text="words")),
        lambda: stores.chats.save_message(question("more", "q2", "q1")),
        lambda: settings.save(Settings(zoom=150)),
        lambda: files.save_incoming(b"image", "pasted.png"),
        lambda: files.new_incoming("page.png"),
        lambda: files.save_thumbnail(Digest("ab" * 32), b"png"),
        lambda: files.add(Path(__file__), Digest("ab" * 32)),
        lambda: SqliteStores(path / "lorgnette.sqlite", path / "attachments", folder),
        lambda: folder.checked(lambda name: (path / "models" / name).mkdir(parents=True))("a model"),
    )
    for write in writes:
        with pytest.raises(StorageError, match="no longer exists"):
            write()
    assert sorted(path.rglob("*")) == before
    assert len(stores.chats.messages(ConversationId("c1"))) == 1

    if path.exists():
        shutil.rmtree(path)
    path.with_name("moved").replace(path)
    for write in (*writes[:6],):
        write()
    assert stores.chats.conversations()[0].draft.text == "words"
    stores.close()
    assert list(path.glob("*.backup-*"))


def test_a_store_that_is_closed_over_a_moved_folder_makes_nothing_there(tmp_path: Path) -> None:
    path = tmp_path / "data"
    stores = SqliteStores.open(path / "lorgnette.sqlite")
    stores.chats.save_turn(conversation(), (question(),))
    taken_away(path)
    stores.close()
    assert not path.exists()
    again = SqliteStores.open(tmp_path / "moved" / "lorgnette.sqlite")
    assert len(again.chats.messages(ConversationId("c1"))) == 1
    again.close()


def test_a_folder_that_cannot_be_made_is_said_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="is not writable"):
        DataFolder(tmp_path / "file").check()
