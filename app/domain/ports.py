"""What the parts need from each other, as Protocols, so that each can be built and tested alone."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from app.domain.attachments import Attachment
from app.domain.chat import Conversation, Draft, Message
from app.domain.errors import Problem
from app.domain.readings import Reading
from app.domain.regions import Box
from app.domain.search import SearchHit


class ConversationStore(Protocol):
    """Keeps conversations. Every method may raise StorageError; all run on one thread.

    `problem` is what the user should know about what was found when the store was opened, such as damage set aside.
    """

    problem: Problem | None

    def conversations(self) -> Sequence[Conversation]:
        """Every conversation with its draft, the most recently updated first."""
        ...

    def messages(self, conversation_id: str) -> Sequence[Message]:
        """All messages of a conversation, parents before children, siblings oldest first."""
        ...

    def save_conversation(self, conversation: Conversation) -> None:
        """Insert or update a conversation's card (not its draft, not its messages)."""
        ...

    def save_draft(self, conversation_id: str, draft: Draft) -> None:
        """Replace the draft of an existing conversation."""
        ...

    def save_message(self, message: Message) -> None:
        """Insert or update a message; on return it is on disk."""
        ...

    def save_turn(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Save a conversation's card, its draft and some of its messages, all or nothing; then they are on disk."""
        ...

    def delete_conversation(self, conversation_id: str) -> None:
        """Remove a conversation with its messages when the store is closed; until then it is in no list."""
        ...

    def restore_conversation(self, conversation_id: str) -> None:
        """Bring back a conversation that was deleted since the store was opened."""
        ...

    def search(self, query: str) -> Sequence[SearchHit]:
        """Chats whose title has all words of `query`, then messages that have, each the newest first."""
        ...

    def attachment_digests(self) -> set[str]:
        """The digests of all images that a message or a draft refers to."""
        ...

    def reading(self, digest: str, number: int) -> Reading | None:
        """What was read on a page of the file with this digest; None where nothing was."""
        ...

    def save_reading(self, reading: Reading) -> None:
        """Insert or replace what was read on a page."""
        ...

    def ignored_parts(self, digest: str) -> tuple[Box, ...]:
        """The parts that are left out of every page of the file with this digest, as shares of a page's sides."""
        ...

    def save_ignored_parts(self, digest: str, parts: tuple[Box, ...]) -> None:
        """Replace the parts that are left out."""
        ...

    def close(self) -> None:
        """Let go of the database; nothing else may be called afterwards."""
        ...


class AttachmentStore(Protocol):
    """Keeps the original bytes of every image, named by their digest."""

    def add(self, source: Path, digest: str) -> Path:
        """Copy `source` into the store; on return it is on disk.

        Raises StorageError, or ImageError where the bytes no longer have `digest`.
        """
        ...

    def path(self, attachment: Attachment) -> Path:
        """Where the original bytes lie."""
        ...


class CancelCheck(Protocol):
    """Asked between tokens and between layers."""

    def __call__(self) -> None:
        """Return when work should go on; raise Cancelled when the user has stopped it."""
        ...


ProgressCallback = Callable[[float], None]
"""Told the part of the work that is done, 0..1."""
