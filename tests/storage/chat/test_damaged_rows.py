"""One bad value costs that value: whatever stands in whatever column, all else is there and is told."""

import random
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.chat.chat import Draft
from app.domain.chat.message_tree import MessageTree
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.ids import ConversationId, Digest, MessageId
from app.domain.images.geometry import Box
from app.storage.stores import SqliteStores
from tests.storage.chat.test_conversations import PAGE, STATS
from tests.support.chats import answer, attachment, conversation, question
from tests.support.sql import execute

ELSEWHERE = '[{"digest": "../../x", "name": "x", "media_type": "a/b", "width": 1, "height": 1, "byte_size": 1}]'
JUNK = (
    "''",
    "'junk'",
    "'{}'",
    "'[1, 2'",
    "'null'",
    f"'{ELSEWHERE}'",
    f"'{'[' * 100_000}'",
    "'0001-01-01T00:00:00+14:00'",
    "'9999-12-31T23:59:59-12:00'",
    "'2026-03-14T09:26:53'",
    "CAST(x'ff00fe' AS TEXT)",
    "CAST(x'eda080' AS TEXT)",
    "x'00ff'",
    "NULL",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "1e300",
)
KEYS = {
    "conversation": "id = 'c1'",
    "message": "id = 'q1'",
    "reading": "number = 0",
    "ignored_parts": "TRUE",
    "purged": "TRUE",
}
"""The row that is damaged, in each table."""
TABLES = tuple(KEYS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "lorgnette.sqlite"
    stores = SqliteStores.open(path)
    for number in range(3):
        chat = conversation(f"c{number}", minutes=number)
        stores.chats.save_conversation(replace(chat, leaf_id=MessageId(f"a{number}"), draft=Draft()))
        stores.chats.save_draft(ConversationId(f"c{number}"), Draft(text="half", attachments=(attachment(),)))
        asked = replace(question("walnut", f"q{number}"), attachments=(attachment(),))
        said = replace(answer("cake", f"a{number}", f"q{number}"), stats=STATS, page=PAGE)
        for message in (asked, said):
            stores.chats.save_message(replace(message, conversation_id=ConversationId(f"c{number}")))
    stores.pages.save_ocr_result(OcrResult(digest=Digest("ab" * 32), number=0, page=OcrPage(1, 1, (), "read")))
    stores.pages.save_ignored_areas(Digest("ab" * 32), (Box(0, 0, 1, 1),))
    stores.chats.save_conversation(conversation("gone"))
    stores.chats.delete_conversation(ConversationId("gone"))
    stores.close()
    return path


def columns(path: Path, table: str) -> list[str]:
    with sqlite3.connect(path) as connection:
        found = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    connection.close()
    return found


def put(path: Path, table: str, column: str, junk: str) -> bool:
    """Put junk into a column of one row, whatever the table is strict about; False where SQLite itself refuses."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA writable_schema = ON")
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (loose(sql), table))
        connection.execute("PRAGMA writable_schema = RESET")
        try:
            connection.execute(f"UPDATE {table} SET {column} = {junk} WHERE {KEYS[table]}")  # noqa: S608
        except sqlite3.Error:
            return False
        finally:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (sql, table))
            connection.execute("PRAGMA writable_schema = RESET")
    finally:
        connection.close()
    return True


def loose(sql: str) -> str:
    return sql.replace(" NOT NULL", "").replace("STRICT, WITHOUT ROWID", "WITHOUT ROWID").replace(" STRICT", "")


def use(stores: SqliteStores) -> list[str]:
    """Everything that reads, and the writes of a usual day; return the ids of the chats."""
    chats = sorted(stores.chats.conversations(), key=lambda chat: chat.updated)
    for chat in chats:
        tree = MessageTree(stores.chats.messages(chat.id))
        tree.path_to(tree.latest_leaf())
        chat.created.astimezone()
        stores.chats.save_conversation(chat)
        stores.chats.save_draft(chat.id, chat.draft)
    stores.chats.search("walnut")
    stores.chats.search("Rec")
    stores.chats.attachment_digests()
    stores.pages.ocr_result(Digest("ab" * 32), 0)
    stores.pages.ignored_areas(Digest("ab" * 32))
    return [chat.id for chat in chats]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
@pytest.mark.parametrize("table", TABLES)
def test_junk_in_any_column_costs_one_row(path: Path, tmp_path: Path, table: str, junk: str) -> None:
    whole = path.read_bytes()
    for column in columns(path, table):
        path.write_bytes(whole)
        if not put(path, table, column, junk):
            continue
        stores = SqliteStores.open(path)
        assert stores.problem is None, (column, stores.problem)
        found = use(stores)
        assert len(found) == 3, column
        lost = 2 if (table, column) in {("conversation", "id"), ("message", "conversation_id")} else 0
        assert sum(len(stores.chats.messages(ConversationId(chat))) for chat in found) >= 6 - lost, column
        stores.close()
        path.with_name("lorgnette.sqlite").unlink()
        for backup in path.parent.glob("*.backup-*"):
            backup.unlink()


def test_damage_is_counted_and_the_rest_of_a_message_stays(path: Path) -> None:
    put(path, "message", "stats", "'junk'")
    put(path, "message", "attachments", "'junk'")
    put(path, "conversation", "draft_attachments", "'[{}]'")
    put(path, "conversation", "updated", "'yesterday'")
    stores = SqliteStores.open(path)
    assert len(stores.chats.conversations()) == 3
    on_conversations = stores.chats.damaged_rows
    assert on_conversations > 0
    texts = {message.text for number in range(3) for message in stores.chats.messages(ConversationId(f"c{number}"))}
    assert texts == {"walnut", "cake"}
    assert stores.chats.damaged_rows > on_conversations
    stores.close()


def test_a_message_whose_question_is_gone_is_still_shown(path: Path) -> None:
    stores = SqliteStores.open(path)
    execute(path, "DELETE FROM message WHERE id = 'q1'")
    assert [
        message.text for message in MessageTree(stores.chats.messages(ConversationId("c1"))).path_to(MessageId("a1"))
    ] == ["cake"]
    stores.close()


def test_random_bytes_over_all_texts(path: Path) -> None:
    """Seeded: the same every time."""
    chance = random.Random(20)
    whole = path.read_bytes()
    for _ in range(60):
        path.write_bytes(whole)
        for _ in range(chance.randint(1, 6)):
            table = chance.choice(TABLES)
            column = chance.choice(columns(path, table))
            put(path, table, column, f"CAST(x'{chance.randbytes(chance.randint(0, 40)).hex()}' AS TEXT)")
        stores = SqliteStores.open(path)
        use(stores)
        stores.close()
        for backup in path.parent.glob("*.backup-*"):
            backup.unlink()


def test_halves_of_letters_are_stored_as_what_they_are_not(path: Path) -> None:
    """A server or the name of a file may bring them; SQLite and JSON take none."""
    stores = SqliteStores.open(path)
    stores.chats.save_message(replace(question("half \ud83d", "h1"), conversation_id=ConversationId("c1")))
    stores.chats.save_conversation(conversation("c9", "title \udcff"))
    assert stores.chats.messages(ConversationId("c1"))[-1].text == "half �"
    stores.close()
