"""Readings in the database."""

from pathlib import Path

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, Point, TextLine
from app.storage.chat.conversations import SqliteConversationStore

LINE = TextLine.between("T0tal", (Point(0, 0), Point(9, 0), Point(9, 3), Point(0, 3)), 0.8)
READING = OcrResult(digest="ab" * 32, number=3, page=OcrPage(10, 10, (LINE,), "T0tal"), corrections={0: "Total"})


def test_a_reading_survives_with_its_corrections(tmp_path: Path) -> None:
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    assert store.ocr_result(READING.digest, 3) is None
    store.save_ocr_result(READING)
    store.save_ocr_result(OcrResult(digest=READING.digest, number=4, page=OcrPage(1, 1, (), ""), model_name="Qwen"))
    store.close()
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    assert store.ocr_result(READING.digest, 3) == READING
    other = store.ocr_result(READING.digest, 4)
    assert other is not None
    assert other.model_name == "Qwen"
    assert store.ocr_result("cd" * 32, 3) is None
    store.close()


def test_what_makes_no_sense_is_read_again(tmp_path: Path) -> None:
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    store.save_ocr_result(READING)
    with store._transaction():
        store._connection.execute("UPDATE reading SET page = '{}'")
    assert store.ocr_result(READING.digest, 3) is None
    store.close()


def test_the_parts_that_are_left_out_survive(tmp_path: Path) -> None:
    parts = (Box(0.0, 0.0, 1.0, 0.08), Box(0.1, 0.2, 0.3, 0.4))
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    assert store.ignored_areas(READING.digest) == ()
    store.save_ignored_areas(READING.digest, (parts[0],))
    store.save_ignored_areas(READING.digest, parts)
    store.close()
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    assert store.ignored_areas(READING.digest) == parts
    assert store.ignored_areas("cd" * 32) == ()
    store.save_ignored_areas(READING.digest, ())
    assert store.ignored_areas(READING.digest) == ()
    store.close()


def test_parts_that_make_no_sense_leave_nothing_out(tmp_path: Path) -> None:
    store = SqliteConversationStore.open(tmp_path / "chats.sqlite")
    store.save_ignored_areas(READING.digest, (Box(0.0, 0.0, 1.0, 0.08),))
    with store._transaction():
        store._connection.execute("UPDATE ignored_parts SET parts = '[{}]'")
    assert store.ignored_areas(READING.digest) == ()
    store.close()
