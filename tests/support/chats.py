"""Made-up chats for tests."""

from datetime import UTC, datetime, timedelta

from app.domain.chat.chat import Author, Conversation, Message, MessageState, Role
from app.domain.ids import ConversationId, Digest, MessageId
from app.domain.images.attachments import Attachment

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def message_ids(*ids: str) -> tuple[MessageId, ...]:
    return tuple(MessageId(item) for item in ids)


def attachment(name: str = "receipt.png", digest: str = "ab" * 32) -> Attachment:
    return Attachment(digest=Digest(digest), name=name, media_type="image/png", width=640, height=480, byte_size=1000)


def conversation(conversation_id: str = "c1", title: str = "Receipt", minutes: int = 0) -> Conversation:
    moment = START + timedelta(minutes=minutes)
    return Conversation(id=ConversationId(conversation_id), title=title, created=START, updated=moment)


def question(text: str = "What is the total?", message_id: str = "q1", parent_id: str | None = None) -> Message:
    return Message(
        id=MessageId(message_id),
        conversation_id=ConversationId("c1"),
        parent_id=None if parent_id is None else MessageId(parent_id),
        role=Role.USER,
        text=text,
        created=START,
    )


def answer(
    text: str = "The total is 9.00.",
    message_id: str = "a1",
    parent_id: str = "q1",
    state: MessageState = MessageState.COMPLETE,
) -> Message:
    return Message(
        id=MessageId(message_id),
        conversation_id=ConversationId("c1"),
        parent_id=MessageId(parent_id),
        role=Role.ASSISTANT,
        text=text,
        created=START + timedelta(seconds=5),
        state=state,
        author=Author.MODEL,
    )
