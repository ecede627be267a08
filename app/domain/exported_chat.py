"""A chat as it leaves Lorgnette and comes back: the schema of the JSON that it exports."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.chat import Conversation, Message

FORMAT = "lorgnette chat 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedChat:
    """All versions of all messages, parents first, and the original bytes of the images that they show, by SHA-256."""

    conversation: Conversation
    messages: tuple[Message, ...]
    images: Mapping[str, bytes]
    format: str = FORMAT
