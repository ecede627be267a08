"""Readings in the database."""

from pathlib import Path

from app.domain.pages import Page
from app.domain.readings import Reading
from app.domain.regions import Box, Point, TextLine
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


def test_the_parts_that_are_left_out_survive(tmp_path: Path) -> None:
    parts = (Box(0.0, 0.0, 1.0, 0.08), Box(0.1, 0.2, 0.3, 0.4))
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    assert store.ignored_parts(READING.digest) == ()
    store.save_ignored_parts(READING.digest, (parts[0],))
    store.save_ignored_parts(READING.digest, parts)
    store.close()
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    assert store.ignored_parts(READING.digest) == parts
    assert store.ignored_parts("cd" * 32) == ()
    store.save_ignored_parts(READING.digest, ())
    assert store.ignored_parts(READING.digest) == ()
    store.close()


def test_parts_that_make_no_sense_leave_nothing_out(tmp_path: Path) -> None:
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    store.save_ignored_parts(READING.digest, (Box(0.0, 0.0, 1.0, 0.08),))
    with store._transaction():
        store._connection.execute("UPDATE ignored_parts SET parts = '[{}]'")
    assert store.ignored_parts(READING.digest) == ()
    store.close()
