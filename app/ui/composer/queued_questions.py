"""The questions that wait for the answer that is being written, above the composer."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from app.domain.chat.chat import title_from
from app.domain.chat.queued_questions import QueuedQuestion
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button, icon_button
from app.ui.widgets.discard import discard
from app.ui.widgets.i18n import tr
from app.ui.widgets.icons import Icon
from app.ui.widgets.labels import ElidedLabel, label, one_line

MAX_SHOWN = 3


class QueuedQuestions(QWidget):
    """One bubble for each question, the next one first, of many the first MAX_SHOWN and a menu of the others.

    It is hidden without questions.

    `edit_clicked(id)` puts a question back into the composer, `cancel_clicked(id)` removes it, and `send_clicked()`
    sends those that wait since an answer failed.
    """

    edit_clicked = Signal(str)
    cancel_clicked = Signal(str)
    send_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Queued questions"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._bubbles: list[QWidget] = []
        self._held = QWidget(self)
        self.send = button(tr("Send now"), Role.LINK, tr("Send the queued questions"), self._held)
        self.send.clicked.connect(self.send_clicked)
        row = QHBoxLayout(self._held)
        row.setContentsMargins(12, 0, 12, 0)
        row.addWidget(label(tr("The answer failed. Your queued questions are kept."), "muted", wraps=True), 1)
        row.addWidget(self.send)
        self.more = button("", Role.LINK, tr("Show the other queued questions"), self)
        self.more.clicked.connect(self._on_more_clicked)
        self._hidden: Sequence[QueuedQuestion] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self._held)
        self._column.addWidget(self.more, alignment=Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_questions(self, questions: Sequence[QueuedQuestion], *, is_held: bool) -> None:
        """Show the queued questions of a chat, which are held if the answer before them failed."""
        gone, self._bubbles = self._bubbles, [self._bubble(question) for question in questions[:MAX_SHOWN]]
        for place, bubble in enumerate(self._bubbles):
            self._column.insertWidget(1 + place, bubble)
        for bubble in gone:
            discard(bubble)
        self._hidden = questions[MAX_SHOWN:]
        self.more.setText(tr("and {count} more", count=len(self._hidden)))
        self.more.setVisible(bool(self._hidden))
        self._held.setVisible(is_held)
        self.setVisible(bool(questions))

    @Slot()
    def _on_more_clicked(self) -> None:
        """Show the questions that have no bubble in a menu; one that is chosen is edited."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for question in self._hidden:
            text = one_line(title_from(question.text)).replace("&", "&&")
            menu.addAction(text, partial(self.edit_clicked.emit, question.id))
        menu.popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _bubble(self, question: QueuedQuestion) -> QFrame:
        bubble = QFrame(self)
        bubble.setObjectName("bubble")
        bubble.setAccessibleName(tr("Queued: {text}", text=question.text))
        edit = button(tr("Edit"), Role.LINK, tr("Edit the queued question"), bubble)
        cancel = icon_button(Icon.CLOSE, tr("Remove the queued question"), bubble)
        edit.clicked.connect(partial(self.edit_clicked.emit, question.id))
        cancel.clicked.connect(partial(self.cancel_clicked.emit, question.id))
        row = QHBoxLayout(bubble)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(label(tr("Queued"), "muted", parent=bubble))
        row.addWidget(ElidedLabel(question.text, bubble), 1)
        if question.attachments:
            row.addWidget(label(ui_text.image_count(len(question.attachments)), "muted", parent=bubble))
        row.addWidget(edit)
        row.addWidget(cancel)
        return bubble
