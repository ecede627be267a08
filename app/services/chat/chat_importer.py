"""Imports a chat that Lorgnette has exported as JSON, with its images."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.domain.chat.chat import Conversation
from app.domain.chat.exported_chat import ExportedChat
from app.domain.errors import Problem, problem_of
from app.domain.ids import Digest
from app.domain.ports import ConversationStore
from app.services.chat.chat_library import ChatLibrary
from app.services.engines.background import BackgroundThread
from app.services.engines.store_thread import StoreAccess
from app.services.images.image_importer import THUMBNAIL_SIZE
from app.services.images.import_order import ImageFiles
from app.services.images.pictures import Pictures

ReadChat = Callable[[Path], ExportedChat]
"""Reads and checks an exported chat, and gives it new ids; raises StorageError."""


class ChatImporter(QObject):
    """Imports chats. `imported` carries the Conversation, which is in the library by then; `problem_met` a Problem."""

    imported = Signal(Conversation)
    problem_met = Signal(Problem)

    def __init__(
        self,
        library: ChatLibrary,
        chats: StoreAccess[ConversationStore],
        files: ImageFiles,
        thread: BackgroundThread,
        pictures: Pictures,
        read: ReadChat,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._library = library
        self._chats = chats
        self._files = files
        self._thread = thread
        self._pictures = pictures
        self._read = read

    def import_file(self, path: Path) -> None:
        """Import a file as a new chat, beside the one that was exported if that still exists."""
        self._thread.submit(partial(self._take_in, path), self._on_taken_in, self._on_failed)

    def _take_in(self, path: Path) -> ExportedChat:
        chat = self._read(path)
        for digest, content in chat.images.items():
            incoming = self._files.save_incoming(content, digest)
            try:
                self._files.add(incoming, digest)
            finally:
                self._files.discard_incoming(incoming)
        return chat

    def _on_taken_in(self, chat: ExportedChat) -> None:
        images = [image for message in chat.messages for image in message.attachments]
        self._pictures.make(images, THUMBNAIL_SIZE, partial(self._on_pictures_made, chat))

    def _on_pictures_made(self, chat: ExportedChat, pictures: Mapping[Digest, bytes]) -> None:
        self._thread.submit(partial(self._store_result, pictures), lambda _: self._save(chat), self._on_failed)

    def _store_result(self, pictures: Mapping[Digest, bytes]) -> None:
        for digest, png in pictures.items():
            self._files.save_thumbnail(digest, png)

    def _save(self, chat: ExportedChat) -> None:
        folder = self._library.folders.named(chat.folder)
        conversation = replace(chat.conversation, folder_id=folder.id if folder else None)

        def done(_: None) -> None:
            self._library.put(conversation)
            self.imported.emit(conversation)

        self._chats.run(lambda chats: chats.save_turn(conversation, chat.messages), done)

    def _on_failed(self, error: Exception) -> None:
        self.problem_met.emit(problem_of(error))
