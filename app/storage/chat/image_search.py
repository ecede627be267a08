"""Search for words that were read on images and pages, in an open database; see migration 0010."""

import sqlite3
from collections.abc import Iterator, Sequence

from app.domain.chat.search import SearchHit, excerpt_of
from app.domain.documents.document_place import DocumentPlace
from app.domain.documents.pages import OcrPage
from app.domain.ids import ConversationId, Digest, MessageId
from app.domain.images.attachments import Attachment
from app.storage.chat.chat_rows import attachments_of, messages_of
from app.storage.database.full_text import words_condition
from app.storage.database.rows import ReadRow
from app.storage.documents.ocr_results import ocr_result_of

MAX_IMAGES = 50
"""Maximum number of images and pages that are found."""

_LATEST = """
SELECT message.id, message.conversation_id, message.attachments FROM image_use
JOIN message ON message.number = image_use.message JOIN conversation ON conversation.id = message.conversation_id
WHERE image_use.digest = ? AND deleted IS NOT 1 ORDER BY message.number DESC LIMIT 1
"""
_DRAFTS = "SELECT id, draft_attachments FROM conversation WHERE deleted IS NOT 1 AND draft_attachments <> '[]'"

Place = tuple[ConversationId, MessageId | None, Attachment]
"""A chat, the message in which the image was sent, and the image."""


def image_hits(connection: sqlite3.Connection, words: Sequence[str]) -> list[SearchHit]:
    """Return pages on which all of `words` were read, the latest reading first, at most MAX_IMAGES.

    Images that only deleted chats have are left out.
    """
    source, condition, values, key = words_condition("reading_search", "reading_text", words)
    sql = (
        f"SELECT reading_text.*, path, name FROM {source} LEFT JOIN document USING (digest) "  # noqa: S608
        f"WHERE {condition} ORDER BY {key} DESC"
    )
    drafts = _drafts(connection)
    hits = []
    for row in connection.execute(sql, values):
        if hit := _hit(connection, row, words, drafts):
            hits.append(hit)
            if len(hits) == MAX_IMAGES:
                break
    return hits


def page_of(connection: sqlite3.Connection, hit: SearchHit) -> OcrPage | None:
    """Return the page on whose image the words of a hit were read, with its corrections; None if there is none."""
    if hit.image is None:
        return None
    if found := ocr_result_of(connection, hit.image.digest, hit.document.number if hit.document else 0):
        return found.corrected_page()
    messages, _ = messages_of(connection.execute("SELECT * FROM message WHERE id = ?", (hit.message_id,)).fetchall())
    return messages[0].page if messages else None


def _hit(
    connection: sqlite3.Connection, row: sqlite3.Row, words: Sequence[str], drafts: dict[Digest, Place]
) -> SearchHit | None:
    read = ReadRow(row)
    digest, number = Digest(read.text("digest")), read.number("page")
    place = next(_messages(connection, digest), None) or drafts.get(digest)
    if place is None and row["path"] is None:
        return None
    excerpt, matches = excerpt_of(read.text("text"), words)
    if place is None:
        document = DocumentPlace(path=read.text("path"), name=read.text("name"), number=number)
        return SearchHit(conversation_id=None, message_id=None, excerpt=excerpt, matches=matches, document=document)
    chat, message, image = place
    return SearchHit(
        conversation_id=chat,
        message_id=message,
        excerpt=excerpt,
        matches=matches,
        image=image,
        document=DocumentPlace(path="", name=image.name, number=number) if number else None,
    )


def _messages(connection: sqlite3.Connection, digest: Digest) -> Iterator[Place]:
    """Return the image with this digest in the latest message that has it, if there is one."""
    for row in map(ReadRow, connection.execute(_LATEST, (digest,))):
        for image in attachments_of(row, "attachments"):
            if image.digest == digest:
                yield ConversationId(row.text("conversation_id")), MessageId(row.text("id")), image


def _drafts(connection: sqlite3.Connection) -> dict[Digest, Place]:
    """Return the images of all drafts."""
    return {
        image.digest: (ConversationId(row.text("id")), None, image)
        for row in map(ReadRow, connection.execute(_DRAFTS))
        for image in attachments_of(row, "draft_attachments")
    }
