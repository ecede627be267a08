"""The dialog for a chat's instructions."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.domain.chat.chat import MAX_INSTRUCTIONS
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import mark, sentences, tr
from app.ui.widgets.labels import label
from app.ui.widgets.screen_fit import ScreenFit

SIZE = 560, 400
_DEMO = mark("The demo model ignores them.")
_ABOUT = mark("The model is given them before every answer in this chat, such as: “Answer in German, in one sentence.”")


class InstructionsDialog(QDialog):
    """A text that can be edited and saved. `saved(str)` carries it, without blanks around it.

    `is_demo` tells that the demo model, which is open, ignores it.
    """

    saved = Signal(str)

    def __init__(self, text: str, *, is_demo: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Instructions for this chat"))
        ScreenFit(self, *SIZE)
        self.edit = QPlainTextEdit(text, self)
        self.edit.setAccessibleName(tr("Instructions for this chat"))
        self.edit.setTabChangesFocus(True)
        self.problem = label("", "warning", wraps=True, parent=self)
        self.problem.hide()
        self.save = button(tr("Save"), Role.PRIMARY, tr("Save the instructions"), self)
        self.cancel = button(tr("Cancel"), Role.PLAIN, tr("Discard the changes"), self)
        for each in (self.save, self.cancel):
            each.setAutoDefault(True)  # Enter presses the one that has the focus.
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(sentences(tr(_ABOUT), tr(_DEMO) if is_demo else ""), "hint", wraps=True, parent=self))
        column.addWidget(self.edit, 1)
        column.addWidget(self.problem)
        column.addLayout(row)
        self.save.clicked.connect(self._on_save_clicked)
        self.cancel.clicked.connect(self.reject)
        self.edit.setFocus()

    @Slot()
    def _on_save_clicked(self) -> None:
        text = self.edit.toPlainText().strip()
        if len(text) > MAX_INSTRUCTIONS:
            long = tr("The instructions have {count} characters.", count=ui_text.number(len(text)))
            todo = tr("Shorten them to {most}.", most=ui_text.number(MAX_INSTRUCTIONS))
            self.problem.setText(f"{long} {todo}")
            self.problem.show()
        else:
            self.saved.emit(text)
            self.accept()
