"""Words are found on images: as they were read, corrected, and deleted."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.chat.chat import Author, Draft
from app.domain.chat.search import SearchHit
from app.domain.documents.document_place import DocumentPlace
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.ids import ConversationId, Digest
from app.domain.images.attachments import Attachment
from app.domain.images.geometry import Point, TextLine
from app.storage.stores import SqliteStores
from tests.support.chats import answer, attachment, conversation, question
from tests.support.sql import execute

RECEIPT, OTHER = attachment(), attachment("sign.png", "cd" * 32)
QUAD = (Point(0, 0), Point(9, 0), Point(9, 3), Point(0, 3))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lorgnette.sqlite"


@pytest.fixture
def stores(path: Path) -> Iterator[SqliteStores]:
    opened = SqliteStores.open(path)
    yield opened
    opened.close()


def result(image: Attachment = RECEIPT, text: str = "Corner Bakery\nTotal 9.00", number: int = 0) -> OcrResult:
    lines = tuple(TextLine.between(line, QUAD, 1.0) for line in text.split("\n"))
    return OcrResult(digest=image.digest, number=number, page=OcrPage(9, 9, lines, text))


def send(stores: SqliteStores, chat: str, *images: Attachment) -> None:
    """Save a chat with one question about images."""
    asked = replace(
        question("What is this?", f"q-{chat}"), conversation_id=ConversationId(chat), attachments=tuple(images)
    )
    stores.chats.save_turn(conversation(chat, chat), (asked,))


def found(stores: SqliteStores, words: str) -> list[tuple[str | None, str | None, str | None]]:
    hits = stores.chats.search(words)
    return [(hit.conversation_id, hit.message_id, hit.image.name if hit.image else None) for hit in hits]


def test_an_image_is_found_in_the_latest_chat_that_has_it(stores: SqliteStores) -> None:
    send(stores, "old", RECEIPT)
    send(stores, "new", OTHER, replace(RECEIPT, name="again.png"))
    stores.pages.add_ocr_result(result())
    (hit,) = stores.chats.search("AKERY 9.00")
    assert (hit.conversation_id, hit.message_id, hit.document) == ("new", "q-new", None)
    assert hit.image == replace(RECEIPT, name="again.png")
    assert [hit.excerpt[start:end] for start, end in hit.matches] == ["akery", "9.00"]
    stores.chats.delete_conversation(ConversationId("new"))
    assert found(stores, "bakery") == [("old", "q-old", "receipt.png")]
    assert found(stores, "ba") == found(stores, "bakery")  # Shorter than what is in the index.
    page = stores.chats.page_of(stores.chats.search("bakery")[0])
    assert page
    assert page.text == "Corner Bakery\nTotal 9.00"


def test_an_image_of_a_draft_is_found(stores: SqliteStores) -> None:
    stores.chats.save_conversation(conversation("c1"))
    stores.chats.save_draft(ConversationId("c1"), Draft(attachments=(RECEIPT,)))
    stores.pages.add_ocr_result(result())
    assert found(stores, "bakery") == [("c1", None, "receipt.png")]


def test_what_the_reader_answered_shows_its_image(stores: SqliteStores) -> None:
    send(stores, "c1", RECEIPT)
    page = result().page
    read = replace(answer(page.text, "a1", "q-c1"), author=Author.READER, page=page)
    stores.chats.save_message(read)
    assert found(stores, "bakery") == [("c1", "a1", "receipt.png")]
    assert stores.chats.page_of(stores.chats.search("bakery")[0]) == page
    stores.chats.save_message(replace(answer("A bakery, I think.", "a2", "q-c1")))
    stores.pages.add_ocr_result(result())  # The image once, and the model's answer.
    assert found(stores, "bakery") == [("c1", "q-c1", "receipt.png"), ("c1", "a2", None)]


def test_corrections_are_found_and_what_they_replaced_is_not(stores: SqliteStores) -> None:
    send(stores, "c1", RECEIPT)
    stores.pages.add_ocr_result(result())
    stores.pages.save_ocr_result(result().with_correction(0, "Corner Brewery"))
    stores.pages.add_ocr_result(result())  # It has one, with a correction.
    assert (len(found(stores, "brewery")), found(stores, "bakery")) == (1, [])
    page = stores.chats.page_of(stores.chats.search("brewery")[0])
    assert page
    assert page.lines[0].text == "Corner Brewery"


def test_pages_of_documents_are_found(stores: SqliteStores) -> None:
    stores.pages.save_document(RECEIPT.digest, "/scans/a.pdf", "a.pdf")
    stores.pages.save_ocr_result(result(number=3))
    stores.pages.save_document(OTHER.digest, "/scans/\udce9.pdf", "\udce9.pdf")
    stores.pages.save_ocr_result(result(OTHER))
    latest, first = stores.chats.search("bakery")
    assert first.document == DocumentPlace(path="/scans/a.pdf", name="a.pdf", number=3)
    assert latest.document
    assert (latest.document.path, latest.conversation_id) == ("", None)
    send(stores, "c1", RECEIPT)
    (hit,) = (hit for hit in stores.chats.search("bakery") if hit.image)
    assert (hit.conversation_id, hit.document) == ("c1", DocumentPlace(path="", name="receipt.png", number=3))


def test_no_more_images_are_found_than_can_be_shown(stores: SqliteStores) -> None:
    for number in range(60):
        stores.pages.save_document(Digest(f"{number:064x}"), f"/{number}", f"{number}")
        stores.pages.save_ocr_result(result(attachment(digest=f"{number:064x}")))
    names = [hit.document.name for hit in stores.chats.search("bakery") if hit.document]
    assert names == [str(number) for number in range(59, 9, -1)]


@pytest.mark.parametrize("is_restored", [False, True])
def test_nothing_remains_of_the_text_of_a_deleted_image(stores: SqliteStores, path: Path, is_restored: bool) -> None:
    send(stores, "c1", RECEIPT)
    send(stores, "c2", OTHER)
    stores.pages.add_ocr_result(result(text="Xylophone 4711"))
    stores.pages.add_ocr_result(result(OTHER, "Quiet Street"))
    stores.chats.delete_conversation(ConversationId("c1"))
    assert found(stores, "xylophone") == []
    if is_restored:
        stores.chats.restore_conversation(ConversationId("c1"))
    stores.close()
    again = SqliteStores.open(path)
    assert found(again, "quiet") == [("c2", "q-c2", "sign.png")]
    assert bool(found(again, "xylophone")) == is_restored
    again.close()
    data = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert (b"ylo" in data.lower()) == is_restored
    execute(path, "INSERT INTO reading_search (reading_search) VALUES ('integrity-check')")


def test_documents_outlive_chats(stores: SqliteStores, path: Path) -> None:
    send(stores, "c1", RECEIPT)
    stores.pages.save_document(RECEIPT.digest, "/scans/a.png", "a.png")
    stores.pages.add_ocr_result(result())
    stores.chats.delete_conversation(ConversationId("c1"))
    stores.close()
    again = SqliteStores.open(path)
    assert found(again, "bakery") == [(None, None, None)]
    again.close()


def test_results_of_earlier_versions_are_indexed_a_few_at_a_time(stores: SqliteStores, path: Path) -> None:
    send(stores, "c1", RECEIPT)
    for number in range(5):
        stores.pages.save_ocr_result(result(number=number))
    stores.pages.save_ocr_result(result().with_correction(0, "Corner Brewery"))
    execute(path, "DELETE FROM reading_text")
    execute(path, "UPDATE reading SET page = '{}' WHERE number = 4")  # Damaged: it has no text.
    assert found(stores, "total") == []
    assert [stores.pages.index_texts(2) for _ in range(3)] == [True, True, False]
    assert len(found(stores, "total")) == 4
    assert [hit.image for hit in stores.chats.search("brewery")] == [RECEIPT]
    assert stores.pages.index_texts(2) is False


def test_a_hit_without_an_image_has_no_page(stores: SqliteStores) -> None:
    hit = SearchHit(conversation_id=ConversationId("c1"), message_id=None, excerpt="", matches=())
    assert stores.chats.page_of(hit) is None
