"""Asks for the password of a document. It is passed on, and not stored."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from app.domain.errors import Problem
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import label
from app.ui.widgets.problem_text import translated
from app.ui.widgets.window_keys import add_close_key
from app.ui.widgets.zoomed_width import ZoomedWidth

WIDTH = 360


class PasswordDialog(QDialog):
    """`entered` carries the password; Cancel rejects."""

    entered = Signal(str)

    def __init__(self, problem: Problem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Password"))
        self.field = QLineEdit(self)
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setAccessibleName(tr("Password"))
        buttons = QDialogButtonBox(self)
        self.open_button = buttons.addButton(tr("Open"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.open_button.setEnabled(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addWidget(label(translated(problem).what, "", wraps=True, parent=self))
        column.addWidget(self.field)
        column.addWidget(buttons)
        ZoomedWidth(self, self.setMinimumWidth, WIDTH)
        add_close_key(self)
        self.field.textChanged.connect(self._on_text_changed)
        buttons.accepted.connect(self._on_accepted)
        buttons.rejected.connect(self.reject)

    @Slot(str)
    def _on_text_changed(self, text: str) -> None:
        self.open_button.setEnabled(bool(text))

    @Slot()
    def _on_accepted(self) -> None:
        self.accept()
        self.entered.emit(self.field.text())
