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
from app.domain.images.geometry import Box, Point, TextLine
from app.domain.models.generation import AnswerStats
from app.domain.text.confidence import LowConfidenceSpan
from app.storage.chat.conversations import SqliteConversationStore
from tests.support.chats import answer, attachment, conversation, question

CORNERS = (Point(1, 2), Point(30, 2), Point(30, 12), Point(1, 12))
PAGE = OcrPage(640, 480, (TextLine("TOTAL", Box(1, 2, 30, 12), CORNERS, 0.98),), "TOTAL", 90, "turned")
STATS = AnswerStats(
    prompt_tokens=300, visual_tokens=256, new_tokens=12, first_token_seconds=1.5, total_seconds=2.5, context_tokens=312
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "lorgnette.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteConversationStore]:
    opened = SqliteConversationStore.open(path)
    yield opened
    with suppress(sqlite3.ProgrammingError):  # The test may have closed it.
        opened.close()


def reopened(store: SqliteConversationStore, path: Path) -> SqliteConversationStore:
    store.close()
    return SqliteConversationStore.open(path)


def found(store: SqliteConversationStore, words: str) -> list[str]:
    rows = store._connection.execute(
        "SELECT message.id FROM message_search JOIN message ON number = message_search.rowid "
        "WHERE message_search MATCH ? ORDER BY number",
        (f'"{words}"',),
    )
    return [row["id"] for row in rows]


def test_everything_about_a_chat_comes_back(store: SqliteConversationStore, path: Path) -> None:
    asked = replace(question(), attachments=(attachment(), attachment("b.jpg", "cd" * 32)))
    problem = batch_texts.NO_ANSWER.problem(file="a.png", cause=chat_texts.ENGINE_KILLED.problem(signal=9))
    answered = replace(
        answer(state=MessageState.FAILED), stats=STATS, page=PAGE, problem=problem, model_name="Qwen3-VL 2B"
    )
    answered = replace(answered, doubts=(LowConfidenceSpan(0, 3, 0.5, (("A", 0.25),)), LowConfidenceSpan(4, 9, 0.75)))
    chat = replace(conversation(), leaf_id="a1", image_count=2, draft=Draft(text="and", attachments=(attachment(),)))

    store.save_turn(chat, (asked, answered))
    store = reopened(store, path)

    assert store.conversations() == [chat]
    assert store.messages("c1") == [asked, answered]
    assert store.attachment_digests() == {"ab" * 32, "cd" * 32}
    store.close()


def test_chats_come_newest_first(store: SqliteConversationStore) -> None:
    for number, minutes in (("old", 1), ("new", 9), ("middle", 5)):
        store.save_conversation(conversation(number, minutes=minutes))
    assert [chat.id for chat in store.conversations()] == ["new", "middle", "old"]


def test_saving_a_conversation_leaves_its_draft_alone(store: SqliteConversationStore) -> None:
    store.save_conversation(conversation())
    store.save_draft("c1", Draft(text="half a thought"))
    store.save_conversation(replace(conversation(), title="Renamed"))
    (chat,) = store.conversations()
    assert (chat.title, chat.draft.text) == ("Renamed", "half a thought")


def test_branches_keep_their_order(store: SqliteConversationStore) -> None:
    store.save_conversation(conversation())
    for message in (question(), answer("one", "a1"), answer("two", "a2"), question("more", "q2", "a1")):
        store.save_message(message)
    store.save_message(answer("one, corrected", "a1"))
    assert [message.text for message in store.messages("c1")] == [
        "What is the total?",
        "one, corrected",
        "two",
        "more",
    ]


def test_an_answer_that_was_streaming_at_a_crash_is_kept_and_marked(store: SqliteConversationStore, path: Path) -> None:
    store.save_turn(conversation(), (question(), answer("so far", state=MessageState.STREAMING)))
    store = reopened(store, path)
    last = store.messages("c1")[-1]
    assert (last.text, last.state) == ("so far", MessageState.INTERRUPTED)
    assert found(store, "so far") == ["a1"]
    store.close()


def test_a_message_outlives_kill_dash_nine(path: Path) -> None:
    script = (
        "import os, pathlib, sys\n"
        "from app.storage.chat.conversations import SqliteConversationStore\n"
        "from tests.support.chats import conversation, question\n"
        "store = SqliteConversationStore.open(pathlib.Path(sys.argv[1]))\n"
        "store.save_turn(conversation(), (question('Precious'),))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    store = SqliteConversationStore.open(path)
    assert [message.text for message in store.messages("c1")] == ["Precious"]
    store.close()


def test_a_full_disk_is_said_and_loses_nothing_that_was_saved(store: SqliteConversationStore) -> None:
    store.save_turn(conversation(), (question("before"),))
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StorageError, match="disk is full"):
        store.save_turn(conversation(), (answer("x" * 100_000),))

    assert [message.text for message in store.messages("c1")] == ["before"]
    store._connection.execute("PRAGMA max_page_count = 1000000")
    store.save_message(answer("after"))
    assert [message.text for message in store.messages("c1")] == ["before", "after"]


def test_a_turn_is_saved_whole_or_not_at_all(store: SqliteConversationStore) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.save_turn(conversation(), (question(), answer(parent_id="nobody")))
    assert store.conversations() == []


def test_deleting_a_chat_takes_its_messages_along(store: SqliteConversationStore, path: Path) -> None:
    store.save_turn(conversation(), (question("findable"), answer()))
    store.delete_conversation("c1")
    assert store.conversations() == []
    assert store.search("findable") == []

    store.close()
    again = SqliteConversationStore.open(path)
    assert again.messages("c1") == []
    again.close()


def test_a_deleted_chat_can_be_brought_back(store: SqliteConversationStore) -> None:
    store.save_turn(conversation(), (question("findable"), answer()))
    store.delete_conversation("c1")
    store.restore_conversation("c1")
    assert [chat.id for chat in store.conversations()] == ["c1"]
    assert len(store.messages("c1")) == 2


def test_a_chat_that_was_deleted_before_a_crash_is_gone(store: SqliteConversationStore, path: Path) -> None:
    store.save_turn(conversation(), (question(), answer()))
    store.delete_conversation("c1")
    again = SqliteConversationStore.open(path)
    assert again.messages("c1") == []
    again.close()


def test_a_pin_is_kept(store: SqliteConversationStore) -> None:
    store.save_conversation(replace(conversation(), is_pinned=True))
    assert store.conversations()[0].is_pinned


def test_a_damaged_file_is_set_aside_and_said(store: SqliteConversationStore, path: Path) -> None:
    store.save_turn(conversation(), (question(),))
    store.close()
    path.write_bytes(b"this is not a database" * 1000)

    store = SqliteConversationStore.open(path)

    assert store.problem is not None
    assert "damaged" in store.problem.what
    assert store.conversations() == []
    (kept,) = path.parent.glob("lorgnette.damaged-*.sqlite")
    assert kept.read_bytes().startswith(b"this is not a database")
    assert kept.name in store.problem.kept
    assert store.problem.kind is ProblemKind.CHATS_DAMAGED
    store.close()


@pytest.mark.parametrize("missing", [1, 100, 4095, 4096, -1, -99])
def test_a_file_whose_end_is_missing_is_noticed(store: SqliteConversationStore, path: Path, missing: int) -> None:
    """By so many bytes, or but for so many at its beginning; also those that SQLite reads as zeros."""
    store.save_turn(conversation(), (question("A long question. " * 500),))
    store.close()
    os.truncate(path, -missing if missing < 0 else path.stat().st_size - missing)
    store = SqliteConversationStore.open(path)
    assert store.problem is not None
    assert store.problem.kind is ProblemKind.CHATS_DAMAGED
    assert list(path.parent.glob("lorgnette.damaged-*.sqlite"))
    store.close()


def test_a_file_that_was_being_written_is_made_whole_by_its_journal(store: SqliteConversationStore, path: Path) -> None:
    store.save_turn(conversation(), (question("A long question. " * 500),))
    store.close()
    with closing(sqlite3.connect(path)) as writing:
        writing.execute("UPDATE message SET text = text || ?", ("And more. " * 2000,))
        writing.commit()
        journal = path.with_name(f"{path.name}-wal").read_bytes()
    os.truncate(path, path.stat().st_size - 1000)  # The power failed while the journal was being written into it.
    path.with_name(f"{path.name}-wal").write_bytes(journal)
    store = SqliteConversationStore.open(path)
    assert store.problem is None
    (message,) = store.messages("c1")
    assert message.text.endswith("And more. ")
    store.close()


def test_zeroed_pages_are_noticed(store: SqliteConversationStore, path: Path) -> None:
    store.save_turn(conversation(), tuple(question(f"{n} " * 500, f"q{n}") for n in range(50)))
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 : 4096 * 6] = bytes(4096 * 4)
    path.write_bytes(content)
    store = SqliteConversationStore.open(path)
    assert store.problem is not None
    store.close()


