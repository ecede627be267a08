"""A dialog that shows a long text verbatim, and copies it as a whole."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.ui.widgets.buttons import Role
from app.ui.widgets.copy_button import copy_button
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.window_keys import add_close_key

SIZE = 680, 480


class TextDialog(QDialog):
    """`text` can be read, selected, and copied as a whole; `about` is shown above it."""

    def __init__(self, title: str, about: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        ScreenFit(self, *SIZE)
        add_close_key(self)
        self.text = QPlainTextEdit(text, self)
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(title)
        self.copy = copy_button(tr("Copy"), Role.PRIMARY, parent=self)
        self.copy.clicked.connect(self._on_copy_clicked)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(about, "hint", wraps=True, parent=self))
        column.addWidget(self.text)
        column.addLayout(row)

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
