"""Shows and changes the instructions of the chat, and the assistants that hold instructions for any chat."""

from functools import partial

from PySide6.QtCore import QObject, Slot

from app.domain.chat.assistants import Assistant, name_of, with_assistant
from app.domain.chat.chat import Conversation
from app.domain.settings.settings import Settings
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_session import ChatSession
from app.services.models.model_engine import ModelEngine
from app.services.settings.preferences import Preferences
from app.ui.chat.instructions_dialog import InstructionsDialog
from app.ui.shell.main_window import MainWindow


class InstructionsController(QObject):
    """Wires the window to the instructions of the chat that is shown."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        library: ChatLibrary,
        model: ModelEngine,
        preferences: Preferences,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._session = session
        self._library = library
        self._model = model
        self._preferences = preferences
        window.header.instructions.clicked.connect(self._on_wanted)
        window.menu_button.instructions_triggered.connect(self._on_wanted)
        session.conversation_changed.connect(self._show)
        preferences.changed.connect(self._on_settings_changed)

    @Slot()
    def _on_wanted(self) -> None:
        conversation = self._session.conversation
        info = self._model.status.info
        is_demo = info is not None and info.policy.is_placeholder
        assistants = self._preferences.settings.assistants
        dialog = InstructionsDialog(conversation.instructions, assistants, is_demo=is_demo, parent=self._window)
        dialog.assistant_saved.connect(self._on_assistant_saved)
        dialog.assistant_removed.connect(self._on_assistant_removed)
        dialog.saved.connect(partial(self._library.set_instructions, conversation))
        dialog.finished.connect(self._window.composer.focus)
        dialog.open()

    @Slot(Conversation)
    def _show(self, conversation: Conversation) -> None:
        assistant = name_of(conversation.instructions, self._preferences.settings.assistants)
        self._window.header.set_instructions(conversation.instructions, assistant)

    @Slot(Settings)
    def _on_settings_changed(self, _settings: Settings) -> None:
        self._show(self._session.conversation)

    @Slot(Assistant)
    def _on_assistant_saved(self, assistant: Assistant) -> None:
        self._preferences.change(assistants=with_assistant(self._preferences.settings.assistants, assistant))

    @Slot(Assistant)
    def _on_assistant_removed(self, assistant: Assistant) -> None:
        kept = tuple(other for other in self._preferences.settings.assistants if other != assistant)
        self._preferences.change(assistants=kept)
