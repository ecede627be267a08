"""Exports chats to files, and imports them."""

import re
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.domain.chat.chat import Conversation
from app.domain.ids import ConversationId
from app.services.chat.chat_exporter import ChatExporter
from app.services.chat.chat_importer import ChatImporter
from app.services.chat.chat_library import ChatLibrary
from app.services.chat.chat_session import ChatSession
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import file_dialogs, ui_text
from app.ui.widgets.i18n import mark, tr
from app.ui.widgets.saved_notice import show_saved

_FORMS = {
    ".md": mark("Markdown with images"),
    ".html": mark("Web page"),
    ".pdf": "PDF",
    ".json": mark("JSON (can be imported again)"),
}


class FileController(QObject):
    """Wires the window to the exporter and the importer of chats."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        library: ChatLibrary,
        exporter: ChatExporter,
        importer: ChatImporter,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._session = session
        self._library = library
        self._exporter = exporter
        self._importer = importer
        window.sidebar.menus.exported.connect(self._on_export_wanted)
        window.menu_button.import_triggered.connect(self._on_import_wanted)
        window.chats_dropped.connect(self._on_chats_dropped)
        exporter.exported.connect(self._on_exported)
        importer.imported.connect(self._on_imported)

    @Slot(str)
    def _on_export_wanted(self, conversation_id: ConversationId) -> None:
        conversation = self._library[conversation_id]
        name = re.sub(r"[^\w ().,-]", "_", ui_text.chat_title(conversation))[:80].strip(" .") or tr("Chat")
        forms = {suffix: tr(form) for suffix, form in _FORMS.items()}
        folder = self._library.folders.name(conversation.folder_id)
        export = partial(self._exporter.export, conversation, folder)
        file_dialogs.save_file(self._window, tr("Export chat"), f"{name}.md", export, forms)

    @Slot()
    def _on_import_wanted(self) -> None:
        wanted = file_dialogs.patterns(tr("Chats exported as JSON"), (".json",))
        file_dialogs.open_file(self._window, tr("Import a chat"), self._importer.import_file, wanted)

    @Slot(tuple)
    def _on_chats_dropped(self, files: tuple[Path, ...]) -> None:
        for file in files:
            self._importer.import_file(file)

    @Slot(Path)
    def _on_exported(self, target: Path) -> None:
        show_saved(self._window.notices, target, tr("The chat was exported to “{file}”.", file=target))

    @Slot(Conversation)
    def _on_imported(self, conversation: Conversation) -> None:
        self._session.open(conversation.id)
