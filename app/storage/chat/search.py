"""Search for messages and chats by words, in an open database."""

import sqlite3
from collections.abc import Iterator

from app.domain.chat.search import SearchHit, excerpt_of, search_words

MAX_HITS = 200
TRIGRAM = 3
"""Minimum length of a word in the index, in characters; shorter words are searched for in every text."""


def search(connection: sqlite3.Connection, query: str) -> list[SearchHit]:
    """Return chats whose title has all words of `query`, then messages that have them, each newest first."""
    words = search_words(query)
    if not words:
        return []
    return [*_titles(connection, words), *_messages(connection, words)][:MAX_HITS]


def _titles(connection: sqlite3.Connection, words: tuple[str, ...]) -> Iterator[SearchHit]:
    condition, values = _contains("title", words)
    condition = f"deleted IS NOT 1 AND {condition}"
    sql = f"SELECT id, title FROM conversation WHERE {condition} ORDER BY updated DESC LIMIT {MAX_HITS}"  # noqa: S608
    for row in connection.execute(sql, values):
        excerpt, matches = excerpt_of(row["title"], words)
        yield SearchHit(conversation_id=row["id"], message_id=None, excerpt=excerpt, matches=matches)


def _messages(connection: sqlite3.Connection, words: tuple[str, ...]) -> Iterator[SearchHit]:
    long = [word for word in words if len(word) >= TRIGRAM]
    condition, values = _contains("message.text", tuple(word for word in words if len(word) < TRIGRAM))
    source = "message"
    if long:
        source = "message_search JOIN message ON message.number = message_search.rowid"
        quoted = " ".join('"' + word.replace('"', '""') + '"' for word in long)
        condition, values = f"message_search MATCH ? AND {condition}", [quoted, *values]
    sql = (
        f"SELECT message.id, message.conversation_id, message.text FROM {source} "  # noqa: S608
        "JOIN conversation ON conversation.id = message.conversation_id "
        f"WHERE deleted IS NOT 1 AND {condition} ORDER BY message.number DESC LIMIT {MAX_HITS}"
    )
    for row in connection.execute(sql, values):
        excerpt, matches = excerpt_of(row["text"], words)
        yield SearchHit(conversation_id=row["conversation_id"], message_id=row["id"], excerpt=excerpt, matches=matches)


def _contains(column: str, words: tuple[str, ...]) -> tuple[str, list[str]]:
    """Return an SQL condition that `column` contains all `words`, and its values."""
    conditions = ["TRUE", *[f"{column} LIKE ? ESCAPE '\\'" for _ in words]]
    escaped = [word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in words]
    return " AND ".join(conditions), [f"%{word}%" for word in escaped]
