"""Chats in SQLite."""

import sqlite3
from collections.abc import Iterable, Sequence

from app.domain.chat.chat import Conversation, Draft, Message, MessageState
from app.domain.chat.chat_images import ChatImage
from app.domain.chat.folders import ChatFolder
from app.domain.chat.search import SearchHit
from app.domain.documents.pages import OcrPage
from app.domain.ids import ConversationId, Digest, FolderId
from app.domain.images.attachments import Attachment
from app.domain.well_formed import well_formed
from app.storage.chat.chat_images import ListedImages, first_images
from app.storage.chat.chat_rows import (
    conversation_values,
    conversations_of,
    folder_values,
    folders_of,
    json_of,
    message_values,
    messages_of,
)
from app.storage.chat.image_search import page_of
from app.storage.chat.search import search
from app.storage.database.backups import amounts, count_purged, references
from app.storage.database.shared_database import SharedDatabase
from app.storage.documents.ocr_results import discard_unused

_SAVE_CONVERSATION = """
INSERT INTO conversation (id, title, created, updated, leaf_id, image_count, pinned, instructions, folder_id)
VALUES (:id, :title, :created, :updated, :leaf_id, :image_count, :pinned, :instructions, :folder_id)
ON CONFLICT (id) DO UPDATE SET title = excluded.title, updated = excluded.updated, leaf_id = excluded.leaf_id,
    image_count = excluded.image_count, pinned = excluded.pinned, instructions = excluded.instructions,
    folder_id = excluded.folder_id
"""
_SAVE_FOLDER = """
INSERT INTO folder (id, name, position, collapsed) VALUES (:id, :name, :position, :collapsed)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, position = excluded.position, collapsed = excluded.collapsed
"""
_LEAVE_REMOVED = """
UPDATE conversation SET folder_id = NULL
WHERE folder_id IS NOT NULL AND folder_id NOT IN (SELECT id FROM folder)
"""
_PURGE = "DELETE FROM conversation WHERE deleted = 1"
_INTERRUPT = "UPDATE message SET state = ? WHERE state = ?"
_SAVE_MESSAGE = """
INSERT INTO message (id, conversation_id, parent_id, role, text, created, state, author, model_name, attachments,
    stats, page, problem, doubts, thought)
VALUES (:id, :conversation_id, :parent_id, :role, :text, :created, :state, :author, :model_name, :attachments,
    :stats, :page, :problem, :doubts, :thought)
ON CONFLICT (id) DO UPDATE SET text = excluded.text, state = excluded.state, model_name = excluded.model_name,
    stats = excluded.stats, page = excluded.page, problem = excluded.problem, doubts = excluded.doubts,
    thought = excluded.thought
"""


