"""A page written down in some format, to be looked at and copied."""

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from app.ui.buttons import Role, button
from app.ui.translation import tr


class SourcePane(QWidget):
    """Read-only text with a button that copies all of it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit(self)
        self.text.setObjectName("source")
        self.text.setReadOnly(True)
        self.text.setAccessibleName(name)
        self.copy = button(tr("Copy"), Role.SOFT, tr("Copy all of it"), self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.text, 1)
        column.addWidget(self.copy)
        self.copy.clicked.connect(self._on_copy_clicked)

    def set_source(self, text: str) -> None:
        """Show this; the place that is looked at stays."""
        if text != self.text.toPlainText():
            self.text.setPlainText(text)

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
