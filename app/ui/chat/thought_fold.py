"""The reasoning before an answer, folded away under one line that says how long it took."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout, QWidget

from app.domain.chat.chat import Message, MessageState
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import safe, tr
from app.ui.widgets.labels import tooltip

MAX_LINES = 12
"""Maximum number of lines that are shown at once; the rest is scrolled to."""


def no_answer(message: Message) -> str:
    """Return what to say of an answer that has ended with its reasoning; empty for any other."""
    if message.thought is None or message.text or message.state is MessageState.STREAMING:
        return ""
    if message.state is MessageState.COMPLETE:
        return tr("The model thought, but gave no answer. Press Regenerate to ask again.")
    return tr("The model was still thinking, so there is no answer yet. Press Continue to let it finish.")


class ThoughtFold(QWidget):
    """Shows a message's `thought`, if the user unfolds it; it stays unfolded while it grows."""

    def __init__(self, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = ""
        self.toggle = button("", Role.LINK, parent=self)
        self.toggle.setObjectName("thoughtToggle")
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(self._on_toggled)
        self.text = _ThoughtText(self)
        self.text.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 6)
        column.setSpacing(4)
        column.addWidget(self.toggle, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.text)
        self.show_thought(message)

    def show_thought(self, message: Message) -> None:
        """Show the thought's present state."""
        thought = message.thought
        if thought is None:
            return
        self._line = _line(message)
        self.text.show_text(safe(thought.text), follows=message.state is MessageState.STREAMING)
        self._update_toggle()

    @Slot()
    def _on_toggled(self) -> None:
        self.text.setVisible(self.toggle.isChecked())
        self._update_toggle()

    def _update_toggle(self) -> None:
        is_unfolded = self.toggle.isChecked()
        arrow = "▾" if is_unfolded else "◂" if self.isRightToLeft() else "▸"
        self.toggle.setText(f"{arrow} {self._line}")
        self.toggle.setAccessibleName(self._line)
        purpose = tr("Hide the reasoning") if is_unfolded else tr("Show the reasoning")
        self.toggle.setAccessibleDescription(purpose)
        self.toggle.setToolTip(tooltip(purpose))


class _ThoughtText(QPlainTextEdit):
    """A growing text, as high as its lines, up to MAX_LINES. Qt lays out only the lines that it shows."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("thought")
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName(tr("Reasoning"))
        self._shown = ""

    def show_text(self, text: str, *, follows: bool) -> None:
        """Show `text`; a selection stays if it has only grown. If it `follows`, its end stays in view."""
        if text == self._shown:
            return
        bar = self.verticalScrollBar()
        is_at_end = bar.value() == bar.maximum()
        if text.startswith(self._shown):
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[len(self._shown) :])
        else:
            self.setPlainText(text)
        self._shown = text
        self._fit()
        if follows and is_at_end:
            bar.setValue(bar.maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the height to the lines at another width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        margin = round(2 * self.document().documentMargin())
        lines = min(MAX_LINES, max(1, round(self.document().size().height())))
        height = lines * self.fontMetrics().lineSpacing() + margin
        if height != self.height():
            self.setFixedHeight(height)


def _line(message: Message) -> str:
    """Return how long the reasoning before an answer took, or has taken so far."""
    time = ui_text.seconds(message.thought.seconds if message.thought else 0)
    is_thinking = message.state is MessageState.STREAMING and not message.text
    return tr("Thinking for {time}…", time=time) if is_thinking else tr("Thought for {time}", time=time)
