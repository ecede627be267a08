"""The pane that shows a page in an export format, to view and copy."""

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from app.ui.widgets.buttons import Role
from app.ui.widgets.copy_button import copy_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.long_words import wrap_mode


class SourcePane(QWidget):
    """Read-only text with a button that copies all of it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit(self)
        self.text.setObjectName("source")
        self.text.setReadOnly(True)
        self.text.setAccessibleName(name)
        self.copy = copy_button(tr("Copy"), Role.SOFT, tr("Copy all"), self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.text, 1)
        column.addWidget(self.copy)
        self.copy.clicked.connect(self._on_copy_clicked)

    def set_source(self, text: str) -> None:
        """Show a text; the scroll position stays."""
        if text != self.text.toPlainText():
            self.text.setWordWrapMode(wrap_mode(text))
            self.text.setPlainText(text)

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
