"""Words are found in every chat: in parts, in any order and script, and never as a query language."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.chat.chat import MessageState
from app.domain.chat.search import excerpt_of
from app.domain.ids import ConversationId
from app.storage.stores import SqliteStores
from tests.support.chats import START, answer, conversation, question
from tests.support.sql import execute


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lorgnette.sqlite"


@pytest.fixture
def stores(path: Path) -> Iterator[SqliteStores]:
    opened = SqliteStores.open(path)
    for number, (title, text) in enumerate(
        (
            ("Receipt", "The total of the Bäckerei is 9.00 €."),
            ("Sign", "駅前の看板に「営業中」と書いてあります。"),
            ("Total eclipse", 'He said "100% sure_thing" and left. ' + "word " * 80 + "The END of it."),
        )
    ):
        opened.chats.save_turn(
            conversation(f"c{number}", title, number),
            (
                replace(question(f"Question {number}", f"q{number}"), conversation_id=ConversationId(f"c{number}")),
                replace(answer(text, f"a{number}", f"q{number}"), conversation_id=ConversationId(f"c{number}")),
            ),
        )
    yield opened
    opened.close()


def test_a_chat_is_found_by_its_instructions(stores: SqliteStores) -> None:
    stores.chats.save_conversation(replace(conversation("c3", "Menu"), instructions="Answer like a waiter of 1900."))
    (hit,) = stores.chats.search("waiter like")
    assert (hit.conversation_id, hit.message_id, hit.excerpt) == ("c3", None, "Answer like a waiter of 1900.")
    stores.chats.save_conversation(replace(conversation("c3", "Menu"), instructions="Answer about the menu."))
    assert [hit.excerpt for hit in stores.chats.search("menu")] == ["Menu"]


def found(stores: SqliteStores, query: str) -> list[str | None]:
    return [hit.message_id for hit in stores.chats.search(query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("total", [None, "a0"]),  # The chat of that title first.
        ("TOTAL 9.00", ["a0"]),
        ("bäckerei", ["a0"]),
        ("ckere", ["a0"]),
        ("看板", ["a1"]),
        ("営業中", ["a1"]),
        ("question", ["q2", "q1", "q0"]),
        ("of", ["a2", "a0"]),
        ("of eclipse", []),
        ('"100%', ["a2"]),
        ("sure_thing", ["a2"]),
        ("0_", []),
        ("total OR sign", []),
        ("NEAR( *", []),
        ("   ", []),
        ("zzz", []),
    ],
)
def test_words_are_found(stores: SqliteStores, query: str, expected: list[str | None]) -> None:
    assert found(stores, query) == expected


def test_a_hit_shows_where(stores: SqliteStores) -> None:
    (hit,) = stores.chats.search("END left")
    assert (hit.conversation_id, hit.message_id) == ("c2", "a2")
    assert [hit.excerpt[start:end] for start, end in hit.matches] == ["left"]
    assert hit.excerpt.startswith("…")
    assert hit.excerpt.endswith("…")


def test_an_excerpt_marks_every_word_and_no_other() -> None:
    excerpt, matches = excerpt_of("A (b) and\n\n<b>B</b>", ("b", "(b)"))
    assert excerpt == "A (b) and <b>B</b>"
    assert [excerpt[start:end] for start, end in matches] == ["(b)", "b", "B", "b"]


def test_an_answer_that_went_on_is_found_once_and_by_its_new_words(path: Path, stores: SqliteStores) -> None:
    going_on = replace(
        answer("The total of the", "a0", "q0", MessageState.STREAMING), conversation_id=ConversationId("c0")
    )
    stores.chats.save_message(replace(going_on, text="The total of the Bäckerei is 9.00 €."))
    stores.chats.save_message(replace(going_on, text="The total of the Bäckerei is 9.00 €. Cheers"))
    stores.chats.save_message(
        replace(going_on, text="The total of the Bäckerei is 9.00 €. Cheers and out", state=MessageState.COMPLETE)
    )
    assert found(stores, "cheers") == ["a0"]
    assert found(stores, "bäckerei") == ["a0"]
    execute(path, "INSERT INTO message_search (message_search) VALUES ('integrity-check')")


def test_what_was_deleted_is_not_found(stores: SqliteStores) -> None:
    stores.chats.delete_conversation(ConversationId("c0"))
    assert found(stores, "bäckerei") == []


def test_many_messages_give_the_newest(stores: SqliteStores) -> None:
    chat = conversation("big", "Big")
    many = [
        replace(question(f"needle number {number}", f"m{number}"), conversation_id=ConversationId("big"), created=START)
        for number in range(3000)
    ]
    stores.chats.save_turn(chat, many)
    hits = stores.chats.search("needle")
    assert len(hits) == 200
    assert hits[0].message_id == "m2999"
