"""The dialog for a chat's instructions."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QInputDialog, QPlainTextEdit, QVBoxLayout, QWidget

from app.domain.chat.assistants import MAX_NAME_CHARS, Assistant, with_assistant
from app.domain.chat.chat import MAX_INSTRUCTIONS
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.i18n import mark, sentences, tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import label, one_line
from app.ui.widgets.screen_fit import ScreenFit
from app.ui.widgets.window_keys import add_close_key

SIZE = 560, 440
_DEMO = mark("The demo model ignores them.")
_ABOUT = mark("The model is given them before every answer in this chat, such as: “Answer in German, in one sentence.”")


class InstructionsDialog(QDialog):
    """A text that can be edited and saved. `saved(str)` carries it, without blanks around it.

    `assistants` offers texts by name; `assistant_saved(Assistant)` and `assistant_removed(Assistant)` when the user
    saves the text under a name, or removes one. `is_demo` tells that the demo model, which is open, ignores the text.
    """

    saved = Signal(str)
    assistant_saved = Signal(Assistant)
    assistant_removed = Signal(Assistant)

    def __init__(
        self,
        text: str,
        assistants: Sequence[Assistant] = (),
        *,
        is_demo: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Instructions for this chat"))
        ScreenFit(self, *SIZE)
        add_close_key(self)
        self._assistants = tuple(assistants)
        self.assistant = QComboBox(self)
        self.assistant.setAccessibleName(tr("Assistant"))
        self.remove = icon_button(Icon.CLOSE, tr("Remove this assistant"), self)
        self.edit = QPlainTextEdit(text, self)
        self.edit.setAccessibleName(tr("Instructions for this chat"))
        self.edit.setObjectName("instructionsEdit")
        self.edit.setTabChangesFocus(True)
        self.problem = label("", "warning", wraps=True, parent=self)
        self.problem.hide()
        self.save = button(tr("Save"), Role.PRIMARY, tr("Save the instructions"), self)
        self.cancel = button(tr("Cancel"), Role.PLAIN, tr("Discard the changes"), self)
        about = tr("Save these instructions under a name, for other chats")
        self.save_assistant = button(tr("Save as assistant…"), Role.PLAIN, about, self)
        for each in (self.save, self.cancel, self.save_assistant):
            each.setAutoDefault(True)  # Enter presses the one that has the focus.
        self._lay_out(is_demo=is_demo)
        self._show_assistants()
        self.assistant.activated.connect(self._on_assistant_chosen)
        self.edit.textChanged.connect(self._show_chosen)
        self.remove.clicked.connect(self._on_remove_clicked)
        self.save.clicked.connect(self._on_save_clicked)
        self.save_assistant.clicked.connect(self._on_save_assistant_clicked)
        self.cancel.clicked.connect(self.reject)
        self.edit.setFocus()

    def _lay_out(self, *, is_demo: bool) -> None:
        choice, row = QHBoxLayout(), QHBoxLayout()
        choice.setSpacing(8)
        choice.addWidget(self.assistant, 1)
        choice.addWidget(self.remove)
        row.setSpacing(8)
        row.addWidget(self.save_assistant)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 20)
        column.setSpacing(12)
        column.addWidget(label(sentences(tr(_ABOUT), tr(_DEMO) if is_demo else ""), "hint", wraps=True, parent=self))
        column.addLayout(choice)
        column.addWidget(self.edit, 1)
        column.addWidget(self.problem)
        column.addLayout(row)

    @property
    def _text(self) -> str:
        return self.edit.toPlainText().strip()

    def _show_assistants(self) -> None:
        self.assistant.clear()
        self.assistant.addItem(tr("No assistant"))
        for assistant in self._assistants:
            self.assistant.addItem(one_line(assistant.name))
        self.assistant.setVisible(bool(self._assistants))
        self._show_chosen()

    @Slot()
    def _show_chosen(self) -> None:
        """Choose the assistant that has the text."""
        texts = [assistant.instructions for assistant in self._assistants]
        row = texts.index(self._text) + 1 if self._text in texts else 0
        self.assistant.setCurrentIndex(row)
        self.remove.setVisible(row > 0)
        self.save_assistant.setEnabled(bool(self._text) and not row)

    @Slot(int)
    def _on_assistant_chosen(self, row: int) -> None:
        self.edit.setPlainText(self._assistants[row - 1].instructions if row else "")

    @Slot()
    def _on_remove_clicked(self) -> None:
        removed = self._assistants[self.assistant.currentIndex() - 1]
        self._assistants = tuple(assistant for assistant in self._assistants if assistant != removed)
        self.assistant_removed.emit(removed)
        self._show_assistants()

    @Slot()
    def _on_save_assistant_clicked(self) -> None:
        if not self._is_short():
            return
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(tr("Save as assistant"))
        dialog.setLabelText(tr("Name of the assistant"))
        dialog.textValueSelected.connect(self._on_named)
        dialog.open()

    @Slot(str)
    def _on_named(self, given: str) -> None:
        if name := " ".join(given.split())[:MAX_NAME_CHARS]:
            assistant = Assistant(name, self._text)
            self._assistants = with_assistant(self._assistants, assistant)
            self.assistant_saved.emit(assistant)
            self._show_assistants()

    def _is_short(self) -> bool:
        """Return whether the text is short enough, and say so if it is not."""
        if len(self._text) <= MAX_INSTRUCTIONS:
            return True
        long = tr("The instructions have {count} characters.", count=ui_text.number(len(self._text)))
        todo = tr("Shorten them to {most}.", most=ui_text.number(MAX_INSTRUCTIONS))
        self.problem.setText(f"{long} {todo}")
        self.problem.show()
        return False

    @Slot()
    def _on_save_clicked(self) -> None:
        if self._is_short():
            self.saved.emit(self._text)
            self.accept()
