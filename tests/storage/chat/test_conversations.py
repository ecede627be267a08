"""Chats are still there: after closing, after a kill, on a full disk, beside a damaged file."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.chat.chat import Draft, MessageState
from app.domain.documents.pages import OcrPage
from app.domain.error_texts import batch_texts, chat_texts
from app.domain.errors import ProblemKind, StorageError
from app.domain.ids import ConversationId, MessageId
from app.domain.images.geometry import Box, Point, TextLine
from app.domain.models.answer_stats import AnswerStats
from app.domain.text.confidence import LowConfidenceSpan
from app.domain.text.thoughts import Thought
from app.storage.stores import SqliteStores
from tests.support.chats import answer, attachment, conversation, question
from tests.support.sql import connections, execute

CORNERS = (Point(1, 2), Point(30, 2), Point(30, 12), Point(1, 12))
PAGE = OcrPage(640, 480, (TextLine("TOTAL", Box(1, 2, 30, 12), CORNERS, 0.98),), "TOTAL", 90, "turned")
STATS = AnswerStats(
    prompt_tokens=300, visual_tokens=256, new_tokens=12, first_token_seconds=1.5, total_seconds=2.5, context_tokens=312
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "lorgnette.sqlite"


@pytest.fixture
def stores(path: Path) -> Iterator[SqliteStores]:
    opened = SqliteStores.open(path)
    yield opened
    with suppress(sqlite3.ProgrammingError):  # The test may have closed it.
        opened.close()


def reopened(stores: SqliteStores, path: Path) -> SqliteStores:
    stores.close()
    return SqliteStores.open(path)


def found(stores: SqliteStores, words: str) -> list[str | None]:
    return [hit.message_id for hit in stores.chats.search(words)]


def test_everything_about_a_chat_comes_back(stores: SqliteStores, path: Path) -> None:
    asked = replace(question(), attachments=(attachment(), attachment("b.jpg", "cd" * 32)))
    problem = batch_texts.NO_ANSWER.problem(file="a.png", cause=chat_texts.ENGINE_KILLED.problem(signal=9))
    answered = replace(
        answer(state=MessageState.FAILED), stats=STATS, page=PAGE, problem=problem, model_name="Qwen3-VL 2B"
    )
    answered = replace(answered, doubts=(LowConfidenceSpan(0, 3, 0.5, (("A", 0.25),)), LowConfidenceSpan(4, 9, 0.75)))
    answered = replace(answered, thought=Thought("Nine?\n\nNine.", 12.5))
    chat = replace(
        conversation(), leaf_id=MessageId("a1"), image_count=2, draft=Draft(text="and", attachments=(attachment(),))
    )

    stores.chats.save_turn(chat, (asked, answered))
    stores = reopened(stores, path)

    assert stores.chats.conversations() == [chat]
    assert stores.chats.messages(ConversationId("c1")) == [asked, answered]
    assert stores.chats.attachment_digests() == {"ab" * 32, "cd" * 32}
    stores.close()


def test_chats_come_newest_first(stores: SqliteStores) -> None:
    for number, minutes in (("old", 1), ("new", 9), ("middle", 5)):
        stores.chats.save_conversation(conversation(number, minutes=minutes))
    assert [chat.id for chat in stores.chats.conversations()] == ["new", "middle", "old"]


def test_saving_a_conversation_leaves_its_draft_alone(stores: SqliteStores) -> None:
    stores.chats.save_conversation(conversation())
    stores.chats.save_draft(ConversationId("c1"), Draft(text="half a thought"))
    stores.chats.save_conversation(replace(conversation(), title="Renamed"))
    (chat,) = stores.chats.conversations()
    assert (chat.title, chat.draft.text) == ("Renamed", "half a thought")


def test_branches_keep_their_order(stores: SqliteStores) -> None:
    stores.chats.save_conversation(conversation())
    for message in (question(), answer("one", "a1"), answer("two", "a2"), question("more", "q2", "a1")):
        stores.chats.save_message(message)
    stores.chats.save_message(answer("one, corrected", "a1"))
    assert [message.text for message in stores.chats.messages(ConversationId("c1"))] == [
        "What is the total?",
        "one, corrected",
        "two",
        "more",
    ]


def test_an_answer_that_was_streaming_at_a_crash_is_kept_and_marked(stores: SqliteStores, path: Path) -> None:
    stores.chats.save_turn(conversation(), (question(), answer("so far", state=MessageState.STREAMING)))
    stores = reopened(stores, path)
    last = stores.chats.messages(ConversationId("c1"))[-1]
    assert (last.text, last.state) == ("so far", MessageState.INTERRUPTED)
    assert found(stores, "so far") == ["a1"]
    stores.close()


def test_a_message_outlives_kill_dash_nine(path: Path) -> None:
    script = (
        "import os, pathlib, sys\n"
        "from app.storage.stores import SqliteStores\n"
        "from tests.support.chats import conversation, question\n"
        "stores = SqliteStores.open(pathlib.Path(sys.argv[1]))\n"
        "stores.chats.save_turn(conversation(), (question('Precious'),))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    stores = SqliteStores.open(path)
    assert [message.text for message in stores.chats.messages(ConversationId("c1"))] == ["Precious"]
    stores.close()


def test_a_full_disk_is_said_and_loses_nothing_that_was_saved(path: Path) -> None:
    with connections() as opened:
        stores = SqliteStores.open(path)
    stores.chats.save_turn(conversation(), (question("before"),))
    ((pages,),) = execute(path, "PRAGMA page_count")
    opened.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StorageError, match="disk is full"):
        stores.chats.save_turn(conversation(), (answer("x" * 100_000),))

    assert [message.text for message in stores.chats.messages(ConversationId("c1"))] == ["before"]
    opened.execute("PRAGMA max_page_count = 1000000")
    stores.chats.save_message(answer("after"))
    assert [message.text for message in stores.chats.messages(ConversationId("c1"))] == ["before", "after"]
    stores.close()


def test_a_turn_is_saved_whole_or_not_at_all(stores: SqliteStores) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        stores.chats.save_turn(conversation(), (question(), answer(parent_id="nobody")))
    assert stores.chats.conversations() == []


def test_deleting_a_chat_takes_its_messages_along(stores: SqliteStores, path: Path) -> None:
    stores.chats.save_turn(conversation(), (question("findable"), answer()))
    stores.chats.delete_conversation(ConversationId("c1"))
    assert stores.chats.conversations() == []
    assert stores.chats.search("findable") == ()

    stores.close()
    again = SqliteStores.open(path)
    assert again.chats.messages(ConversationId("c1")) == []
    again.close()


def test_a_deleted_chat_can_be_brought_back(stores: SqliteStores) -> None:
    stores.chats.save_turn(conversation(), (question("findable"), answer()))
    stores.chats.delete_conversation(ConversationId("c1"))
    stores.chats.restore_conversation(ConversationId("c1"))
    assert [chat.id for chat in stores.chats.conversations()] == ["c1"]
    assert len(stores.chats.messages(ConversationId("c1"))) == 2


def test_a_chat_that_was_deleted_before_a_crash_is_gone(stores: SqliteStores, path: Path) -> None:
    stores.chats.save_turn(conversation(), (question(), answer()))
    stores.chats.delete_conversation(ConversationId("c1"))
    again = SqliteStores.open(path)
    assert again.chats.messages(ConversationId("c1")) == []
    again.close()


def test_a_pin_is_kept(stores: SqliteStores) -> None:
    stores.chats.save_conversation(replace(conversation(), is_pinned=True))
    assert stores.chats.conversations()[0].is_pinned


def test_a_damaged_file_is_set_aside_and_said(stores: SqliteStores, path: Path) -> None:
    stores.chats.save_turn(conversation(), (question(),))
    stores.close()
    path.write_bytes(b"this is not a database" * 1000)

    stores = SqliteStores.open(path)

    assert stores.problem is not None
    assert "damaged" in stores.problem.what
    assert stores.chats.conversations() == []
    (kept,) = path.parent.glob("lorgnette.damaged-*.sqlite")
    assert kept.read_bytes().startswith(b"this is not a database")
    assert kept.name in stores.problem.kept
    assert stores.problem.kind is ProblemKind.CHATS_DAMAGED
    stores.close()


@pytest.mark.parametrize("missing", [1, 100, 4095, 4096, -1, -99])
def test_a_file_whose_end_is_missing_is_noticed(stores: SqliteStores, path: Path, missing: int) -> None:
    """By so many bytes, or but for so many at its beginning; also those that SQLite reads as zeros."""
    stores.chats.save_turn(conversation(), (question("A long question. " * 500),))
    stores.close()
    os.truncate(path, -missing if missing < 0 else path.stat().st_size - missing)
    stores = SqliteStores.open(path)
    assert stores.problem is not None
    assert stores.problem.kind is ProblemKind.CHATS_DAMAGED
    assert stores.problem.kept.startswith("The damaged database is kept as ")
    assert list(path.parent.glob("lorgnette.damaged-*.sqlite"))
    stores.close()


@pytest.mark.parametrize("is_empty", [False, True])
def test_what_is_missing_or_empty_is_not_called_damaged(stores: SqliteStores, path: Path, *, is_empty: bool) -> None:
    stores.close()
    path.with_name("my copy of lorgnette.sqlite").write_bytes(path.read_bytes())
    path.unlink()
    if is_empty:
        path.touch()
    stores = SqliteStores.open(path)
    assert stores.problem is not None
    assert ("empty" if is_empty else "missing") in stores.problem.what
    assert stores.problem.kept.startswith("What is left of it is kept as lorgnette.damaged-")
    stores.close()


def test_a_file_that_was_being_written_is_made_whole_by_its_journal(stores: SqliteStores, path: Path) -> None:
    stores.chats.save_turn(conversation(), (question("A long question. " * 500),))
    stores.close()
    with closing(sqlite3.connect(path)) as writing:
        writing.execute("UPDATE message SET text = text || ?", ("And more. " * 2000,))
        writing.commit()
        journal = path.with_name(f"{path.name}-wal").read_bytes()
    os.truncate(path, path.stat().st_size - 1000)  # The power failed while the journal was being written into it.
    path.with_name(f"{path.name}-wal").write_bytes(journal)
    stores = SqliteStores.open(path)
    assert stores.problem is None
    (message,) = stores.chats.messages(ConversationId("c1"))
    assert message.text.endswith("And more. ")
    stores.close()


def test_zeroed_pages_are_noticed(stores: SqliteStores, path: Path) -> None:
    stores.chats.save_turn(conversation(), tuple(question(f"{n} " * 500, f"q{n}") for n in range(50)))
    stores.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 6] = bytes(4096 * 4)
    path.write_bytes(content)
    stores = SqliteStores.open(path)
    assert stores.problem is not None
    stores.close()


def test_a_newer_database_is_refused_untouched(stores: SqliteStores, path: Path) -> None:
    stores.chats.save_conversation(conversation())
    execute(path, "PRAGMA user_version = 99")
    stores.close()
    with pytest.raises(StorageError, match="newer version of Lorgnette"):
        SqliteStores.open(path)
    check = sqlite3.connect(path)
    assert check.execute("SELECT count(*) FROM conversation").fetchone() == (1,)
    check.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="is not writable"):
        SqliteStores.open(tmp_path / "file" / "lorgnette.sqlite")


@pytest.mark.parametrize("words", ["Größe", "größ", "合計金額", "total is"])
def test_words_are_found_in_every_script(stores: SqliteStores, words: str) -> None:
    stores.chats.save_turn(conversation(), (question("Die Größe, 合計金額 9.00"), answer("größer: the total is 9.00")))
    assert found(stores, words)


def test_an_answer_can_be_found_once_it_has_ended(stores: SqliteStores) -> None:
    stores.chats.save_turn(conversation(), (question(), answer("", state=MessageState.STREAMING)))
    stores.chats.save_message(answer("walnut", state=MessageState.STREAMING))
    stores.chats.save_message(answer("walnut cake", state=MessageState.COMPLETE))
    assert found(stores, "walnut cake") == ["a1"]
    stores.chats.save_message(answer("espresso", state=MessageState.COMPLETE))
    assert found(stores, "walnut") == []
    assert found(stores, "espresso") == ["a1"]


def test_an_answer_that_goes_on_with_another_text_at_once_leaves_the_index_once(stores: SqliteStores) -> None:
    stores.chats.save_turn(conversation(), (question(), answer("walnut cake")))
    stores.chats.save_message(answer("walnut cake and espresso", state=MessageState.STREAMING))
    assert found(stores, "walnut") == []
    stores.chats.save_message(answer("walnut cake and espresso", state=MessageState.STOPPED))
    assert found(stores, "espresso") == ["a1"]
