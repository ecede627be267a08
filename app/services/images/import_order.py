"""The order in which images appear in a chat's draft: that of the files, and within a document that of its pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.domain.ids import ConversationId, Digest, ImportId
from app.domain.images.attachments import Attachment, DocumentPage, ImageCrop
from app.domain.images.open_imports import OpenImport
from app.domain.well_formed import well_formed


class ImageFiles(Protocol):
    """The part of the attachment store that the importer needs."""

    @property
    def is_lasting(self) -> bool:
        """True if the images are stored; otherwise nothing of them may be written to a disk."""
        ...

    def add(self, source: Path, digest: Digest) -> Path:
        """Copy `source` into the store; raises StorageError or ImageError."""
        ...

    def save_thumbnail(self, digest: Digest, png: bytes) -> None:
        """Save a thumbnail; raises StorageError."""
        ...

    def save_incoming(self, data: bytes, name: str) -> Path:
        """Save pasted bytes to a file; raises StorageError."""
        ...

    def path(self, attachment: Attachment) -> Path:
        """The path of the original bytes."""
        ...

    def new_incoming(self, name: str) -> Path:
        """Return a path for a file that will be written; raises StorageError."""
        ...

    def discard_incoming(self, path: Path) -> None:
        """Remove an incoming file."""
        ...


@dataclass(frozen=True, slots=True)
class ImageImport:
    """One import into `files`. `path` is empty until the file that Lorgnette writes for it has one."""

    import_id: ImportId
    chat_id: ConversationId
    files: ImageFiles = field(repr=False, compare=False)
    path: Path
    name: str
    is_incoming: bool
    parent: Path = Path()
    """The file that `part` has to be extracted from first."""
    part: ImageCrop | DocumentPage | None = None
    password: str = field(default="", repr=False)

    @property
    def record(self) -> OpenImport | None:
        """What is needed to begin it again; None while it has no file, and if it is for a temporary chat.

        Of a locked document that is the document.
        """
        if not self.files.is_lasting:
            return None
        if self.part and self.password:
            return OpenImport(chat_id=self.chat_id, path=str(self.parent), name=well_formed(self.parent.name))
        if self.part:
            return OpenImport(chat_id=self.chat_id, path=str(self.parent), name=self.name, part=self.part)
        if self.path == Path():
            return None
        return OpenImport(chat_id=self.chat_id, path=str(self.path), name=self.name, is_incoming=self.is_incoming)


class ImportOrder:
    """The open imports, in order. An image that is ready waits for those before it in the same chat."""

    def __init__(self) -> None:
        self._items: list[ImageImport] = []
        self._ready: dict[ImportId, Attachment] = {}

    def __contains__(self, import_id: ImportId) -> bool:
        return any(item.import_id == import_id for item in self._items)

    @property
    def records(self) -> tuple[OpenImport, ...]:
        """What is needed to begin the open imports again."""
        return tuple(dict.fromkeys(item.record for item in self._items if item.record))

    def of_chat(self, chat_id: ConversationId) -> list[ImportId]:
        """Return the open imports of a chat, in order."""
        return [item.import_id for item in self._items if item.chat_id == chat_id]

    def add(self, item: ImageImport) -> None:
        """Add an import behind all others."""
        self._items.append(item)

    def add_pages(self, document: ImageImport, pages: Sequence[ImageImport]) -> None:
        """Add the pages of a document at its place."""
        index = self._index(document.import_id)
        self._items[index:index] = pages

    def update(self, item: ImageImport) -> None:
        """Replace an import by itself with its path."""
        self._items[self._index(item.import_id)] = item

    def find_ready(self, import_id: ImportId) -> ImageImport | None:
        """Return the import if its image is ready and waits for others."""
        return self._items[self._index(import_id)] if import_id in self._ready else None

    def set_ready(self, item: ImageImport, attachment: Attachment) -> None:
        """Record that an image is ready."""
        self._ready[item.import_id] = attachment

    def remove(self, item: ImageImport) -> None:
        """Remove an import that has ended."""
        self._ready.pop(item.import_id, None)
        del self._items[self._index(item.import_id)]

    def next_ready(self, chat_id: ConversationId) -> tuple[ImageImport, Attachment] | None:
        """Return the first import of a chat with its image, if that is ready."""
        first = next((item for item in self._items if item.chat_id == chat_id), None)
        return (first, self._ready[first.import_id]) if first and first.import_id in self._ready else None

    def _index(self, import_id: ImportId) -> int:
        return next(index for index, item in enumerate(self._items) if item.import_id == import_id)
