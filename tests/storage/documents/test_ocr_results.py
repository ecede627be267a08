"""Readings in the database."""

from pathlib import Path

from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage, with_notice
from app.domain.error_texts import document_texts
from app.domain.ids import Digest
from app.domain.images.geometry import Box, Point, TextLine, Word
from app.storage.stores import SqliteStores
from tests.support.sql import execute

LINE = TextLine.between("T0tal", (Point(0, 0), Point(9, 0), Point(9, 3), Point(0, 3)), 0.8)
READING = OcrResult(
    digest=Digest("ab" * 32), number=3, page=OcrPage(10, 10, (LINE,), "T0tal"), corrections={0: "Total"}
)


def test_a_reading_survives_with_its_corrections(tmp_path: Path) -> None:
    stores = SqliteStores.open(tmp_path / "chats.sqlite")
    assert stores.pages.ocr_result(READING.digest, 3) is None
    stores.pages.save_document(READING.digest, "/scans/a.tiff", "a.tiff")
    stores.pages.save_ocr_result(READING)
    stores.pages.save_ocr_result(
        OcrResult(digest=READING.digest, number=4, page=OcrPage(1, 1, (), ""), model_name="Qwen")
    )
    stores.close()
    stores = SqliteStores.open(tmp_path / "chats.sqlite")
    assert stores.pages.ocr_result(READING.digest, 3) == READING
    other = stores.pages.ocr_result(READING.digest, 4)
    assert other is not None
    assert other.model_name == "Qwen"
    assert stores.pages.ocr_result(Digest("cd" * 32), 3) is None
    stores.close()


def test_words_survive_and_lines_that_were_stored_without_them_open(tmp_path: Path) -> None:
    stores = SqliteStores.open(tmp_path / "chats.sqlite")
    words = (Word("T0tal", Box(0, 0, 9, 3), 0.6),)
    page = OcrPage(10, 10, (TextLine.between("T0tal", LINE.quad, 0.8, words),), "T0tal")
    stores.pages.save_ocr_result(OcrResult(digest=READING.digest, number=0, page=page))
    kept = stores.pages.ocr_result(READING.digest, 0)
    assert kept is not None
    assert kept.page == page
    execute(tmp_path / "chats.sqlite", "UPDATE reading SET page = json_remove(page, '$.lines[0].words')")
    kept = stores.pages.ocr_result(READING.digest, 0)
    assert kept is not None
    assert kept.page.lines == (LINE,)
    stores.close()


def test_a_notice_survives_so_that_it_can_be_worded_in_another_language(tmp_path: Path) -> None:
    page = with_notice(READING.page, document_texts.OCR_UNCERTAIN.problem())
    stores = SqliteStores.open(tmp_path / "chats.sqlite")
    stores.pages.save_ocr_result(OcrResult(digest=Digest("cd" * 32), number=0, page=page))
    kept = stores.pages.ocr_result(Digest("cd" * 32), 0)
    assert kept is not None
    assert kept.page == page
    stores.close()


def test_what_makes_no_sense_is_read_again(tmp_path: Path) -> None:
    stores = SqliteStores.open(tmp_path / "chats.sqlite")
    stores.pages.save_ocr_result(READING)
    execute(tmp_path / "chats.sqlite", "UPDATE reading SET page = '{}'")
    assert stores.pages.ocr_result(READING.digest, 3) is None
    stores.close()


def test_the_parts_that_are_left_out_survive(tmp_path: Path) -> None:
    parts = (Box(0.0, 0.0, 1.0, 0.08), Box(0.1, 0.2, 0.3, 0.4))
    stores = SqliteStores.open(tmp_path / "chats.sqlite")
    assert stores.pages.ignored_areas(READING.digest) == ()
    stores.pages.save_ignored_areas(READING.digest, (parts[0],))
    stores.pages.save_ignored_areas(READING.digest, parts)
    stores.close()
    stores = SqliteStores.open(tmp_path / "chats.sqlite")
    assert stores.pages.ignored_areas(READING.digest) == parts
    assert stores.pages.ignored_areas(Digest("cd" * 32)) == ()
    stores.pages.save_ignored_areas(READING.digest, ())
    assert stores.pages.ignored_areas(READING.digest) == ()
    stores.close()


def test_parts_that_make_no_sense_leave_nothing_out(tmp_path: Path) -> None:
    stores = SqliteStores.open(tmp_path / "chats.sqlite")
    stores.pages.save_ignored_areas(READING.digest, (Box(0.0, 0.0, 1.0, 0.08),))
    execute(tmp_path / "chats.sqlite", "UPDATE ignored_parts SET parts = '[{}]'")
    assert stores.pages.ignored_areas(READING.digest) == ()
    stores.close()
