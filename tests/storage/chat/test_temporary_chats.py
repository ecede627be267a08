"""Temporary chats in front of a real database."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.chat.chat import Author, Conversation, Draft, Message, MessageState
from app.domain.chat.new_messages import new_answer, new_conversation, new_question
from app.storage.stores import SqliteStores


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lorgnette.sqlite"


def rows(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - ours
            for table in ("conversation", "message")
        ]


def turn(conversation: Conversation, text: str) -> tuple[Message, Message]:
    question = new_question(conversation, text, ())
    return question, new_answer(conversation.id, question.id, Author.MODEL)


def converse(stores: SqliteStores) -> tuple[Conversation, tuple[Message, Message]]:
    """Save a temporary chat of one turn, with a draft."""
    chat = new_conversation(is_temporary=True)
    stores.chats.save_conversation(chat)
    messages = turn(chat, "Who?")
    chat = replace(chat, title="Who?", leaf_id=messages[1].id)
    stores.chats.save_turn(chat, messages)
    stores.chats.save_draft(chat.id, Draft(text="And"))
    return chat, messages


def test_a_temporary_chat_is_in_memory_only(path: Path) -> None:
    stores = SqliteStores.open(path)
    chat, (question, answer) = converse(stores)
    answered = replace(answer, text="Somebody", state=MessageState.COMPLETE)
    stores.chats.save_message(answered)
    assert stores.chats.messages(chat.id) == (question, answered)
    assert stores.chats.conversations() == []
    assert stores.chats.search("Who") == ()
    assert rows(path) == [0, 0]
    stores.close()
    assert rows(path) == [0, 0]


def test_a_kept_chat_is_saved_with_all_that_it_has(path: Path) -> None:
    stores = SqliteStores.open(path)
    chat, (question, answer) = converse(stores)
    kept = replace(chat, is_temporary=False)
    stores.chats.save_conversation(kept)
    answered = replace(answer, text="Somebody", state=MessageState.COMPLETE)
    stores.chats.save_message(answered)  # It was being written meanwhile.
    stores.close()

    again = SqliteStores.open(path)
    assert list(again.chats.conversations()) == [replace(kept, draft=Draft(text="And"))]
    assert tuple(again.chats.messages(chat.id)) == (question, answered)
    again.close()


def test_what_comes_after_the_end_of_a_temporary_chat_is_dropped(path: Path) -> None:
    stores = SqliteStores.open(path)
    chat, (_, answer) = converse(stores)
    stores.chats.delete_conversation(chat.id)
    stores.chats.save_message(replace(answer, text="too late", state=MessageState.COMPLETE))
    stores.chats.save_draft(chat.id, Draft(text="too late"))
    stores.chats.save_turn(chat, turn(chat, "too late"))
    stores.chats.delete_conversation(chat.id)
    assert list(stores.chats.messages(chat.id)) == []
    stores.close()
    assert rows(path) == [0, 0]
