"""No image is lost that any database, backup or damaged file may refer to; what is unused waits for thirty days."""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.errors import StorageError
from app.domain.ids import ConversationId
from app.storage.database.backups import references_beside
from app.storage.files.data_folder import DataFolder
from app.storage.images.unused_images import GRACE_SECONDS, KEPT_DAYS, UnusedImages
from app.storage.stores import SqliteStores
from tests.storage.database.test_backups import DAMAGE
from tests.support.chats import attachment, conversation, question
from tests.support.sql import execute

USED, DROPPED = "ab" * 32, "cd" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lorgnette.sqlite"


@pytest.fixture
def unused(tmp_path: Path) -> UnusedImages:
    return UnusedImages(tmp_path / "attachments", tmp_path / "unused", DataFolder(tmp_path))


def put_image(folder: Path, digest: str, *, days_old: float = 2) -> None:
    """An image with its thumbnail."""
    for name in (digest, f"{digest}.png"):
        file = folder / "attachments" / digest[:2] / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
        then = time.time() - days_old * 86_400
        os.utime(file, (then, then))


def there(folder: Path) -> set[str]:
    return {file.name for file in (folder / "attachments").glob("*/*")}


def aside(folder: Path) -> set[str]:
    return {file.name for file in (folder / "unused").glob("*/*")}


def both(*digests: str) -> set[str]:
    return {name for digest in digests for name in (digest, f"{digest}.png")}


def start(path: Path, unused: UnusedImages) -> SqliteStores:
    """What the application does with images when it starts."""
    stores = SqliteStores.open(path)
    unused.put_back(stores.chats.attachment_digests)
    if stores.problem is None:
        unused.collect(stores.chats.attachment_digests(), lambda: references_beside(path))
    return stores


def begin(path: Path) -> None:
    """A chat with an image, and the backup of the day."""
    stores = SqliteStores.open(path)
    put_image(path.parent, USED)
    stores.chats.save_turn(conversation(), (replace(question(), attachments=(attachment(digest=USED),)),))
    stores.close()


@pytest.mark.parametrize("damage", DAMAGE)
def test_no_image_goes_after_damage_at_any_start(path: Path, unused: UnusedImages, damage: object) -> None:
    """All images older than a day were deleted: at the second start after damage, or the first after an empty file."""
    begin(path)
    put_image(path.parent, DROPPED)  # Perhaps of a chat that is newer than the backup.
    assert callable(damage)
    damage(path)
    for _ in range(4):
        start(path, unused).close()
    assert there(path.parent) | aside(path.parent) == both(USED, DROPPED)
    assert there(path.parent) >= both(USED)
    stores = SqliteStores.open(path)
    restored = stores.backups.available()[-1]
    stores.backups.restore(restored)
    assert stores.chats.attachment_digests() == {USED}
    stores.close()


def test_what_only_a_backup_or_a_copy_refers_to_stays(path: Path, unused: UnusedImages) -> None:
    begin(path)
    stores = SqliteStores.open(path)
    stores.chats.delete_conversation(ConversationId("c1"))
    stores.close()
    start(path, unused).close()
    assert there(path.parent) == both(USED)
    (backup,) = path.parent.glob("*.backup-*")
    backup.replace(path.with_name("lorgnette copy.sqlite"))
    start(path, unused).close()
    assert there(path.parent) == both(USED)
    path.with_name("lorgnette copy.sqlite").unlink()
    for made in path.parent.glob("*.backup-*"):
        made.unlink()
    start(path, unused).close()
    assert there(path.parent) == set()
    assert aside(path.parent) == both(USED)


def test_what_is_moved_aside_comes_back_when_it_is_missed(path: Path, unused: UnusedImages) -> None:
    begin(path)
    elsewhere = path.parent.parent / f"{path.parent.name} elsewhere"
    elsewhere.mkdir()
    (backup,) = path.parent.glob("*.backup-*")
    backup.replace(elsewhere / backup.name)
    stores = SqliteStores.open(path)
    stores.chats.delete_conversation(ConversationId("c1"))
    stores.close()
    start(path, unused).close()
    assert aside(path.parent) == both(USED)
    path.unlink()
    (elsewhere / backup.name).replace(path)
    start(path, unused).close()
    assert there(path.parent) == both(USED)
    assert aside(path.parent) == set()


