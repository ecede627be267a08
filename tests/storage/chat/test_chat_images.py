"""All images of the chats: each once, where it was used last, and those with certain words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.chat.chat import Draft
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.ids import ConversationId
from app.domain.images.attachments import Attachment
from app.storage.chat import chat_images as chat_images_module
from app.storage.stores import SqliteStores
from tests.support.chats import attachment, conversation, question
from tests.support.sql import execute

RECEIPT, SIGN, DRAFTED = attachment(), attachment("Sign 12.PNG", "cd" * 32), attachment("draft.png", "ef" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lorgnette.sqlite"


@pytest.fixture
def stores(path: Path) -> Iterator[SqliteStores]:
    opened = SqliteStores.open(path)
    yield opened
    opened.close()


def send(stores: SqliteStores, chat: str, day: int, *images: Attachment) -> None:
    """Save a chat with one question about images, on a day of March."""
    asked = replace(
        question("What is this?", f"q-{chat}"),
        conversation_id=ConversationId(chat),
        attachments=images,
        created=datetime(2026, 3, day, tzinfo=UTC),
    )
    stores.chats.save_turn(conversation(chat, chat), (asked,))


def read(stores: SqliteStores, image: Attachment, text: str, number: int = 0) -> None:
    stores.pages.add_ocr_result(OcrResult(digest=image.digest, number=number, page=OcrPage(9, 9, (), text)))


def listed(stores: SqliteStores, query: str = "") -> list[tuple[str, str | None, str]]:
    return [(item.conversation_id, item.message_id, item.image.name) for item in stores.chats.images(query)]


def test_each_image_is_listed_once_where_it_was_used_last(stores: SqliteStores) -> None:
    assert listed(stores) == []
    send(stores, "imported", 20, SIGN)
    send(stores, "old", 3, RECEIPT)
    send(stores, "new", 5, SIGN, replace(RECEIPT, name="again.png"), RECEIPT)
    assert listed(stores) == [("new", "q-new", "Sign 12.PNG"), ("new", "q-new", "receipt.png")]
    assert {item.used.day for item in stores.chats.images("")} == {5}
    stores.chats.delete_conversation(ConversationId("new"))
    assert listed(stores) == [("imported", "q-imported", "Sign 12.PNG"), ("old", "q-old", "receipt.png")]


def test_an_image_of_a_draft_is_listed_unless_it_was_sent(stores: SqliteStores) -> None:
    send(stores, "sent", 3, RECEIPT)
    stores.chats.save_conversation(replace(conversation("c1"), updated=datetime(2026, 3, 9, tzinfo=UTC)))
    stores.chats.save_draft(ConversationId("c1"), Draft(attachments=(RECEIPT, DRAFTED)))
    assert listed(stores) == [("c1", None, "draft.png"), ("sent", "q-sent", "receipt.png")]


def test_words_select_by_what_was_read_and_by_the_name(stores: SqliteStores) -> None:
    send(stores, "c1", 3, RECEIPT, SIGN, attachment("Ärzte.png", "12" * 32))
    read(stores, RECEIPT, "Corner Bakery\nTotal 9.00")
    read(stores, SIGN, "No parking")
    found = {
        "akery 9": ["receipt.png"],
        "sign png": ["Sign 12.PNG"],
        "ARK": ["Sign 12.PNG"],
        "park 9": [],
        "ärzte PNG": ["Ärzte.png"],
        "image/png": [],
    }
    assert {query: [name for *_, name in listed(stores, query)] for query in found} == found
    assert len(listed(stores)) == 3
    assert {query: [name for *_, name in listed(stores, query)] for query in found} == found, "of those listed"


def test_images_are_decoded_again_only_after_something_was_written(
    stores: SqliteStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(stores, "c1", 3, RECEIPT)
    read(stores, RECEIPT, "Total 9.00")
    (shown,) = stores.chats.images("")
    with monkeypatch.context() as patched:
        patched.setattr(chat_images_module, "attachments_of", lambda *_: pytest.fail("decoded again"))
        assert stores.chats.images("") == (shown,)
        assert stores.chats.images("total") == (shown,)
        assert stores.chats.images("parking") == ()
    send(stores, "c2", 4, SIGN)
    assert [name for *_, name in listed(stores)] == ["Sign 12.PNG", "receipt.png"]
    read(stores, SIGN, "No parking")
    assert [name for *_, name in listed(stores, "parking")] == ["Sign 12.PNG"]


def test_the_text_of_an_image_is_that_of_all_its_pages(stores: SqliteStores) -> None:
    assert stores.pages.text(RECEIPT.digest) == ""
    read(stores, RECEIPT, "second", 1)
    read(stores, RECEIPT, "first")
    read(stores, SIGN, "other")
    assert stores.pages.text(RECEIPT.digest) == "first\n\nsecond"


def test_the_first_image_of_a_chat_is_the_one_that_was_sent_first(stores: SqliteStores) -> None:
    send(stores, "c1", 3, SIGN, RECEIPT)
    later = replace(question("And this?", "q2"), attachments=(DRAFTED,))
    stores.chats.save_message(later)
    send(stores, "c2", 4)
    asked = [ConversationId(chat) for chat in ("c2", "c1", "unknown")]
    assert stores.chats.first_images(asked) == {"c1": SIGN}
    assert stores.chats.first_images(()) == {}


def test_a_damaged_row_costs_its_images_alone(stores: SqliteStores, path: Path) -> None:
    send(stores, "c1", 3, RECEIPT)
    send(stores, "c2", 4, SIGN)
    stores.close()
    execute(path, "UPDATE message SET attachments = '{' WHERE conversation_id = 'c1'")
    execute(path, "UPDATE message SET created = 'x' WHERE conversation_id = 'c2'")
    again = SqliteStores.open(path)
    assert listed(again) == [("c2", "q-c2", "Sign 12.PNG")]
    assert set(again.chats.first_images([ConversationId("c1"), ConversationId("c2")])) == {"c2"}
    again.close()
