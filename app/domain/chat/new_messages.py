"""Creates conversations, questions and answers with ids and times of their own."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.chat.chat import DEFAULT_TITLE, Author, Conversation, Message, MessageState, Role, new_id, now
from app.domain.ids import ConversationId, MessageId
from app.domain.images.attachments import Attachment


def new_conversation(*, is_temporary: bool = False) -> Conversation:
    """Return an empty conversation."""
    moment, new = now(), ConversationId(new_id())
    return Conversation(id=new, title=DEFAULT_TITLE, created=moment, updated=moment, is_temporary=is_temporary)


def new_question(conversation: Conversation, text: str, attachments: tuple[Attachment, ...]) -> Message:
    """Return a question that follows the last message of a conversation."""
    return Message(
        id=MessageId(new_id()),
        conversation_id=conversation.id,
        parent_id=conversation.leaf_id,
        role=Role.USER,
        text=text,
        created=now(),
        attachments=attachments,
    )


def new_readings(conversation: Conversation, text: str, images: Sequence[Attachment]) -> tuple[Message, ...]:
    """Return a question `text` and the empty answer of the built-in OCR for each image, one turn after the other."""
    messages: list[Message] = []
    for image in images:
        question = new_question(conversation, text, (image,))
        if messages:
            question = replace(question, parent_id=messages[-1].id)
        messages += question, new_answer(conversation.id, question.id, Author.READER)
    return tuple(messages)


def new_answer(conversation_id: ConversationId, question_id: MessageId, author: Author) -> Message:
    """Return the empty answer to a question, to be streamed."""
    return Message(
        id=MessageId(new_id()),
        conversation_id=conversation_id,
        parent_id=question_id,
        role=Role.ASSISTANT,
        text="",
        created=now(),
        state=MessageState.STREAMING,
        author=author,
    )