def test_what_lies_aside_is_removed_after_thirty_days_and_not_before(path: Path, unused: UnusedImages) -> None:
    start(path, unused).close()
    put_image(path.parent, DROPPED)
    start(path, unused).close()
    today = path.parent / "unused" / f"{datetime.now(UTC):%Y-%m-%d}"
    assert aside(path.parent) == both(DROPPED)
    for days, expected in ((KEPT_DAYS, both(DROPPED)), (KEPT_DAYS + 1, set())):
        then = path.parent / "unused" / f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"
        today.replace(then)
        today = then
        start(path, unused).close()
        assert aside(path.parent) == expected
    assert list((path.parent / "unused").iterdir()) == []


def test_young_images_and_files_that_are_not_ours_stay(path: Path, unused: UnusedImages) -> None:
    start(path, unused).close()
    put_image(path.parent, DROPPED, days_old=(GRACE_SECONDS - 600) / 86_400)
    notes = path.parent / "attachments" / "cd" / "notes.txt"
    notes.write_text("mine")
    os.utime(notes, (1, 1))
    kept_file = path.parent / "unused" / "2020-01-01" / "keepsake.txt"
    kept_file.parent.mkdir(parents=True)
    kept_file.write_text("mine")
    put_image(path.parent, "ef" * 32)
    start(path, unused).close()
    assert there(path.parent) == {*both(DROPPED), "notes.txt"}
    assert kept_file.read_text() == "mine"


def test_images_of_rows_that_cannot_be_decoded_any_more_are_in_use(path: Path, unused: UnusedImages) -> None:
    begin(path)
    stores = SqliteStores.open(path)
    execute(path, "UPDATE message SET attachments = '[{ broken ' || attachments")
    stores.close()
    for backup in path.parent.glob("*.backup-*"):
        backup.unlink()
    start(path, unused).close()
    assert there(path.parent) == both(USED)


def test_nothing_is_moved_once_the_folder_is_another(path: Path, unused: UnusedImages) -> None:
    start(path, unused).close()
    put_image(path.parent, DROPPED)
    start(path, unused).close()
    path.parent.replace(path.parent.with_name("moved"))
    path.parent.mkdir()
    with pytest.raises(StorageError, match="no longer"):
        unused.collect(set(), set)


def test_what_nothing_refers_to_is_deleted_at_once_where_that_is_asked_for(
    tmp_path: Path, path: Path, unused: UnusedImages
) -> None:
    other, young = "ef" * 32, "01" * 32
    stores = SqliteStores.open(path)
    stores.chats.save_conversation(conversation())
    stores.chats.save_message(replace(question(), attachments=(attachment(USED),)))
    for digest in (USED, DROPPED, other):
        put_image(tmp_path, digest)
    unused.collect(set(), set)
    assert aside(tmp_path) == both(USED, DROPPED, other)
    put_image(tmp_path, "23" * 32)
    put_image(tmp_path, young, days_old=0.5)
    assert unused.delete(stores.chats.attachment_digests(), lambda: {other}) == 2
    assert there(tmp_path) == both(USED, other, young)
    assert not list((tmp_path / "unused").iterdir())
    assert unused.delete(stores.chats.attachment_digests(), lambda: {other}) == 0
    stores.close()


def test_no_image_is_deleted_while_nobody_knows_what_a_damaged_file_has(
    tmp_path: Path, path: Path, unused: UnusedImages
) -> None:
    SqliteStores.open(path).close()
    put_image(tmp_path, DROPPED)
    path.with_name("lorgnette.damaged-2026-01-31-120000.sqlite").write_bytes(b"damaged")
    with pytest.raises(StorageError, match="No image was deleted"):
        unused.delete(set(), lambda: references_beside(path))
    assert there(tmp_path) == both(DROPPED)
