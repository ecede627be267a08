"""A conversation store and an attachment store that keep everything in memory, and fail when told to."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.domain.backups import Backup
from app.domain.chat.chat import Conversation, Draft, Message
from app.domain.chat.search import SearchHit
from app.domain.documents.ocr_results import OcrResult
from app.domain.error_texts import storage_texts
from app.domain.errors import Problem, StorageError
from app.domain.images.attachments import Attachment
from app.domain.images.geometry import Box


class MemoryStore:
    """Implements domain.ports.ConversationStore. While `full` is true, every write fails as a full disk does."""

    def __init__(self) -> None:
        self.problem: Problem | None = None
        self.damaged_rows = 0
        self.kept_backups: list[Backup] = []
        self.restored: list[Backup] = []
        self.conversation_rows: dict[str, Conversation] = {}
        self.saved: dict[str, Message] = {}
        self.save_count = 0
        self.full = False
        self.closed = False
        self.deleted: set[str] = set()
        self.ocr_results: dict[tuple[str, int], OcrResult] = {}
        self.ignored: dict[str, tuple[Box, ...]] = {}

    def conversations(self) -> Sequence[Conversation]:
        """Newest first."""
        conversation_rows = [chat for chat in self.conversation_rows.values() if chat.id not in self.deleted]
        return sorted(conversation_rows, key=lambda chat: chat.updated, reverse=True)

    def messages(self, conversation_id: str) -> Sequence[Message]:
        """In order of insertion."""
        return [message for message in self.saved.values() if message.conversation_id == conversation_id]

    def save_conversation(self, conversation: Conversation) -> None:
        """Keep the row, and the draft it had."""
        self._check()
        old = self.conversation_rows.get(conversation.id)
        self.conversation_rows[conversation.id] = replace(conversation, draft=old.draft if old else Draft())

    def save_draft(self, conversation_id: str, draft: Draft) -> None:
        """Keep the draft."""
        self._check()
        self.conversation_rows[conversation_id] = replace(self.conversation_rows[conversation_id], draft=draft)

    def save_message(self, message: Message) -> None:
        """Keep the message."""
        self._check()
        self.saved[message.id] = message
        self.save_count += 1

    def save_turn(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Keep the row with its draft, and the messages."""
        self._check()
        self.conversation_rows[conversation.id] = conversation
        for message in messages:
            self.save_message(message)

    def delete_conversation(self, conversation_id: str) -> None:
        """Forget it at the end."""
        self._check()
        self.deleted.add(conversation_id)

    def restore_conversation(self, conversation_id: str) -> None:
        """Do not forget it."""
        self._check()
        self.deleted.remove(conversation_id)

    def search(self, query: str) -> Sequence[SearchHit]:
        """Messages that have the query as it is."""
        return [
            SearchHit(conversation_id=item.conversation_id, message_id=item.id, excerpt=item.text, matches=())
            for item in self.saved.values()
            if query in item.text
        ]

    def attachment_digests(self) -> set[str]:
        """Of messages and drafts."""
        sent = [item for message in self.saved.values() for item in message.attachments]
        drafted = [item for chat in self.conversation_rows.values() for item in chat.draft.attachments]
        return {item.digest for item in (*sent, *drafted)}

    def ocr_result(self, digest: str, number: int) -> OcrResult | None:
        """As it was saved."""
        return self.ocr_results.get((digest, number))

    def save_ocr_result(self, ocr_result: OcrResult) -> None:
        """Keep it."""
        self._check()
        self.ocr_results[ocr_result.digest, ocr_result.number] = ocr_result

    def ignored_areas(self, digest: str) -> tuple[Box, ...]:
        """As they were saved."""
        return self.ignored.get(digest, ())

    def save_ignored_areas(self, digest: str, areas: tuple[Box, ...]) -> None:
        """Keep them."""
        self._check()
        self.ignored[digest] = areas

    def backups(self) -> Sequence[Backup]:
        """As the test has set them."""
        return self.kept_backups

    def restore_backup(self, backup: Backup) -> None:
        """Forget everything, and remember which it was."""
        self._check()
        self.conversation_rows.clear()
        self.saved.clear()
        self.restored.append(backup)

    def delete_backup(self, backup: Backup) -> None:
        """Forget it."""
        self._check()
        self.kept_backups.remove(backup)

    def close(self) -> None:
        """Remember that it was closed."""
        self.conversation_rows = {key: chat for key, chat in self.conversation_rows.items() if key not in self.deleted}
        self.saved = {key: item for key, item in self.saved.items() if item.conversation_id in self.conversation_rows}
        self.closed = True

    def _check(self) -> None:
        if self.full:
            raise StorageError(storage_texts.DATABASE_DISK_FULL)


class MemoryFiles:
    """Implements domain.ports.AttachmentStore and services' ImageFiles."""

    def __init__(self) -> None:
        self.added: dict[str, Path] = {}
        self.thumbnails: dict[str, bytes] = {}
        self.incoming: dict[Path, bytes] = {}

    def add(self, source: Path, digest: str) -> Path:
        """Remember the source."""
        self.added[digest] = source
        return Path("/store") / digest

    def path(self, attachment: Attachment) -> Path:
        """Where it would lie."""
        return Path("/store") / attachment.digest

    def save_thumbnail(self, digest: str, png: bytes) -> None:
        """Remember it."""
        self.thumbnails[digest] = png

    def save_incoming(self, data: bytes, name: str) -> Path:
        """Remember the bytes."""
        path = Path("/incoming") / name
        self.incoming[path] = data
        return path

    def new_incoming(self, name: str) -> Path:
        """Nothing is there yet."""
        return Path("/incoming") / name

    def discard_incoming(self, path: Path) -> None:
        """Forget them."""
        self.incoming.pop(path, None)
