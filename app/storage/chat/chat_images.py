"""All images of the chats that are not deleted, in an open database; see migration 0010."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from app.domain.chat.chat_images import ChatImage
from app.domain.chat.search import search_words
from app.domain.ids import ConversationId, Digest, MessageId
from app.domain.images.attachments import Attachment
from app.storage.chat.chat_rows import attachments_of
from app.storage.database.full_text import contains, words_condition
from app.storage.database.rows import ReadRow

_SENT = """
SELECT latest.digest, message.id, message.conversation_id, message.created, message.attachments FROM (
    SELECT image_use.digest, max(image_use.message) AS number FROM image_use
    JOIN message ON message.number = image_use.message JOIN conversation ON conversation.id = message.conversation_id
    WHERE deleted IS NOT 1 GROUP BY image_use.digest
) AS latest JOIN message USING (number)
"""
_DRAFTS = """
SELECT id, updated, draft_attachments FROM conversation WHERE deleted IS NOT 1 AND draft_attachments <> '[]'
"""
_FIRST = """
SELECT attachments FROM message WHERE conversation_id = ? AND attachments <> '[]' ORDER BY number LIMIT 1
"""


class ListedImages:
    """Finds images by words; as long as nothing was written since all were listed, none is decoded again."""

    def __init__(self) -> None:
        self._state: tuple[sqlite3.Connection, int, int] | None = None
        self._images: tuple[ChatImage, ...] = ()
        self._names: tuple[str, ...] = ()

    def find(self, connection: sqlite3.Connection, query: str) -> tuple[ChatImage, ...]:
        """Return what `chat_images` returns; it lists them where `query` is empty."""
        words = search_words(query)
        state = connection, connection.total_changes, connection.execute("PRAGMA data_version").fetchone()[0]
        if state == self._state:
            return self._with(connection, words) if words else self._images
        images = tuple(chat_images(connection, query))
        if not words:
            self._state, self._images = state, images
            self._names = tuple(item.image.name.casefold() for item in images)
        return images

    def _with(self, connection: sqlite3.Connection, words: Sequence[str]) -> tuple[ChatImage, ...]:
        read, folded = _digests(connection, words), [word.casefold() for word in words]
        pairs = zip(self._images, self._names, strict=True)
        return tuple(
            item
            for item, name in pairs
            if item.image.digest in read or (folded[0] in name and all(word in name for word in folded))
        )


def chat_images(connection: sqlite3.Connection, query: str) -> list[ChatImage]:
    """Return each image of the chats once, the one that was used last first.

    Of an image that was sent several times, also in drafts, it is the latest message that counts. `query` selects those
    on which all of its words were read, and those whose names have them.
    """
    words = search_words(query)
    read = _digests(connection, words) if words else set()
    sent = list(_sent(connection, words))
    digests = {item.image.digest for item in sent}
    drafted = {item.image.digest: item for item in _drafted(connection) if item.image.digest not in digests}
    images = [*sent, *drafted.values()]
    if words:
        images = [item for item in images if item.image.digest in read or _has(item.image.name, words)]
    return sorted(images, key=lambda item: item.used, reverse=True)


def first_images(
    connection: sqlite3.Connection, conversation_ids: Iterable[ConversationId]
) -> dict[ConversationId, Attachment]:
    """Return the first image that was sent in each of these chats, of those that have any."""
    found = {}
    for chat in conversation_ids:
        for row in map(ReadRow, connection.execute(_FIRST, (chat,))):
            if images := attachments_of(row, "attachments"):
                found[chat] = images[0]
    return found


def _sent(connection: sqlite3.Connection, words: Sequence[str]) -> Iterator[ChatImage]:
    """Return the images that were sent; of those without `words` most are left out, as each costs time to decode."""
    source, condition, values, _ = words_condition("reading_search", "reading_text", words)
    read = f"latest.digest IN (SELECT digest FROM {source} WHERE {condition})"  # noqa: S608 - our own names
    named, ascii_words = contains("message.attachments", [word for word in words if word.isascii()])
    rows_of_words = connection.execute(f"{_SENT} WHERE {read} OR {named} ORDER BY number", [*values, *ascii_words])
    for _, rows in groupby(map(ReadRow, rows_of_words), lambda row: row.text("id")):
        latest = list(rows)
        wanted, first = {row.text("digest") for row in latest}, latest[0]
        once = {image.digest: image for image in attachments_of(first, "attachments") if image.digest in wanted}
        for image in once.values():
            yield ChatImage(
                image=image,
                conversation_id=ConversationId(first.text("conversation_id")),
                message_id=MessageId(first.text("id")),
                used=first.moment("created"),
            )


def _drafted(connection: sqlite3.Connection) -> Iterator[ChatImage]:
    for row in map(ReadRow, connection.execute(_DRAFTS)):
        for image in attachments_of(row, "draft_attachments"):
            chat = ConversationId(row.text("id"))
            yield ChatImage(image=image, conversation_id=chat, message_id=None, used=row.moment("updated"))


def _digests(connection: sqlite3.Connection, words: Sequence[str]) -> set[Digest]:
    source, condition, values, _ = words_condition("reading_search", "reading_text", words)
    sql = f"SELECT DISTINCT digest FROM {source} WHERE {condition}"  # noqa: S608 - our own names
    return {Digest(digest) for (digest,) in connection.execute(sql, values)}


def _has(name: str, words: Sequence[str]) -> bool:
    return all(word.casefold() in name.casefold() for word in words)
