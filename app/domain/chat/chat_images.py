"""Images of all chats."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.ids import ConversationId, MessageId
from app.domain.images.attachments import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatImage:
    """An image where it was used last, and when.

    Its chat is the latest that has it, and its message the one in which it was sent: none if it is in the draft.
    """

    image: Attachment
    conversation_id: ConversationId
    message_id: MessageId | None
    used: datetime
