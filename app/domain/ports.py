"""Protocols between the layers, so that each can be built and tested alone."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from app.domain.backups import Backup
from app.domain.chat.chat import Conversation, Draft, Message
from app.domain.chat.chat_images import ChatImage
from app.domain.chat.folders import ChatFolder
from app.domain.chat.search import SearchHit
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.errors import Problem
from app.domain.ids import ConversationId, Digest, FolderId
from app.domain.images.attachments import Attachment
from app.domain.images.geometry import Box


class ConversationStore(Protocol):
    """Stores chats."""

    @property
    def damaged_rows(self) -> int:
        """The number of rows read so far that were partly unreadable."""
        ...

    def conversations(self) -> Sequence[Conversation]:
        """Every conversation with its draft, the most recently updated first."""
        ...

    def messages(self, conversation_id: ConversationId) -> Sequence[Message]:
        """All messages of a conversation, parents before children, siblings oldest first."""
        ...

    def save_conversation(self, conversation: Conversation) -> None:
        """Insert or update a conversation's row (neither its draft nor its messages)."""
        ...

    def save_draft(self, conversation_id: ConversationId, draft: Draft) -> None:
        """Replace the draft of an existing conversation."""
        ...

    def save_message(self, message: Message) -> None:
        """Insert or update a message; on return it is on disk."""
        ...

    def save_turn(self, conversation: Conversation, messages: Sequence[Message]) -> None:
        """Save a conversation's row, its draft and `messages` atomically; on return they are on disk."""
        ...

    def delete_conversation(self, conversation_id: ConversationId) -> None:
        """Hide a conversation, and delete it with its messages when the stores are closed."""
        ...

    def restore_conversation(self, conversation_id: ConversationId) -> None:
        """Bring back a conversation that was deleted since the stores were opened."""
        ...

    def folders(self) -> Sequence[ChatFolder]:
        """Every folder, in the order of the list."""
        ...

    def save_folder(self, folder: ChatFolder) -> None:
        """Insert or update a folder; the chats that name it are in it."""
        ...

    def delete_folder(self, folder_id: FolderId) -> None:
        """Delete a folder, not its chats; they still name it, and are in it if it is saved again, until the end."""
        ...

    def search(self, query: str) -> tuple[SearchHit, ...]:
        """Chats with all words of `query` in title or instructions, then images and messages, each newest first."""
        ...

    def images(self, query: str) -> tuple[ChatImage, ...]:
        """Each image of the chats once, the one used last first: those with all words of `query` on them or as name."""
        ...

    def first_images(self, conversation_ids: Iterable[ConversationId]) -> dict[ConversationId, Attachment]:
        """The first image that was sent in each of these chats, of those that have any."""
        ...

    def page_of(self, hit: SearchHit) -> OcrPage | None:
        """The page on whose image the words of a hit were read, with its corrections; None if there is none."""
        ...

    def attachment_digests(self) -> set[Digest]:
        """Digests of all images that a message or a draft refers to."""
        ...


class OcrResultStore(Protocol):
    """Stores what was read on the pages of files, and what is ignored on them."""

    def ocr_result(self, digest: Digest, number: int) -> OcrResult | None:
        """The OCR result of a page of the file with this digest; None if it has not been read."""
        ...

    def text(self, digest: Digest) -> str:
        """What was read on all pages of the file with this digest, with its corrections; empty if it was not read."""
        ...

    def save_ocr_result(self, ocr_result: OcrResult) -> None:
        """Insert or replace the OCR result of a page. It is deleted if its file is neither a document nor in a chat."""
        ...

    def add_ocr_result(self, ocr_result: OcrResult) -> None:
        """Insert the OCR result of a page, unless it has one."""
        ...

    def save_document(self, digest: Digest, path: str, name: str) -> None:
        """Insert or replace where a file was opened as a document; its OCR results are independent of chats."""
        ...

    def index_texts(self, max_count: int) -> bool:
        """Add at most `max_count` OCR results of earlier versions to the search; return whether any are left."""
        ...

    def ignored_areas(self, digest: Digest) -> tuple[Box, ...]:
        """The areas that are ignored on every page of the file with this digest, as fractions of a page's sides."""
        ...

    def save_ignored_areas(self, digest: Digest, areas: tuple[Box, ...]) -> None:
        """Replace the ignored areas."""
        ...


class BackupStore(Protocol):
    """The backups of the database."""

    def available(self) -> tuple[Backup, ...]:
        """The backups that can be restored, newest first."""
        ...

    def restore(self, backup: Backup) -> None:
        """Replace the database with a copy of a backup; the old database is kept under another name."""
        ...

    def delete(self, backup: Backup) -> None:
        """Delete a backup permanently."""
        ...


class Stores(Protocol):
    """The stores of one open database. Every method of theirs may raise StorageError; all run on one thread.

    `problem` describes what the user should know about the state in which the database was found when it was opened,
    such as damage set aside.
    """

    @property
    def problem(self) -> Problem | None:
        """The problem to report to the user, if any."""
        ...

    @property
    def chats(self) -> ConversationStore:
        """The chats."""
        ...

    @property
    def pages(self) -> OcrResultStore:
        """The pages of files."""
        ...

    @property
    def backups(self) -> BackupStore:
        """The backups."""
        ...

    def close(self) -> None:
        """Close the database; nothing else may be called afterwards."""
        ...


class AttachmentStore(Protocol):
    """Stores the original bytes of every image, named by their digest."""

    def add(self, source: Path, digest: Digest) -> Path:
        """Copy `source` into the store; on return it is on disk.

        Raises StorageError, or ImageError if the bytes no longer match `digest`.
        """
        ...

    def path(self, attachment: Attachment) -> Path:
        """The path of the original bytes."""
        ...


class CancelCheck(Protocol):
    """Called between tokens and between layers."""

    def __call__(self) -> None:
        """Return if work should continue; raise Cancelled if the user has stopped it."""
        ...


ProgressCallback = Callable[[float], None]
"""Called with the fraction of the work that is done, 0..1."""


def _do_nothing(*_arguments: object) -> None:
    """Do nothing."""


NEVER_CANCELLED: CancelCheck = _do_nothing
"""For work that cannot be stopped, or that only Ctrl+C stops, which ends the process."""
NO_PROGRESS: ProgressCallback = _do_nothing
"""For work whose progress is not shown."""
IGNORE: Callable[[object], None] = _do_nothing
"""For an outcome that nobody waits for."""
