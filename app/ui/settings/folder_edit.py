"""A field for a folder, which is typed or chosen."""

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.ui.widgets import file_dialogs
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import safe, tr


class FolderEdit(QWidget):
    """`edited()` when the user has entered a folder; an empty one stands for the default."""

    edited = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.line = QLineEdit(self)
        self.line.setAccessibleName(safe(name))
        self.line.setPlaceholderText(tr("Default"))
        self.choose = button(tr("Choose…"), Role.PLAIN, tr("Choose a folder for “{name}”", name=name), self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.line, 1)
        row.addWidget(self.choose)
        self.setFocusProxy(self.line)
        self.line.editingFinished.connect(self.edited)
        self.choose.clicked.connect(self._on_choose_clicked)

    @property
    def folder(self) -> str:
        """The folder; empty for the default."""
        return self.line.text()

    def show_folder(self, folder: str) -> None:
        """Show a folder, without emitting `edited`."""
        self.line.setText(folder)

    @Slot()
    def _on_choose_clicked(self) -> None:
        file_dialogs.choose_folder(self.window(), self._name, self._take)

    def _take(self, folder: Path) -> None:
        self.line.setText(str(folder))
        self.edited.emit()