class SqliteConversationStore:
    """Implements domain.ports.ConversationStore."""

    def __init__(self, database: SharedDatabase) -> None:
        self._database = database
        self._listed_images = ListedImages()
        self.damaged_rows = 0

    def conversations(self) -> Sequence[Conversation]:
        """Return every conversation with its draft, the most recently updated first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM conversation WHERE deleted IS NOT 1 ORDER BY updated DESC"
            ).fetchall()
        found, damaged = conversations_of(rows)
        self.damaged_rows += damaged
        return found

    def messages(self, conversation_id: ConversationId) -> Sequence[Message]:
        """Return all messages of a conversation, parents before children, siblings oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM message WHERE conversation_id = ? ORDER BY number", (conversation_id,)
            ).fetchall()
        found, damaged = messages_of(rows)
        self.damaged_rows += damaged
        return found

    def save_conversation(self, conversation: Conversation) -> None:
        """Insert or update a conversation's row (not its draft, not its messages)."""
        with self._database.transaction() as connection:
            _put_conversation(connection, conversation)

    def save_draft(self, conversation_id: ConversationId, draft: Draft) -> None:
        """Replace the draft of an existing conversation."""
        with self._database.transaction() as connection:
            _put_draft(connection, conversation_id, draft)

    def save_message(self, message: Message) -> None:
        """Insert or update a message; on return it is on disk."""
        with self._database.transaction() as connection:
            _put_message(connection, message)

    def save_turn(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Save a conversation's row, its draft and some messages in one transaction; on return they are on disk."""
        with self._database.transaction() as connection:
            _put_conversation(connection, conversation)
            _put_draft(connection, conversation.id, conversation.draft)
            for message in messages:
                _put_message(connection, message)

    def delete_conversation(self, conversation_id: ConversationId) -> None:
        """Hide a conversation now; `purge` removes it with its messages."""
        self._mark_deleted(conversation_id, is_deleted=True)

    def restore_conversation(self, conversation_id: ConversationId) -> None:
        """Bring back a conversation that was deleted and has not been purged."""
        self._mark_deleted(conversation_id, is_deleted=False)

    def folders(self) -> Sequence[ChatFolder]:
        """Return every folder, in the order of the list."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM folder ORDER BY position, name, id").fetchall()
        found, damaged = folders_of(rows)
        self.damaged_rows += damaged
        return found

    def save_folder(self, folder: ChatFolder) -> None:
        """Insert or update a folder; the chats that name it are in it."""
        with self._database.transaction() as connection:
            connection.execute(_SAVE_FOLDER, folder_values(folder))

    def delete_folder(self, folder_id: FolderId) -> None:
        """Delete a folder, not its chats; `purge` takes them out of it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM folder WHERE id = ?", (folder_id,))

    def search(self, query: str) -> tuple[SearchHit, ...]:
        """Return chats whose title has all words of `query`, then images and messages that have them, newest first."""
        with self._database.reading() as connection:
            return tuple(search(connection, query))

    def images(self, query: str) -> tuple[ChatImage, ...]:
        """Return each image of the chats once, the one used last first: those with all words of `query`."""
        with self._database.reading() as connection:
            return self._listed_images.find(connection, query)

    def first_images(self, conversation_ids: Iterable[ConversationId]) -> dict[ConversationId, Attachment]:
        """Return the first image that was sent in each of these chats, of those that have any."""
        with self._database.reading() as connection:
            return first_images(connection, conversation_ids)

    def page_of(self, hit: SearchHit) -> OcrPage | None:
        """Return the page on whose image the words of a hit were read, with its corrections; None if there is none."""
        with self._database.reading() as connection:
            return page_of(connection, hit)

    def attachment_digests(self) -> set[Digest]:
        """Return the digests of all images that messages and drafts refer to."""
        with self._database.reading() as connection:
            return references(connection)

    def purge(self) -> None:
        """Remove the deleted conversations with all that only they have, and take chats out of removed folders."""
        with self._database.transaction() as connection:
            _purge(connection)

    def _mark_deleted(self, conversation_id: ConversationId, *, is_deleted: bool) -> None:
        with self._database.transaction() as connection:
            connection.execute("UPDATE conversation SET deleted = ? WHERE id = ?", (is_deleted, conversation_id))


def prepare_chats(connection: sqlite3.Connection) -> None:
    """Purge the chats deleted when the database was last used, and mark its unfinished answers as interrupted."""
    connection.execute("BEGIN IMMEDIATE")
    _purge(connection)
    connection.execute(_INTERRUPT, (MessageState.INTERRUPTED, MessageState.STREAMING))
    connection.execute("COMMIT")


def _put_conversation(connection: sqlite3.Connection, conversation: Conversation) -> None:
    connection.execute(_SAVE_CONVERSATION, conversation_values(conversation))


def _put_draft(connection: sqlite3.Connection, conversation_id: ConversationId, draft: Draft) -> None:
    connection.execute(
        "UPDATE conversation SET draft_text = ?, draft_attachments = ? WHERE id = ?",
        (well_formed(draft.text), json_of(draft.attachments), conversation_id),
    )


def _put_message(connection: sqlite3.Connection, message: Message) -> None:
    connection.execute(_SAVE_MESSAGE, message_values(message))
    uses = [(image.digest, message.id) for image in message.attachments]
    connection.executemany(
        "INSERT OR IGNORE INTO image_use (digest, message) SELECT ?, number FROM message WHERE id = ?", uses
    )


def _purge(connection: sqlite3.Connection) -> None:
    before, _ = amounts(connection)
    connection.execute(_PURGE)
    connection.execute(_LEAVE_REMOVED)
    discard_unused(connection, references(connection))
    after, _ = amounts(connection)
    if before != after:
        count_purged(connection, before - after)
        # Deleted text remains readable in the pages of the search index until its segments are merged.
        for index in ("message_search", "reading_search"):
            connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")  # noqa: S608 - our own names
