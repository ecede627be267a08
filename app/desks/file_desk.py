"""Chats that leave as files, and come back."""

import re
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from app.domain.chat import Conversation
from app.domain.errors import Problem, ProblemKind
from app.services.chat_exporter import ChatExporter
from app.services.chat_importer import ChatImporter
from app.services.chat_session import ChatSession
from app.services.library import Library
from app.ui import words
from app.ui.main_window import MainWindow
from app.ui.translation import mark, tr

_FORMS = {
    "md": mark("Markdown with images"),
    "html": mark("Web page"),
    "pdf": "PDF",
    "json": mark("JSON, to be imported again"),
}


class FileDesk(QObject):
    """Wires the window to what writes and reads chats."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        library: Library,
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
        window.sidebar.conversation_exported.connect(self._on_export_wanted)
        window.menu_button.import_triggered.connect(self._on_import_wanted)
        window.chats_dropped.connect(self._on_chats_dropped)
        exporter.exported.connect(self._on_exported)
        importer.imported.connect(self._on_imported)

    @Slot(str)
    def _on_export_wanted(self, conversation_id: str) -> None:
        conversation = self._library[conversation_id]
        name = re.sub(r"[^\w ().,-]", "_", words.chat_title(conversation))[:80].strip(" .") or tr("Chat")
        forms = ";;".join(f"{tr(form)} (*.{suffix})" for suffix, form in _FORMS.items())
        dialog = QFileDialog(self._window, tr("Export chat"), f"{name}.md", forms)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("md")
        dialog.filterSelected.connect(lambda form: dialog.setDefaultSuffix(form.rsplit(".", 1)[1].rstrip(")")))
        dialog.fileSelected.connect(lambda file: self._exporter.export(conversation, Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot()
    def _on_import_wanted(self) -> None:
        dialog = QFileDialog(self._window, tr("Import a chat"), "", f"{tr('Chats exported as JSON')} (*.json)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda file: self._importer.import_file(Path(file)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(object)
    def _on_chats_dropped(self, files: tuple[Path, ...]) -> None:
        for file in files:
            self._importer.import_file(file)

    @Slot(object)
    def _on_exported(self, target: Path) -> None:
        self._window.notices.show_problem(
            Problem(ProblemKind.EXPORT, tr("The chat was written to “{file}”.", file=target))
        )

    @Slot(object)
    def _on_imported(self, conversation: Conversation) -> None:
        self._session.open(conversation.id)
