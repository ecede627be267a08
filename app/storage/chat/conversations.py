"""Conversations in SQLite. A store may be used only on the thread that opened it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from app.domain.backups import Backup
from app.domain.chat.chat import Conversation, Draft, Message, MessageState
from app.domain.chat.search import SearchHit
from app.domain.documents.ocr_results import OcrResult
from app.domain.errors import StorageError
from app.domain.images.geometry import Box
from app.domain.well_formed import well_formed
from app.storage.chat.chat_rows import (
    conversation_values,
    conversations_of,
    json_of,
    message_values,
    messages_of,
)
from app.storage.chat.search import search
from app.storage.database.backups import (
    amounts,
    back_up,
    backups_of,
    copy_backup,
    count_purged,
    delete_backup,
    references,
)
from app.storage.database.database import REPLACED, open_database, set_aside
from app.storage.database.sqlite_errors import translated_errors
from app.storage.documents.ocr_results import load_ignored_areas, load_ocr_result, save_ignored_areas, save_ocr_result
from app.storage.files.data_folder import DataFolder

_SAVE_CONVERSATION = """
INSERT INTO conversation (id, title, created, updated, leaf_id, image_count, pinned)
VALUES (:id, :title, :created, :updated, :leaf_id, :image_count, :pinned)
ON CONFLICT (id) DO UPDATE SET title = excluded.title, updated = excluded.updated, leaf_id = excluded.leaf_id,
    image_count = excluded.image_count, pinned = excluded.pinned
"""
_PURGE = "DELETE FROM conversation WHERE deleted = 1"
_INTERRUPT = "UPDATE message SET state = ? WHERE state = ?"
_SAVE_MESSAGE = """
INSERT INTO message (id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments,
    stats, page, problem, doubts)
VALUES (:id, :conversation_id, :parent_id, :role, :text, :created, :state, :author, :model_name, :attachments,
    :stats, :page, :problem, :doubts)
ON CONFLICT (id) DO UPDATE SET text = excluded.text, state = excluded.state, model_name = excluded.model_name,
    stats = excluded.stats, page = excluded.page, problem = excluded.problem, doubts = excluded.doubts
