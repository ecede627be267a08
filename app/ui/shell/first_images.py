"""The first image of each chat: asked for when its row is drawn first, several chats at a time."""

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.chat.chat import Conversation
from app.domain.ids import ConversationId
from app.domain.images.attachments import Attachment


class FirstImages(QObject):
    """`wanted(tuple[ConversationId, ...])` requests the images of chats, `changed()` follows when some are known."""

    wanted = Signal(tuple)
    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._known: dict[ConversationId, Attachment] = {}
        self._asked: set[ConversationId] = set()
        self._open: list[ConversationId] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask)

    def of(self, conversation: Conversation) -> Attachment | None:
        """Return a chat's first image; None if it has none, or while it is being asked for."""
        if not conversation.image_count:
            return next(iter(conversation.draft.attachments), None)
        if conversation.id not in self._asked:
            self._asked.add(conversation.id)
            self._open.append(conversation.id)
            self._timer.start(0)
        return self._known.get(conversation.id)

    @Slot(dict)
    def put(self, found: dict[ConversationId, Attachment]) -> None:
        """Take what was asked for."""
        self._known.update(found)
        self.changed.emit()

    @Slot()
    def _ask(self) -> None:
        asked, self._open = self._open, []
        self.wanted.emit(tuple(asked))