def test_a_newer_database_is_refused_untouched(store: SqliteConversationStore, path: Path) -> None:
    store.save_conversation(conversation())
    store._connection.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(StorageError, match="newer version of Lorgnette"):
        SqliteConversationStore.open(path)
    check = sqlite3.connect(path)
    assert check.execute("SELECT count(*) FROM conversation").fetchone() == (1,)
    check.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="is not writable"):
        SqliteConversationStore.open(tmp_path / "file" / "lorgnette.sqlite")


@pytest.mark.parametrize("words", ["Größe", "größ", "合計金額", "total is"])
def test_words_are_found_in_every_script(store: SqliteConversationStore, words: str) -> None:
    store.save_turn(conversation(), (question("Die Größe, 合計金額 9.00"), answer("größer: the total is 9.00")))
    assert found(store, words)


def test_an_answer_can_be_found_once_it_has_ended(store: SqliteConversationStore) -> None:
    store.save_turn(conversation(), (question(), answer("", state=MessageState.STREAMING)))
    store.save_message(answer("walnut", state=MessageState.STREAMING))
    store.save_message(answer("walnut cake", state=MessageState.COMPLETE))
    assert found(store, "walnut cake") == ["a1"]
    store.save_message(answer("espresso", state=MessageState.COMPLETE))
    assert found(store, "walnut") == []
    assert found(store, "espresso") == ["a1"]
