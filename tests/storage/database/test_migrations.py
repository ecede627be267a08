"""A database of any version opens with all that it has; `rows` has what the code of each version wrote into it.

A new migration needs a file of its own name there: rows as that version of the application writes them.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.backups import Amount
from app.domain.chat.chat import Author, Draft, Message, MessageState, Role
from app.domain.chat.folders import ChatFolder
from app.domain.errors import ProblemKind
from app.domain.ids import ConversationId, Digest, FolderId
from app.domain.images.geometry import Box
from app.domain.text.thoughts import Thought
from app.storage.database.backups import amounts
from app.storage.database.database import MIGRATIONS, read_only
from app.storage.stores import SqliteStores
from tests.support.chats import question

ROWS = Path(__file__).with_name("rows")
SCRIPTS = sorted(MIGRATIONS.glob("*.sql"))
VERSIONS = range(1, len(SCRIPTS) + 1)
DIGEST = "ab" * 32
BOX = Box(1.0, 2.0, 3.0, 4.0)


def make_database(path: Path, version: int) -> None:
    """Make a database as it was when `version` was the newest one, and that version's rows in it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for script in (*SCRIPTS[:version], ROWS / SCRIPTS[version - 1].name):
            connection.executescript(script.read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA user_version = {version}")


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture
def stores(tmp_path: Path, version: int) -> Iterator[SqliteStores]:
    """The database of that version, opened by the present code."""
    make_database(tmp_path / "lorgnette.sqlite", version)
    opened = SqliteStores.open(tmp_path / "lorgnette.sqlite")
    assert opened.problem is None
    yield opened
    assert opened.chats.damaged_rows == 0
    opened.close()


def test_every_migration_has_rows_of_its_version() -> None:
    assert [path.name for path in sorted(ROWS.iterdir())] == [script.name for script in SCRIPTS]
    assert [int(script.name[:4]) for script in SCRIPTS] == list(VERSIONS)


def test_chats_and_messages_come_back(stores: SqliteStores, version: int) -> None:
    (chat,) = stores.chats.conversations()  # The other one was deleted, and is gone for good.
    assert (chat.id, chat.title, chat.leaf_id, chat.image_count) == ("c1", "Receipt of a walnut cake", "m6", 1)
    assert (chat.created.isoformat(), chat.updated.minute) == ("2026-03-14T09:01:00+00:00", 30)
    assert chat.is_pinned == (version >= 3)
    assert chat.instructions == ("Be brief." if version >= 11 else "")
    receipts = ChatFolder(id=FolderId("f1"), name="Receipts", is_collapsed=True)
    assert stores.chats.folders() == ([receipts] if version >= 12 else [])
    assert chat.folder_id == (receipts.id if version >= 12 else None)
    asked, answered, read, also_asked, failed, streamed = messages = stores.chats.messages(ConversationId("c1"))
    assert chat.draft == Draft(text="and then?", attachments=asked.attachments)
    assert [message.parent_id for message in messages] == [None, "m1", "m1", "m2", "m4", "m4"]
    assert [message.role for message in (asked, answered, read, also_asked)] == [
        Role.USER, Role.ASSISTANT, Role.ASSISTANT, Role.USER,
    ]  # fmt: skip
    assert [message.author for message in (asked, answered, read)] == [None, Author.MODEL, Author.READER]
    assert [message.state for message in (answered, failed, streamed)] == [
        MessageState.COMPLETE, MessageState.FAILED, MessageState.INTERRUPTED,
    ]  # fmt: skip
    assert [message.text for message in messages] == [
        "What is the total?", "The total is 9.00.", "Total 9.00", "And the date?", "It is", "It is 14 March",
    ]  # fmt: skip


def test_what_belongs_to_messages_comes_back(stores: SqliteStores, version: int) -> None:
    asked, answered, read, _, failed, _ = stores.chats.messages(ConversationId("c1"))
    check_image(asked, version)
    assert (answered.model_name, answered.stats and answered.stats.new_tokens) == ("tiny", 7)
    assert [(span.end, span.probability) for span in answered.doubts] == ([(4, 0.5)] if version >= 4 else [])
    assert answered.thought == (Thought("Three lines, so nine.", 2.5) if version >= 9 else None)
    assert read.page
    assert (read.page.width, read.page.rotation, read.page.notice) == (640, 90, "It may be wrong.")
    assert [(line.text, line.box, line.score) for line in read.page.lines] == [("Total 9.00", BOX, 0.75)]
    assert failed.problem
    assert (failed.problem.kind, failed.problem.what) == (ProblemKind.ENGINE, "It stopped.")
    assert failed.problem.sentence == "It stopped. The text is kept. Ask again."


def check_image(asked: Message, version: int) -> None:
    (image,) = asked.attachments
    assert (image.digest, image.name, image.width, image.frames) == (DIGEST, "receipt.png", 640, 2)
    if version >= 3:
        assert image.part_of
        assert (image.part_of.digest, image.part_of.bottom, image.pixel_budget) == (DIGEST, 4, 65536)


def test_pages_and_ignored_areas_come_back(stores: SqliteStores, version: int) -> None:
    result = stores.pages.ocr_result(Digest(DIGEST), 1)
    if version >= 5:
        assert result
        assert (result.model_name, result.corrected_page().lines[0].text) == ("tiny", "Total 9.50")
        (table,) = result.page.tables
        assert table.is_ruled
    else:
        assert result is None
    assert stores.pages.ignored_areas(Digest(DIGEST)) == ((Box(0.0, 0.0, 1.0, 0.1),) if version >= 6 else ())


def test_what_was_deleted_is_counted(stores: SqliteStores, tmp_path: Path, version: int) -> None:
    with read_only(tmp_path / "lorgnette.sqlite") as connection:
        now, ever = amounts(connection)
    assert (now.messages, now.chats, now.images) == (6, 1, 1)
    gone = Amount(messages=1, chats=1, images=1) if version >= 3 else Amount()  # Before, it was deleted at once.
    earlier = Amount(messages=4, chats=2, images=1) if version >= 7 else Amount()
    assert ever == now + gone + earlier


def test_all_is_found_changed_and_kept(stores: SqliteStores, tmp_path: Path) -> None:
    assert [(hit.conversation_id, hit.message_id) for hit in stores.chats.search("walnut")] == [("c1", None)]
    assert [hit.message_id for hit in stores.chats.search("14 march")] == ["m6"]
    assert stores.chats.attachment_digests() == {DIGEST}
    stores.chats.save_message(question("A new question", "m8", "m6"))
    folder = ChatFolder(id=FolderId("f2"), name="Cakes", position=1)
    (chat,) = stores.chats.conversations()
    stores.chats.save_folder(folder)
    stores.chats.save_conversation(replace(chat, folder_id=folder.id))
    stores.close()
    (copy,) = tmp_path.glob("lorgnette.backup-*.sqlite")
    again = SqliteStores.open(copy)
    assert [hit.message_id for hit in again.chats.search("new question")] == ["m8"]
    assert len(again.chats.messages(ConversationId("c1"))) == 7
    assert again.chats.folders()[-1] == folder
    assert again.chats.conversations()[0].folder_id == folder.id
    again.close()
