"""Stores that keep everything in memory, and fail when told to."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from app.domain.backups import Backup
from app.domain.chat.chat import Conversation, Draft, Message
from app.domain.chat.chat_images import ChatImage
from app.domain.chat.folders import ChatFolder
from app.domain.chat.search import SearchHit
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.error_texts import storage_texts
from app.domain.errors import Problem, StorageError
from app.domain.ids import ConversationId, Digest, FolderId, MessageId
from app.domain.images.attachments import Attachment
from app.domain.images.geometry import Box


class MemoryStores:
    """Implements domain.ports.Stores. While `full` is true, every write fails as a full disk does."""

    def __init__(self) -> None:
        self.problem: Problem | None = None
        self.chats = MemoryConversations(self._check)
        self.pages = MemoryOcrResults(self._check)
        self.backups = MemoryBackups(self.chats, self._check)
        self.full = False
        self.closed = False

    def close(self) -> None:
        """Remember that they were closed."""
        self.chats.purge()
        self.closed = True

    def _check(self) -> None:
        if self.full:
            raise StorageError(storage_texts.DATABASE_DISK_FULL)


class MemoryConversations:
    """Implements domain.ports.ConversationStore; `check` is called before every write."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self.damaged_rows = 0
        self.rows: dict[ConversationId, Conversation] = {}
        self.saved: dict[MessageId, Message] = {}
        self.save_count = 0
        self.deleted: set[ConversationId] = set()
        self.saved_folders: dict[FolderId, ChatFolder] = {}

    def conversations(self) -> Sequence[Conversation]:
        """Newest first."""
        rows = [chat for chat in self.rows.values() if chat.id not in self.deleted]
        return sorted(rows, key=lambda chat: chat.updated, reverse=True)

    def messages(self, conversation_id: ConversationId) -> Sequence[Message]:
        """In order of insertion."""
        return [message for message in self.saved.values() if message.conversation_id == conversation_id]

    def save_conversation(self, conversation: Conversation) -> None:
        """Keep the row, and the draft it had."""
        self._check()
        old = self.rows.get(conversation.id)
        self.rows[conversation.id] = replace(conversation, draft=old.draft if old else Draft())

    def save_draft(self, conversation_id: ConversationId, draft: Draft) -> None:
        """Keep the draft."""
        self._check()
        self.rows[conversation_id] = replace(self.rows[conversation_id], draft=draft)

    def save_message(self, message: Message) -> None:
        """Keep the message."""
        self._check()
        self.saved[message.id] = message
        self.save_count += 1

    def save_turn(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Keep the row with its draft, and the messages."""
        self._check()
        self.rows[conversation.id] = conversation
        for message in messages:
            self.save_message(message)

    def delete_conversation(self, conversation_id: ConversationId) -> None:
        """Forget it at the end."""
        self._check()
        self.deleted.add(conversation_id)

    def restore_conversation(self, conversation_id: ConversationId) -> None:
        """Do not forget it."""
        self._check()
        self.deleted.remove(conversation_id)

    def folders(self) -> Sequence[ChatFolder]:
        """By their positions."""
        return sorted(self.saved_folders.values(), key=lambda folder: folder.position)

    def save_folder(self, folder: ChatFolder) -> None:
        """Keep the folder."""
        self._check()
        self.saved_folders[folder.id] = folder

    def delete_folder(self, folder_id: FolderId) -> None:
        """Forget the folder."""
        self._check()
        del self.saved_folders[folder_id]

    def search(self, query: str) -> tuple[SearchHit, ...]:
        """Messages that have the query as it is."""
        return tuple(
            SearchHit(conversation_id=item.conversation_id, message_id=item.id, excerpt=item.text, matches=())
            for item in self.saved.values()
            if query in item.text
        )

    def images(self, query: str) -> tuple[ChatImage, ...]:
        """Those of messages whose names have the query as it is, newest first."""
        return tuple(
            ChatImage(image=image, conversation_id=item.conversation_id, message_id=item.id, used=item.created)
            for item in reversed(self.saved.values())
            for image in item.attachments
            if query in image.name
        )

    def first_images(self, conversation_ids: Iterable[ConversationId]) -> dict[ConversationId, Attachment]:
        """Of the first messages with any."""
        sent = reversed([message for message in self.saved.values() if message.attachments])
        firsts = {message.conversation_id: message.attachments[0] for message in sent}
        return {chat: firsts[chat] for chat in conversation_ids if chat in firsts}

    def page_of(self, hit: SearchHit) -> OcrPage | None:
        """The page of the message."""
        return self.saved[hit.message_id].page if hit.message_id else None

    def attachment_digests(self) -> set[Digest]:
        """Of messages and drafts."""
        sent = [item for message in self.saved.values() for item in message.attachments]
        drafted = [item for chat in self.rows.values() for item in chat.draft.attachments]
        return {item.digest for item in (*sent, *drafted)}

    def purge(self) -> None:
        """Forget what was deleted."""
        self.rows = {key: chat for key, chat in self.rows.items() if key not in self.deleted}
        self.saved = {key: item for key, item in self.saved.items() if item.conversation_id in self.rows}


class MemoryOcrResults:
    """Implements domain.ports.OcrResultStore; `check` is called before every write."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self.ocr_results: dict[tuple[Digest, int], OcrResult] = {}
        self.documents: dict[Digest, tuple[str, str]] = {}
        self.ignored: dict[Digest, tuple[Box, ...]] = {}

    def ocr_result(self, digest: Digest, number: int) -> OcrResult | None:
        """As it was saved."""
        return self.ocr_results.get((digest, number))

    def text(self, digest: Digest) -> str:
        """Of the first page."""
        found = self.ocr_results.get((digest, 0))
        return found.page.text if found else ""

    def save_ocr_result(self, ocr_result: OcrResult) -> None:
        """Keep it."""
        self._check()
        self.ocr_results[ocr_result.digest, ocr_result.number] = ocr_result

    def add_ocr_result(self, ocr_result: OcrResult) -> None:
        """Keep it, unless there is one."""
        self._check()
        self.ocr_results.setdefault((ocr_result.digest, ocr_result.number), ocr_result)

    def save_document(self, digest: Digest, path: str, name: str) -> None:
        """Keep where it was opened."""
        self._check()
        self.documents[digest] = path, name

    def index_texts(self, max_count: int) -> bool:
        """Nothing is left."""
        self._check()
        return False

    def ignored_areas(self, digest: Digest) -> tuple[Box, ...]:
        """As they were saved."""
        return self.ignored.get(digest, ())

    def save_ignored_areas(self, digest: Digest, areas: tuple[Box, ...]) -> None:
        """Keep them."""
        self._check()
        self.ignored[digest] = areas


class MemoryBackups:
    """Implements domain.ports.BackupStore; `check` is called before every write."""

    def __init__(self, chats: MemoryConversations, check: Callable[[], None]) -> None:
        self._chats = chats
        self._check = check
        self.kept: list[Backup] = []
        self.restored: list[Backup] = []

    def available(self) -> tuple[Backup, ...]:
        """As the test has set them."""
        return tuple(self.kept)

    def restore(self, backup: Backup) -> None:
        """Forget everything, and remember which it was."""
        self._check()
        self._chats.rows.clear()
        self._chats.saved.clear()
        self.restored.append(backup)

    def delete(self, backup: Backup) -> None:
        """Forget it."""
        self._check()
        self.kept.remove(backup)
