"""Backups outlive whatever takes the place of what they were made of, and bring everything back."""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.backups import Amount, best_of
from app.domain.chat.chat import Draft
from app.domain.errors import ProblemKind, StorageError
from app.domain.ids import ConversationId
from app.storage.database.backups import KEPT_BACKUPS, backups_of, references_beside
from app.storage.database.database import MIGRATIONS
from app.storage.stores import SqliteStores
from tests.support.chats import conversation, question
from tests.support.sql import connections, execute


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "lorgnette.sqlite"


def open_stores(path: Path) -> SqliteStores:
    return SqliteStores.open(path)


def fill(path: Path, messages: int, chat: str = "c1") -> None:
    """Open, write so many messages, and close, which makes the day's backup."""
    stores = open_stores(path)
    stores.chats.save_conversation(conversation(chat))
    for number in range(messages):
        stores.chats.save_message(
            replace(question(f"number {number}", f"{chat} {number}"), conversation_id=ConversationId(chat))
        )
    stores.close()


def yesterday_is_today(path: Path, days: int = 1) -> None:
    """Let the backups be so many days older."""
    for file in sorted(path.parent.glob("*.backup-*.sqlite")):
        day = datetime.fromisoformat(file.stem.rsplit("backup-", 1)[1]) - timedelta(days=days)
        older = file.with_name(f"lorgnette.backup-{day:%Y-%m-%d}.sqlite")
        file.replace(older)
        os.utime(older, (older.stat().st_mtime - days * 86_400,) * 2)


def amounts_of(path: Path) -> list[int]:
    return [backup.amount.messages for backup in backups_of(path)]


def daily(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.backup-*.sqlite"))


def test_closing_makes_one_backup_a_day(path: Path) -> None:
    fill(path, 2)
    (backup,) = backups_of(path)
    assert backup.path.name == f"lorgnette.backup-{datetime.now(UTC):%Y-%m-%d}.sqlite"
    assert backup.amount == Amount(messages=2, chats=1)
    before = backup.path.stat()
    fill(path, 3, "c1")
    assert daily(path) == [backup.path]
    assert backup.path.stat().st_mtime == before.st_mtime


def test_the_newest_ones_are_kept(path: Path) -> None:
    for day in range(6):
        yesterday_is_today(path)
        fill(path, day + 1)
    assert amounts_of(path) == [6, 5, 4]


def test_nothing_that_is_emptier_takes_the_place_of_the_best_one(path: Path) -> None:
    """The chats were lost once; three closes with an empty database removed every backup that had them."""
    fill(path, 6)
    for day in range(2 * KEPT_BACKUPS):
        path.unlink()
        yesterday_is_today(path)
        fill(path, day % 3, "another")
    assert 6 in amounts_of(path)
    assert len(daily(path)) == KEPT_BACKUPS + 1


def test_no_backup_is_made_of_nothing(path: Path) -> None:
    open_stores(path).close()
    assert daily(path) == []


def test_what_its_user_has_deleted_is_no_loss(path: Path) -> None:
    """Else deleted chats would stay in the best backup for ever."""
    fill(path, 9, "secret")
    for day in range(KEPT_BACKUPS + 1):
        yesterday_is_today(path)
        stores = open_stores(path)
        stores.chats.delete_conversation(ConversationId("secret"))
        stores.chats.save_conversation(conversation(f"day {day}"))
        stores.close()
    assert amounts_of(path) == [0, 0, 0]
    assert best_of(backups_of(path)) == backups_of(path)[0]


def test_todays_backup_of_a_new_start_gives_way_to_what_was_restored(path: Path) -> None:
    fill(path, 6)
    yesterday_is_today(path)
    path.unlink()
    fill(path, 1, "another")
    stores = open_stores(path)
    best = best_of(stores.backups.available())
    assert best
    stores.backups.restore(best)
    stores.chats.save_conversation(conversation("later"))
    stores.close()
    assert [backup.amount.chats for backup in backups_of(path) if backup.path == daily(path)[-1]] == [2]
    assert any("replaced" in backup.path.name and backup.amount.messages == 1 for backup in backups_of(path))


def test_a_backup_that_cannot_be_read_is_left_alone_and_offered_to_nobody(path: Path) -> None:
    path.parent.mkdir()
    odd = path.with_name("lorgnette.backup-2026-01-01.sqlite")
    odd.write_bytes(b"old")
    for _ in range(KEPT_BACKUPS + 1):
        yesterday_is_today(path, 0)
        fill(path, 2)
    assert odd.read_bytes() == b"old"
    assert odd not in [backup.path for backup in backups_of(path)]


def test_a_backup_is_restored_while_the_store_is_open_and_nothing_is_lost(path: Path) -> None:
    fill(path, 3)
    stores = open_stores(path)
    stores.chats.save_conversation(conversation("later"))
    stores.chats.save_draft(ConversationId("later"), Draft(text="half a thought"))
    (backup,) = stores.backups.available()

    stores.backups.restore(backup)

    assert [chat.id for chat in stores.chats.conversations()] == ["c1"]
    assert len(stores.chats.messages(ConversationId("c1"))) == 3
    stores.chats.save_conversation(conversation("new"))
    replaced = next(item for item in stores.backups.available() if "replaced" in item.path.name)
    stores.backups.restore(replaced)
    assert {chat.id: chat.draft.text for chat in stores.chats.conversations()} == {"c1": "", "later": "half a thought"}
    stores.close()
    assert not list(path.parent.glob("*.part"))


@pytest.mark.parametrize("length", [5000, -1])
def test_a_damaged_backup_is_refused_and_all_stays(path: Path, length: int) -> None:
    fill(path, 3)
    stores = open_stores(path)
    (backup,) = stores.backups.available()
    backup.path.write_bytes(backup.path.read_bytes()[:length])
    with pytest.raises(StorageError, match="could not be restored"):
        stores.backups.restore(backup)
    assert [chat.id for chat in stores.chats.conversations()] == ["c1"]
    assert stores.backups.available() == ()
    stores.close()
    assert not list(path.parent.glob("*.part"))


@pytest.mark.parametrize("version", range(1, 7))
def test_backups_of_earlier_versions_are_counted_and_restored(path: Path, version: int) -> None:
    path.parent.mkdir()
    old = path.with_name("lorgnette.backup-2026-01-01.sqlite")
    with contextlib.closing(sqlite3.connect(old)) as connection:
        for script in sorted(MIGRATIONS.glob("*.sql"))[:version]:
            connection.executescript(script.read_text())
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute(
            "INSERT INTO conversation (id, title, created, updated, image_count) "
            "VALUES ('c1', 'Old', '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00', 4)"
        )
        connection.commit()
    stores = open_stores(path)
    assert stores.problem
    (backup,) = stores.backups.available()
    assert (backup.amount.chats, backup.amount.images) == (1, 4)
    stores.backups.restore(backup)
    assert [chat.title for chat in stores.chats.conversations()] == ["Old"]
    stores.close()


def lose(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def empty_beside_its_journal(path: Path) -> None:
    path.with_name(f"{path.name}-wal").write_bytes(b"the latest chats")
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def cut_by_a_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def all_but_a_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1])


