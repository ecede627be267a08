"""Shows what a report of a problem would hold, word for word, before it is copied."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.ui.buttons import Role
from app.ui.copy_button import copy_button
from app.ui.labels import label
from app.ui.translation import mark, tr

SIZE = 680, 480
_WHAT = mark(
    "This is all that is copied: versions, this machine, changed settings and the end of the log. "
    "It holds no chats, no text, no file names and no keys. Nothing is sent."
)


class DiagnosticsDialog(QDialog):
    """`text` can be read, selected, and copied as a whole."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Diagnostics"))
        self.resize(*SIZE)
        self.text = QPlainTextEdit(text, self)
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(tr("Diagnostics"))
        self.copy = copy_button(tr("Copy"), Role.PRIMARY, parent=self)
        self.copy.clicked.connect(self._on_copy_clicked)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(tr(_WHAT), "hint", wraps=True, parent=self))
        column.addWidget(self.text)
        column.addLayout(row)

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
