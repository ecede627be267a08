"""Search for chats, messages and images by words, in an open database."""

import sqlite3
from collections.abc import Iterator, Sequence

from app.domain.chat.chat import Author
from app.domain.chat.search import SearchHit, excerpt_of, search_words
from app.domain.ids import ConversationId, MessageId
from app.storage.chat.chat_rows import attachments_of
from app.storage.chat.image_search import image_hits
from app.storage.database.full_text import contains, words_condition
from app.storage.database.rows import ReadRow

MAX_HITS = 200


def search(connection: sqlite3.Connection, query: str) -> list[SearchHit]:
    """Return chats that have all words of `query` in title or instructions, then images and messages that have them.

    Each is in order of time, newest first. An answer of the built-in OCR is left out if its image is found.
    """
    words = search_words(query)
    if not words:
        return []
    images = image_hits(connection, words)
    known = {(hit.conversation_id, hit.image.digest) for hit in images if hit.image and not hit.document}
    messages = (
        hit
        for hit in _messages(connection, words)
        if hit.image is None or (hit.conversation_id, hit.image.digest) not in known
    )
    return [*_chats(connection, words), *images, *messages][:MAX_HITS]


def _chats(connection: sqlite3.Connection, words: Sequence[str]) -> Iterator[SearchHit]:
    found: set[str] = set()
    for column in ("title", "instructions"):
        condition, values = contains(column, words)
        condition = f"deleted IS NOT 1 AND {condition}"
        sql = f"SELECT id, {column} FROM conversation WHERE {condition} ORDER BY updated DESC LIMIT {MAX_HITS}"  # noqa: S608
        for chat, text in connection.execute(sql, values):
            if chat not in found:
                found.add(chat)
                excerpt, matches = excerpt_of(text, words)
                yield SearchHit(conversation_id=ConversationId(chat), message_id=None, excerpt=excerpt, matches=matches)


def _messages(connection: sqlite3.Connection, words: Sequence[str]) -> Iterator[SearchHit]:
    source, condition, values, key = words_condition("message_search", "message", words)
    sql = (
        "SELECT message.id, message.conversation_id, message.text, "  # noqa: S608
        f"CASE message.author WHEN '{Author.READER}' THEN asked.attachments END AS images FROM {source} "
        "JOIN conversation ON conversation.id = message.conversation_id "
        "LEFT JOIN message AS asked ON asked.id = message.parent_id "
        f"WHERE deleted IS NOT 1 AND {condition} ORDER BY {key} DESC LIMIT {MAX_HITS}"
    )
    for row in connection.execute(sql, values):
        excerpt, matches = excerpt_of(row["text"], words)
        yield SearchHit(
            conversation_id=ConversationId(row["conversation_id"]),
            message_id=MessageId(row["id"]),
            excerpt=excerpt,
            matches=matches,
            image=next(iter(attachments_of(ReadRow(row), "images")), None),
        )
