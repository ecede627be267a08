"""The temporary chat: begun, kept, or discarded when it is left."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.errors import Problem, problem_of
from app.domain.ids import ConversationId
from app.domain.ports import IGNORE
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_session import ChatSession
from app.services.chat.question_queue import QuestionQueue
from app.services.engines.background import BackgroundThread
from app.services.images.image_importer import ImageImporter


class ImagesOfTheChat(Protocol):
    """The images of temporary chats."""

    @property
    def is_empty(self) -> bool:
        """True if there are none, or all of them were kept."""
        ...

    def keep(self) -> None:
        """Copy them to the stored images; raises StorageError."""
        ...

    def clear(self) -> None:
        """Erase them."""
        ...


class TemporaryChat(QObject):
    """Guards the chat that is shown if it is temporary.

    `leave_asked()` is emitted when it has something to lose: `discard`, `keep` or `stay` is to follow. `problem_met`
    carries why it could not be kept; it is still there then.
    """

    leave_asked = Signal()
    problem_met = Signal(Problem)

    def __init__(
        self,
        session: ChatSession,
        library: ChatLibrary,
        queue: QuestionQueue,
        importer: ImageImporter,
        images: ImagesOfTheChat,
        thread: BackgroundThread,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._library = library
        self._queue = queue
        self._importer = importer
        self._images = images
        self._thread = thread
        self._go: Callable[[], None] | None = None
        """What is to be done once it is decided what becomes of the chat."""
        session.guard = self.leave

    @property
    def is_at_risk(self) -> bool:
        """True if the chat that is shown is temporary and has something to lose."""
        chat = self._session.conversation_id
        has_content = bool(self._session.branch or self._queue.questions(chat)) or not self._session.draft.is_empty
        return self._session.conversation.is_temporary and (has_content or self._importer.has_any(chat))

    @Slot()
    def start(self) -> None:
        """Show an empty temporary chat."""
        self._session.start_new(self._library.new_temporary)

    def leave(self, go: Callable[[], None]) -> None:
        """Call `go` once the chat that is shown is not a temporary one."""
        if self.is_at_risk:
            self._go = go
            self.leave_asked.emit()
            return
        if self._session.conversation.is_temporary:
            self._remove()
        go()

    @Slot()
    def discard(self) -> None:
        """Erase the chat, and leave it."""
        self._remove()
        self._take_go()()

    @Slot()
    def keep(self) -> None:
        """Save the chat like any other, and leave it if that was wanted; an empty one gives way to another."""
        if self.is_at_risk:
            self._keep(self._session.conversation_id, self._take_go())
        elif self._session.conversation.is_temporary:
            self._session.start_new()

    @Slot()
    def stay(self) -> None:
        """Go on with the chat."""
        self._go = None

    def _take_go(self) -> Callable[[], None]:
        go, self._go = self._go, None
        return go or (lambda: None)

    def _remove(self) -> None:
        chat = self._session.conversation_id
        self._importer.cancel_all(chat)
        self._session.delete_all((chat,))
        self._thread.submit(self._images.clear, IGNORE, IGNORE)  # Behind the imports that are being stored.

    def _keep(self, chat: ConversationId, go: Callable[[], None]) -> None:
        self._importer.cancel_all(chat)
        self._session.save_draft()
        self._thread.submit(
            self._images.keep,
            lambda _: self._on_images_kept(chat, go),
            lambda error: self.problem_met.emit(problem_of(error)),
        )

    def _on_images_kept(self, chat: ConversationId, go: Callable[[], None]) -> None:
        self._importer.cancel_all(chat)
        if not self._images.is_empty:  # One has been added meanwhile.
            self._keep(chat, go)
            return
        if self._library.is_temporary(chat):
            self._library.keep(chat)
        go()
