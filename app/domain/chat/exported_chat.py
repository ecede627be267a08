"""The schema of the JSON in which chats are exported and imported."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.chat.chat import Conversation, Message
from app.domain.ids import Digest

FORMAT = "lorgnette chat 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedChat:
    """All versions of all messages, parents first, and the original bytes of their images by SHA-256.

    `folder` is the name of the chat's folder; empty if it is in none.
    """

    conversation: Conversation
    messages: tuple[Message, ...]
    images: Mapping[Digest, bytes]
    format: str = FORMAT
    folder: str = ""
