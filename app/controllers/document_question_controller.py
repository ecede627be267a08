"""Takes a page, or a whole document, from its window into the draft of a new chat."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.chat.chat import Conversation
from app.domain.chat.new_messages import new_conversation
from app.domain.ids import ConversationId
from app.services.chat.chat_session import ChatSession
from app.services.documents.document_session import DocumentSession
from app.services.images.image_importer import ImageImporter
from app.ui.documents.document_window import DocumentWindow
from app.ui.shell.main_window import MainWindow


class DocumentQuestionController(QObject):
    """Wires "Ask" in the document window to the chat; a temporary chat that would be lost asks first."""

    def __init__(
        self,
        main: MainWindow,
        window: DocumentWindow,
        document: DocumentSession,
        chat: ChatSession,
        importer: ImageImporter,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._main = main
        self._document = document
        self._chat = chat
        self._importer = importer
        window.page_asked_about.connect(self._on_page_asked_about)
        window.document_asked_about.connect(self._on_document_asked_about)

    @Slot(int)
    def _on_page_asked_about(self, number: int) -> None:
        document = self._document
        if document.page_count == 1:
            self._on_document_asked_about()
            return
        path, name, password = document.path, document.name, document.password
        self._begin(lambda chat_id: self._importer.import_page(path, number, chat_id, name, password))

    @Slot()
    def _on_document_asked_about(self) -> None:
        path, name, password = self._document.path, self._document.name, self._document.password
        self._begin(lambda chat_id: self._importer.import_file(path, chat_id, name, password))

    def _begin(self, add: Callable[[ConversationId], None]) -> None:
        """Show a new chat, and then add to its draft; the chat that is shown may have to be left first."""

        def create() -> Conversation:
            chat = new_conversation()
            QTimer.singleShot(0, self, partial(self._add, add, chat.id))
            return chat

        self._main.come_forward()
        self._chat.start_new(create)

    def _add(self, add: Callable[[ConversationId], None], chat_id: ConversationId) -> None:
        add(chat_id)
        self._main.panes.show_chat()
        self._main.composer.focus()
