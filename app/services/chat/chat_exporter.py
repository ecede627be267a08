"""Writes a chat to a file of the user's choice."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.domain.chat.chat import Conversation, Message
from app.domain.errors import Problem, problem_of
from app.domain.ids import Digest
from app.domain.ports import ConversationStore
from app.services.engines.background import BackgroundThread
from app.services.engines.store_thread import StoreAccess
from app.services.images.pictures import Pictures

WriteChat = Callable[[Path, Conversation, Sequence[Message], Mapping[Digest, bytes], str], None]
"""Writes a chat with all its messages to a file, in the format of its suffix; raises StorageError.

The mapping has PNGs of its images by digest, for formats that have to decode them; the last argument is the
name of its folder, or empty.
"""
PRINTED_SIZE = 1600
"""Maximum width and height of a printed picture, in pixels."""


class ChatExporter(QObject):
    """Exports chats. `exported` carries the Path that was written, `problem_met` a Problem."""

    exported = Signal(Path)
    problem_met = Signal(Problem)

    def __init__(
        self,
        chats: StoreAccess[ConversationStore],
        thread: BackgroundThread,
        pictures: Pictures,
        write: WriteChat,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._chats = chats
        self._thread = thread
        self._pictures = pictures
        self._write = write

    def export(self, conversation: Conversation, folder: str, target: Path) -> None:
        """Write `conversation`, all versions of its messages read from the store, to `target`.

        `folder` is the name of its folder; empty if it is in none.
        """
        read = partial(self._on_read, conversation, folder, target)
        self._chats.run(lambda chats: chats.messages(conversation.id), read)

    def _on_read(self, conversation: Conversation, folder: str, target: Path, messages: Sequence[Message]) -> None:
        is_printed = target.suffix.lower() == ".pdf"
        images = [image for message in messages for image in message.attachments] if is_printed else []

        def write_with(pictures: Mapping[Digest, bytes]) -> None:
            write = partial(self._write, target, conversation, messages, pictures, folder)
            self._start_writing(write, target)

        self._pictures.make(images, PRINTED_SIZE, write_with)

    def _start_writing(self, write: Callable[[], None], target: Path) -> None:
        self._thread.submit(
            write,
            lambda _: self.exported.emit(target),
            lambda error: self.problem_met.emit(problem_of(error)),
        )
