"""Conversations in SQLite. Used on one thread only, the one that opened it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec

from app.domain.attachments import Attachment
from app.domain.chat import Author, Conversation, Draft, Message, MessageState, Role
from app.domain.doubt import Doubt
from app.domain.errors import Problem, StorageError
from app.domain.generation import AnswerStats
from app.domain.pages import Page
from app.domain.readings import Reading
from app.domain.regions import Box
from app.domain.search import SearchHit
from app.storage.database import back_up, open_database, translated_errors
from app.storage.readings import load_ignored_parts, load_reading, save_ignored_parts, save_reading
from app.storage.search import search

_attachments_decoder = msgspec.json.Decoder(tuple[Attachment, ...])
_stats_decoder = msgspec.json.Decoder(AnswerStats)
_page_decoder = msgspec.json.Decoder(Page)
_doubts_decoder = msgspec.json.Decoder(tuple[Doubt, ...])
_problem_decoder = msgspec.json.Decoder(Problem)

_SAVE_CARD = """
INSERT INTO conversation (id, title, created, updated, leaf_id, image_count, pinned)
VALUES (:id, :title, :created, :updated, :leaf_id, :image_count, :pinned)
ON CONFLICT (id) DO UPDATE SET title = excluded.title, updated = excluded.updated, leaf_id = excluded.leaf_id,
    image_count = excluded.image_count, pinned = excluded.pinned
"""
_PURGE = "DELETE FROM conversation WHERE deleted"
_SAVE_MESSAGE = """
INSERT INTO message (id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments,
    stats, page, problem, doubts)
VALUES (:id, :conversation_id, :parent_id, :role, :text, :created, :state, :author, :model_name, :attachments,
    :stats, :page, :problem, :doubts)
ON CONFLICT (id) DO UPDATE SET text = excluded.text, state = excluded.state, model_name = excluded.model_name,
    stats = excluded.stats, page = excluded.page, problem = excluded.problem, doubts = excluded.doubts