"""


class SqliteConversationStore:
    """Implements domain.ports.ConversationStore. `problem` is the problem with the file to report to the user, if any.

    `damaged_rows` counts the rows read so far that had an unreadable value.
    """

    def __init__(self, path: Path, attachments: Path, folder: DataFolder) -> None:
        folder.check()
        self._path = path
        self._attachments = attachments
        self._folder = folder
        self.damaged_rows = 0
        self._connection, self.problem = open_database(path, attachments, _prepare)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the database at `path`; the images are in "attachments" beside it. Raises StorageError.

        Answers that were streaming when it was last used are marked as interrupted; chats deleted then are purged.
        """
        return cls(path, path.with_name("attachments"), DataFolder(path.parent))

    def conversations(self) -> Sequence[Conversation]:
        """Return every conversation with its draft, the most recently updated first."""
        with translated_errors():
            rows = self._connection.execute(
                "SELECT * FROM conversation WHERE deleted IS NOT 1 ORDER BY updated DESC"
            ).fetchall()
        found, damaged = conversations_of(rows)
        self.damaged_rows += damaged
        return found

    def messages(self, conversation_id: str) -> Sequence[Message]:
        """Return all messages of a conversation, parents before children, siblings oldest first."""
        with translated_errors():
            rows = self._connection.execute(
                "SELECT * FROM message WHERE conversation_id = ? ORDER BY number", (conversation_id,)
            ).fetchall()
        found, damaged = messages_of(rows)
        self.damaged_rows += damaged
        return found

    def save_conversation(self, conversation: Conversation) -> None:
        """Insert or update a conversation's row (not its draft, not its messages)."""
        with self._transaction():
            self._put_conversation(conversation)

    def save_draft(self, conversation_id: str, draft: Draft) -> None:
        """Replace the draft of an existing conversation."""
        with self._transaction():
            self._put_draft(conversation_id, draft)

    def save_message(self, message: Message) -> None:
        """Insert or update a message; on return it is on disk."""
        with self._transaction():
            self._put_message(message)

    def save_turn(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Save a conversation's row, its draft and some messages in one transaction; on return they are on disk."""
        with self._transaction():
            self._put_conversation(conversation)
            self._put_draft(conversation.id, conversation.draft)
            for message in messages:
                self._put_message(message)

    def delete_conversation(self, conversation_id: str) -> None:
        """Hide a conversation now, and remove it with its messages when the store is closed."""
        self._mark_deleted(conversation_id, is_deleted=True)

    def restore_conversation(self, conversation_id: str) -> None:
        """Bring back a conversation that was deleted since the store was opened."""
        self._mark_deleted(conversation_id, is_deleted=False)

    def search(self, query: str) -> Sequence[SearchHit]:
        """Return chats whose title has all words of `query`, then messages that have them, each newest first."""
        with translated_errors():
            return search(self._connection, query)

    def attachment_digests(self) -> set[str]:
        """Return the digests of all images that messages and drafts refer to."""
        with translated_errors():
            return references(self._connection)

    def backups(self) -> Sequence[Backup]:
        """Return the backups that the chats can be restored from, the newest first."""
        return backups_of(self._path)

    def restore_backup(self, backup: Backup) -> None:
        """Replace the database with a copy of a backup; the present one is kept under another name."""
        self._folder.check()
        copy = copy_backup(backup.path, self._path)
        self._connection.close()
        try:
            set_aside(self._path, REPLACED)
            copy.replace(self._path)
        finally:
            self._connection, self.problem = open_database(self._path, self._attachments, _prepare)

    def delete_backup(self, backup: Backup) -> None:
        """Delete a backup from the disk."""
        self._folder.check()
        delete_backup(backup.path, self._path)

    def ocr_result(self, digest: str, number: int) -> OcrResult | None:
        """Return the OCR result of a page of the file with this digest; None if there is none."""
        with translated_errors():
            return load_ocr_result(self._connection, digest, number)

    def save_ocr_result(self, ocr_result: OcrResult) -> None:
        """Insert or replace the OCR result of a page."""
        with self._transaction():
            save_ocr_result(self._connection, ocr_result)

    def ignored_areas(self, digest: str) -> tuple[Box, ...]:
        """Return the ignored areas of every page of the file with this digest, as fractions of a page's sides."""
        with translated_errors():
            return load_ignored_areas(self._connection, digest)

    def save_ignored_areas(self, digest: str, areas: tuple[Box, ...]) -> None:
        """Replace the ignored areas."""
        with self._transaction():
            save_ignored_areas(self._connection, digest, areas)

    def close(self) -> None:
        """Make today's backup and close the database."""
        # A backup that fails, on a full disk for example, is made at the next close; nothing is lost.
        try:
            with suppress(StorageError, OSError, sqlite3.Error):
                with self._transaction():
                    _purge(self._connection)
                back_up(self._connection, self._path)
        finally:
            self._connection.close()

    def _mark_deleted(self, conversation_id: str, *, is_deleted: bool) -> None:
        with self._transaction():
            self._connection.execute("UPDATE conversation SET deleted = ? WHERE id = ?", (is_deleted, conversation_id))

    def _put_conversation(self, conversation: Conversation) -> None:
        self._connection.execute(_SAVE_CONVERSATION, conversation_values(conversation))

    def _put_draft(self, conversation_id: str, draft: Draft) -> None:
        self._connection.execute(
            "UPDATE conversation SET draft_text = ?, draft_attachments = ? WHERE id = ?",
            (well_formed(draft.text), json_of(draft.attachments), conversation_id),
        )

    def _put_message(self, message: Message) -> None:
        self._connection.execute(_SAVE_MESSAGE, message_values(message))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._folder.check()
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
        # SQLite rolls back by itself after some errors, such as a full disk.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    _purge(connection)
    connection.execute(_INTERRUPT, (MessageState.INTERRUPTED, MessageState.STREAMING))
    connection.execute("COMMIT")


def _purge(connection: sqlite3.Connection) -> None:
    before, _ = amounts(connection)
    connection.execute(_PURGE)
    after, _ = amounts(connection)
    if before != after:
        count_purged(connection, before - after)
        # Deleted text remains readable in the pages of the search index until its segments are merged.
        connection.execute("INSERT INTO message_search (message_search) VALUES ('optimize')")
