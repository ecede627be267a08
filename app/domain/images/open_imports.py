"""Imports of images that have not ended: what is needed to begin them again after the window was closed."""

from dataclasses import dataclass

from app.domain.ids import ConversationId
from app.domain.images.attachments import DocumentPage, ImageCrop


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenImport:
    """An import for the chat `chat_id` of the file at `path`, or of a `part` of it, under `name`.

    `is_incoming` if the file is Lorgnette's own, with pasted data.
    """

    chat_id: ConversationId
    path: str
    name: str
    part: ImageCrop | DocumentPage | None = None
    is_incoming: bool = False