def break_header(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[:16] = bytes(16)
    path.write_bytes(content)


def without_tables(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")


def with_a_negative_version(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = -3")


def with_an_older_version_than_its_tables(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")


DAMAGE = (
    lose, empty, empty_beside_its_journal, cut, cut_by_a_byte, all_but_a_byte, break_header, without_tables,
    with_a_negative_version, with_an_older_version_than_its_tables,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_all_damage_is_told_kept_and_can_be_undone(path: Path, damage: object) -> None:
    fill(path, 3)
    assert callable(damage)
    damage(path)
    before = path.read_bytes() if path.exists() else b""
    journal = path.with_name(f"{path.name}-wal")
    before_in_journal = journal.read_bytes() if journal.exists() else None

    stores = open_stores(path)

    assert stores.problem
    assert stores.problem.kind is ProblemKind.CHATS_DAMAGED
    (kept,) = path.parent.glob("lorgnette.damaged-*.sqlite")
    assert kept.read_bytes() == before
    if before_in_journal is not None:
        assert kept.with_name(f"{kept.name}-wal").read_bytes() == before_in_journal
    assert stores.chats.conversations() == []
    best = best_of(stores.backups.available())
    assert best
    stores.backups.restore(best)
    assert len(stores.chats.messages(ConversationId("c1"))) == 3
    stores.close()


def test_every_backup_can_be_deleted_for_ever_and_nothing_else(path: Path) -> None:
    fill(path, 3)
    stores = open_stores(path)
    stores.backups.restore(stores.backups.available()[0])  # What it replaces is a backup with a journal.
    stores.chats.save_conversation(conversation("c2"))
    for backup in stores.backups.available():
        for suffix in ("-wal", "-shm"):
            backup.path.with_name(backup.path.name + suffix).write_bytes(b"")
    images, settings = path.parent / "attachments", path.with_name("settings.json")
    settings.write_text("{}")
    assert len(stores.backups.available()) == 2
    for backup in stores.backups.available():
        stores.backups.delete(backup)
        stores.backups.delete(backup)  # It is gone already.
        for other in (path, settings, images):
            stores.backups.delete(replace(backup, path=other))
    assert stores.backups.available() == ()
    assert {file.name for file in path.parent.iterdir()} <= {
        "lorgnette.sqlite", "lorgnette.sqlite-wal", "lorgnette.sqlite-shm", "settings.json", "attachments",
    }  # fmt: skip
    assert len(stores.chats.messages(ConversationId("c1"))) == 3
    stores.close()
    assert amounts_of(path) == [3]  # The day's, of what is there now.


def test_a_backup_that_cannot_be_deleted_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(path, 3)
    stores = open_stores(path)

    def refuse(_path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as locked:
        locked.setattr(Path, "unlink", refuse)
        with pytest.raises(StorageError, match="could not be deleted"):
            stores.backups.delete(stores.backups.available()[0])
    assert amounts_of(path) == [3]
    stores.close()


def test_nothing_of_a_deleted_chat_is_left_in_the_files(path: Path) -> None:
    """Nor in the index of words, which has its texts in parts of three letters."""
    fill(path, 20)
    stores = open_stores(path)
    stores.chats.save_conversation(conversation("c2"))
    for number in range(20):
        stores.chats.save_message(
            replace(question(f"private qzx {number}", f"m{number}"), conversation_id=ConversationId("c2"))
        )
    stores.close()
    assert b"qzx" in path.read_bytes()
    daily(path)[0].unlink()
    stores = open_stores(path)
    stores.chats.delete_conversation(ConversationId("c2"))
    stores.close()
    assert [file.name for file in (path, *daily(path)) if b"qzx" in file.read_bytes()] == []


def _folder(place: Path) -> None:
    place.mkdir()
    (place / "of the user").write_text("x")


def _link(place: Path) -> None:
    place.symlink_to(place.parent / "gone")


def _device(place: Path) -> None:
    place.symlink_to(os.devnull)


def _loop(place: Path) -> None:
    place.symlink_to(place)


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
@pytest.mark.parametrize(
    ("put", "told"),
    [
        (_folder, "a folder is in the place of the file"),
        (os.mkfifo, "a pipe or a device is in the place of the file"),
        (_device, "a pipe or a device is in the place of the file"),
        (_link, "a link that leads nowhere is in the place of the file"),
        (_loop, "a link that leads nowhere is in the place of the file"),
    ],
)
def test_what_is_no_file_is_told_as_that_and_stays_where_it_is(
    path: Path, suffix: str, put: Callable[[Path], None], told: str
) -> None:
    fill(path, 3)
    place = path.with_name(path.name + suffix)
    place.unlink(missing_ok=True)
    put(place)
    before = {file.name: os.lstat(file) for file in path.parent.iterdir()}
    with pytest.raises(StorageError, match=told) as failed:
        open_stores(path)
    assert {file.name: os.lstat(file) for file in path.parent.iterdir()} == before
    assert ("restore the chats from a backup" in failed.value.problem.todo) == (suffix == "")
    place.rename(path.parent.parent / "moved")
    stores = open_stores(path)
    if suffix == "":
        assert stores.problem
        assert stores.problem.kind is ProblemKind.CHATS_DAMAGED
        stores.backups.restore(stores.backups.available()[0])
    assert len(stores.chats.messages(ConversationId("c1"))) == 3
    stores.close()


def test_a_backup_that_is_no_file_is_not_waited_for(path: Path) -> None:
    fill(path, 3)
    os.mkfifo(path.with_name("lorgnette.backup-2020-01-01.sqlite"))
    assert amounts_of(path) == [3]
    assert references_beside(path) is None


def test_images_without_a_database_are_damage_and_an_empty_folder_is_a_beginning(path: Path) -> None:
    stores = open_stores(path)
    assert stores.problem is None
    stores.close()
    path.unlink()
    image = path.parent / "attachments" / "ab" / ("ab" * 32)
    image.parent.mkdir(parents=True)
    image.write_bytes(b"image")
    stores = open_stores(path)
    assert stores.problem
    assert "missing" in stores.problem.what
    stores.close()
    stores = open_stores(path)
    assert stores.problem
    assert "not been restored" in stores.problem.what
    stores.chats.save_conversation(conversation())
    stores.close()
    stores = open_stores(path)
    assert stores.problem is None
    stores.close()
    assert len(list(path.parent.glob("lorgnette.damaged-*"))) == 1


def test_a_database_that_another_program_damages_meanwhile_is_told_in_one_sentence(path: Path) -> None:
    fill(path, 3)
    with connections() as opened:
        stores = open_stores(path)
    stores.chats.save_turn(conversation(), tuple(question("x" * 3000, f"long {n}") for n in range(50)))
    execute(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    opened.execute("PRAGMA shrink_memory")
    with pytest.raises(StorageError, match="is damaged"):
        stores.chats.messages(ConversationId("c1"))
    stores.close()


def test_two_damages_in_one_second_are_two_files(path: Path) -> None:
    for number in range(3):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(f"damage {number}".encode())
        stores = open_stores(path)
        assert stores.problem
        stores.close()
    kept = {file.read_bytes() for file in path.parent.glob("lorgnette.damaged-*.sqlite")}
    assert kept == {b"damage 0", b"damage 1", b"damage 2"}
