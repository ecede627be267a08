"""Chats, folders and messages as rows of the database; see `rows` for the handling of unreadable values."""

import sqlite3
from collections.abc import Sequence

import msgspec

from app.domain.chat.chat import Author, Conversation, Draft, Message, MessageState, Role
from app.domain.chat.folders import ChatFolder
from app.domain.documents.pages import OcrPage
from app.domain.errors import Problem
from app.domain.ids import ConversationId, FolderId, MessageId
from app.domain.images.attachments import Attachment, is_sound
from app.domain.models.answer_stats import AnswerStats
from app.domain.text.confidence import LowConfidenceSpan
from app.domain.text.thoughts import Thought
from app.domain.well_formed import well_formed
from app.storage.database.rows import ReadRow

_attachments_decoder = msgspec.json.Decoder(tuple[Attachment, ...])
_stats_decoder = msgspec.json.Decoder(AnswerStats | None)
_page_decoder = msgspec.json.Decoder(OcrPage | None)
_low_confidence_decoder = msgspec.json.Decoder(tuple[LowConfidenceSpan, ...])
_problem_decoder = msgspec.json.Decoder(Problem | None)
_thought_decoder = msgspec.json.Decoder(Thought | None)


def conversations_of(rows: Sequence[sqlite3.Row]) -> tuple[list[Conversation], int]:
    """Return the chats in these rows, and the number of damaged rows."""
    read = [ReadRow(row) for row in rows]
    return [_conversation(row) for row in read], sum(row.is_damaged for row in read)


def folders_of(rows: Sequence[sqlite3.Row]) -> tuple[list[ChatFolder], int]:
    """Return the folders in these rows, and the number of damaged rows."""
    read = [ReadRow(row) for row in rows]
    return [_folder(row) for row in read], sum(row.is_damaged for row in read)


def messages_of(rows: Sequence[sqlite3.Row]) -> tuple[list[Message], int]:
    """Return the messages in these rows, which are in order of creation, and the number of damaged rows.

    A message whose parent is missing, or is not older, begins a branch of its own, so that it is still shown.
    """
    read = [ReadRow(row) for row in rows]
    messages: list[Message] = []
    known: set[MessageId] = set()
    for row in read:
        messages.append(_message(row, known))
        known.add(messages[-1].id)
    return messages, sum(row.is_damaged for row in read)


def conversation_values(conversation: Conversation) -> dict[str, object]:
    """Return the column values of a chat's row."""
    return {
        "id": conversation.id,
        "title": well_formed(conversation.title),
        "created": conversation.created.isoformat(),
        "updated": conversation.updated.isoformat(),
        "leaf_id": conversation.leaf_id,
        "image_count": conversation.image_count,
        "pinned": conversation.is_pinned,
        "instructions": well_formed(conversation.instructions),
        "folder_id": conversation.folder_id,
    }


def folder_values(folder: ChatFolder) -> dict[str, object]:
    """Return the column values of a folder's row."""
    return {
        "id": folder.id,
        "name": well_formed(folder.name),
        "position": folder.position,
        "collapsed": folder.is_collapsed,
    }


def message_values(message: Message) -> dict[str, object]:
    """Return the column values of a message's row."""
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "parent_id": message.parent_id,
        "role": message.role,
        "text": well_formed(message.text),
        "created": message.created.isoformat(),
        "state": message.state,
        "author": message.author,
        "model_name": well_formed(message.model_name),
        "attachments": json_of(message.attachments),
        "stats": json_of(message.stats) if message.stats else None,
        "page": json_of(message.page) if message.page else None,
        "problem": json_of(message.problem) if message.problem else None,
        "doubts": json_of(message.doubts) if message.doubts else None,
        "thought": json_of(message.thought) if message.thought else None,
    }


def json_of(value: object) -> str:
    """Encode a value as JSON, as the columns store it."""
    return msgspec.json.encode(value).decode("utf-8")


def attachments_of(row: ReadRow, column: str) -> tuple[Attachment, ...]:
    """Return the images that a column lists, without impossible ones."""
    found = row.decoded(column, _attachments_decoder, ())
    sound = tuple(attachment for attachment in found if is_sound(attachment))
    if sound != found:
        row.found_wrong()
    return sound


def _conversation(row: ReadRow) -> Conversation:
    return Conversation(
        id=ConversationId(row.text("id")),
        title=row.text("title"),
        created=row.moment("created"),
        updated=row.moment("updated"),
        leaf_id=_message_id(row, "leaf_id"),
        image_count=row.number("image_count"),
        is_pinned=bool(row.number("pinned")),
        instructions=row.text("instructions"),
        folder_id=_folder_id(row),
        draft=Draft(text=row.text("draft_text"), attachments=attachments_of(row, "draft_attachments")),
    )


def _folder(row: ReadRow) -> ChatFolder:
    return ChatFolder(
        id=FolderId(row.text("id")),
        name=row.text("name"),
        position=row.number("position"),
        is_collapsed=bool(row.number("collapsed")),
    )


def _folder_id(row: ReadRow) -> FolderId | None:
    text = row.text_or_none("folder_id")
    return None if text is None else FolderId(text)


def _message_id(row: ReadRow, column: str) -> MessageId | None:
    text = row.text_or_none(column)
    return None if text is None else MessageId(text)


def _message(row: ReadRow, known: set[MessageId]) -> Message:
    parent_id = _message_id(row, "parent_id")
    if parent_id is not None and parent_id not in known:
        row.found_wrong()
        parent_id = None
    author = row.one_of("author", Author, Author.MODEL) if row.text_or_none("author") else None
    return Message(
        id=MessageId(row.text("id")),
        conversation_id=ConversationId(row.text("conversation_id")),
        parent_id=parent_id,
        role=row.one_of("role", Role, Role.ASSISTANT if author else Role.USER),
        text=row.text("text"),
        created=row.moment("created"),
        attachments=attachments_of(row, "attachments"),
        state=row.one_of("state", MessageState, MessageState.COMPLETE),
        author=author,
        model_name=row.text("model_name"),
        stats=row.decoded("stats", _stats_decoder, None),
        page=row.decoded("page", _page_decoder, None),
        doubts=row.decoded("doubts", _low_confidence_decoder, ()),
        problem=row.decoded("problem", _problem_decoder, None),
        thought=row.decoded("thought", _thought_decoder, None),
    )