"""


class SqliteConversationStore:
    """Implements domain.ports.ConversationStore. `problem` is what the user should know about the file, if anything."""

    def __init__(self, connection: sqlite3.Connection, path: Path, problem: Problem | None) -> None:
        self._connection = connection
        self._path = path
        self.problem = problem

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the database at `path`.

        Answers that were streaming when it was last in use are marked, chats that were deleted then are gone.
        """
        connection, problem = open_database(path)
        store = cls(connection, path, problem)
        with store._transaction():
            connection.execute(_PURGE)
            connection.execute(
                "UPDATE message SET state = ? WHERE state = ?", (MessageState.INTERRUPTED, MessageState.STREAMING)
            )
        return store

    def conversations(self) -> Sequence[Conversation]:
        """Every conversation with its draft, the most recently updated first."""
        with translated_errors():
            rows = self._connection.execute(
                "SELECT * FROM conversation WHERE NOT deleted ORDER BY updated DESC"
            ).fetchall()
        return [_conversation(row) for row in rows]

    def messages(self, conversation_id: str) -> Sequence[Message]:
        """All messages of a conversation, parents before children, siblings oldest first."""
        with translated_errors():
            rows = self._connection.execute(
                "SELECT * FROM message WHERE conversation_id = ? ORDER BY number", (conversation_id,)
            ).fetchall()
        return [_message(row) for row in rows]

    def save_conversation(self, conversation: Conversation) -> None:
        """Insert or update a conversation's card (not its draft, not its messages)."""
        with self._transaction():
            self._put_card(conversation)

    def save_draft(self, conversation_id: str, draft: Draft) -> None:
        """Replace the draft of an existing conversation."""
        with self._transaction():
            self._put_draft(conversation_id, draft)

    def save_message(self, message: Message) -> None:
        """Insert or update a message; on return it is on disk."""
        with self._transaction():
            self._put_message(message)

    def save_turn(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Save a conversation's card, its draft and some of its messages, all or nothing; then they are on disk."""
        with self._transaction():
            self._put_card(conversation)
            self._put_draft(conversation.id, conversation.draft)
            for message in messages:
                self._put_message(message)

    def delete_conversation(self, conversation_id: str) -> None:
        """Remove a conversation with its messages when the store is closed; until then it is in no list."""
        self._mark_deleted(conversation_id, is_deleted=True)

    def restore_conversation(self, conversation_id: str) -> None:
        """Bring back a conversation that was deleted since the store was opened."""
        self._mark_deleted(conversation_id, is_deleted=False)

    def search(self, query: str) -> Sequence[SearchHit]:
        """Chats whose title has all words of `query`, then messages that have, each the newest first."""
        with translated_errors():
            return search(self._connection, query)

    def attachment_digests(self) -> set[str]:
        """The digests of all images that messages and drafts refer to."""
        with translated_errors():
            rows = self._connection.execute(
                "SELECT attachments FROM message WHERE attachments <> '[]' "
                "UNION ALL SELECT draft_attachments FROM conversation WHERE draft_attachments <> '[]'"
            ).fetchall()
        return {attachment.digest for (json,) in rows for attachment in _attachments_decoder.decode(json)}

    def reading(self, digest: str, number: int) -> Reading | None:
        """What was read on a page of the file with this digest; None where nothing was."""
        with translated_errors():
            return load_reading(self._connection, digest, number)

    def save_reading(self, reading: Reading) -> None:
        """Insert or replace what was read on a page."""
        with self._transaction():
            save_reading(self._connection, reading)

    def ignored_parts(self, digest: str) -> tuple[Box, ...]:
        """The parts that are left out of every page of the file with this digest, as shares of a page's sides."""
        with translated_errors():
            return load_ignored_parts(self._connection, digest)

    def save_ignored_parts(self, digest: str, parts: tuple[Box, ...]) -> None:
        """Replace the parts that are left out."""
        with self._transaction():
            save_ignored_parts(self._connection, digest, parts)

    def close(self) -> None:
        """Make today's backup and let go of the database."""
        # A backup that fails, on a full disk say, is made at the next close; nothing is worse than before.
        with suppress(StorageError, OSError):
            with self._transaction():
                self._connection.execute(_PURGE)
            back_up(self._connection, self._path)
        self._connection.close()

    def _mark_deleted(self, conversation_id: str, *, is_deleted: bool) -> None:
        with self._transaction():
            self._connection.execute("UPDATE conversation SET deleted = ? WHERE id = ?", (is_deleted, conversation_id))

    def _put_card(self, conversation: Conversation) -> None:
        values = {
            "id": conversation.id,
            "title": conversation.title,
            "created": conversation.created.isoformat(),
            "updated": conversation.updated.isoformat(),
            "leaf_id": conversation.leaf_id,
            "image_count": conversation.image_count,
            "pinned": conversation.is_pinned,
        }
        self._connection.execute(_SAVE_CARD, values)

    def _put_draft(self, conversation_id: str, draft: Draft) -> None:
        self._connection.execute(
            "UPDATE conversation SET draft_text = ?, draft_attachments = ? WHERE id = ?",
            (draft.text, _json(draft.attachments), conversation_id),
        )

    def _put_message(self, message: Message) -> None:
        values = {
            "id": message.id,
            "conversation_id": message.conversation_id,
            "parent_id": message.parent_id,
            "role": message.role,
            "text": message.text,
            "created": message.created.isoformat(),
            "state": message.state,
            "author": message.author,
            "model_name": message.model_name,
            "attachments": _json(message.attachments),
            "stats": _json(message.stats) if message.stats else None,
            "page": _json(message.page) if message.page else None,
            "problem": _json(message.problem) if message.problem else None,
            "doubts": _json(message.doubts) if message.doubts else None,
        }
        self._connection.execute(_SAVE_MESSAGE, values)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with translated_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._roll_back()
                raise
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        # SQLite rolls back by itself after some errors, a full disk among them.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode("utf-8")


def _conversation(row: sqlite3.Row) -> Conversation:
    return Conversation(
        id=row["id"],
        title=row["title"],
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
        leaf_id=row["leaf_id"],
        image_count=row["image_count"],
        is_pinned=bool(row["pinned"]),
        draft=Draft(text=row["draft_text"], attachments=_attachments_decoder.decode(row["draft_attachments"])),
    )


def _message(row: sqlite3.Row) -> Message:
    def decoded(decoder: "msgspec.json.Decoder[Any]", column: str) -> Any:  # noqa: ANN401 - typed by the decoder
        return decoder.decode(row[column]) if row[column] is not None else None

    return Message(
        id=row["id"],
        conversation_id=row["conversation_id"],
        parent_id=row["parent_id"],
        role=Role(row["role"]),
        text=row["text"],
        created=datetime.fromisoformat(row["created"]),
        attachments=_attachments_decoder.decode(row["attachments"]),
        state=MessageState(row["state"]),
        author=Author(row["author"]) if row["author"] else None,
        model_name=row["model_name"],
        stats=decoded(_stats_decoder, "stats"),
        page=decoded(_page_decoder, "page"),
        doubts=decoded(_doubts_decoder, "doubts") or (),
        problem=decoded(_problem_decoder, "problem"),
    )
