"""Readings in the database."""

from pathlib import Path

from app.domain.pages import Page
from app.domain.readings import Reading
from app.domain.regions import Point, TextLine
from app.storage.conversations import SqliteConversationStore

LINE = TextLine.between("T0tal", (Point(0, 0), Point(9, 0), Point(9, 3), Point(0, 3)), 0.8)
READING = Reading(digest="ab" * 32, number=3, page=Page(10, 10, (LINE,), "T0tal"), corrections={0: "Total"})


def test_a_reading_survives_with_its_corrections(tmp_path: Path) -> None:
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    assert store.reading(READING.digest, 3) is None
    store.save_reading(READING)
    store.save_reading(Reading(digest=READING.digest, number=4, page=Page(1, 1, (), ""), model_name="Qwen"))
    store.close()
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    assert store.reading(READING.digest, 3) == READING
    other = store.reading(READING.digest, 4)
    assert other is not None
    assert other.model_name == "Qwen"
    assert store.reading("cd" * 32, 3) is None
    store.close()


def test_what_makes_no_sense_is_read_again(tmp_path: Path) -> None:
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    store.save_reading(READING)
    with store._transaction():
        store._connection.execute("UPDATE reading SET page = '{}'")
    assert store.reading(READING.digest, 3) is None
    store.close()
