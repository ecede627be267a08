"""Shows and changes the instructions of the chat."""

from functools import partial

from PySide6.QtCore import QObject, Slot

from app.domain.chat.chat import Conversation
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_session import ChatSession
from app.services.models.model_engine import ModelEngine
from app.ui.chat.instructions_dialog import InstructionsDialog
from app.ui.shell.main_window import MainWindow


class InstructionsController(QObject):
    """Wires the window to the instructions of the chat that is shown."""

    def __init__(
        self, window: MainWindow, session: ChatSession, library: ChatLibrary, model: ModelEngine, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._session = session
        self._library = library
        self._model = model
        window.header.instructions.clicked.connect(self._on_wanted)
        window.menu_button.instructions_triggered.connect(self._on_wanted)
        session.conversation_changed.connect(self._on_conversation_changed)

    @Slot()
    def _on_wanted(self) -> None:
        conversation = self._session.conversation
        info = self._model.status.info
        is_demo = info is not None and info.policy.is_placeholder
        dialog = InstructionsDialog(conversation.instructions, is_demo=is_demo, parent=self._window)
        dialog.saved.connect(partial(self._library.set_instructions, conversation))
        dialog.finished.connect(self._window.composer.focus)
        dialog.open()

    @Slot(Conversation)
    def _on_conversation_changed(self, conversation: Conversation) -> None:
        self._window.header.set_instructions(conversation.instructions)
