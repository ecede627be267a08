"""A question of the user's, on the right: images, text, and what else was asked in its place."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.domain.attachments import Attachment
from app.domain.chat import Message
from app.ui import words
from app.ui.branch_switch import BranchSwitch
from app.ui.buttons import Role, button
from app.ui.discard import discard
from app.ui.labels import label
from app.ui.question_editor import QuestionEditor
from app.ui.thumbnails import ThumbnailButton, ThumbnailPath
from app.ui.translation import tr

THUMBNAIL = QSize(72, 72)
MAX_WIDTH = 520
THUMBNAILS_IN_A_ROW = 5


class QuestionCard(QWidget):
    """Shows one message that never changes. `image_clicked` carries the Attachment.

    `edited(id, text)` asks to put another question beside it; the editor stays until the card goes. `reused(text)` asks
    to write its text once more, about other images.
    """

    image_clicked = Signal(object)
    edited = Signal(str, str)
    reused = Signal(str)

    def __init__(self, message: Message, thumbnail_path: ThumbnailPath, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = message
        self.editor: QuestionEditor | None = None
        self.versions = BranchSwitch(self)
        self.edit = button(tr("Edit"), Role.LINK, tr("Change the question and ask again"), self)
        self.edit.clicked.connect(self.open_editor)
        self.reuse = button(
            tr("Reuse"), Role.LINK, tr("Put this question into the composer, to ask it about other images"), self
        )
        self.reuse.clicked.connect(self._on_reuse_clicked)
        bubble = QFrame(self)
        bubble.setObjectName("bubble")
        bubble.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        column = QVBoxLayout(bubble)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for start in range(0, len(message.attachments), THUMBNAILS_IN_A_ROW):
            column.addLayout(self._pictures(message.attachments[start : start + THUMBNAILS_IN_A_ROW], thumbnail_path))
        self._text = label(message.text, wraps=True, parent=bubble)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setAccessibleName(tr("You: {text}", text=message.text))
        column.addWidget(self._text)
        self._column = column
        if message.attachments:
            column.addWidget(label(_caption(message.attachments), "muted", wraps=True, parent=bubble))
        actions = QHBoxLayout()
        actions.setSpacing(12)
        actions.addStretch(1)
        actions.addWidget(self.versions)
        actions.addWidget(self.reuse)
        actions.addWidget(self.edit)
        side = QWidget(self)
        side.setMaximumWidth(MAX_WIDTH)
        right = QVBoxLayout(side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(4)
        right.addWidget(bubble)
        right.addLayout(actions)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(side, 3)

    def _pictures(self, attachments: tuple[Attachment, ...], thumbnail_path: ThumbnailPath) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for attachment in attachments:
            picture = ThumbnailButton(attachment, thumbnail_path(attachment), THUMBNAIL)
            picture.setProperty("attachment", attachment)
            picture.clicked.connect(self._on_picture_clicked)
            row.addWidget(picture)
        row.addStretch(1)
        return row

    @Slot()
    def _on_reuse_clicked(self) -> None:
        self.reused.emit(self.message.text)

    @Slot()
    def open_editor(self) -> None:
        """Let the user write another question in the place of this one."""
        if self.editor is not None:
            self.editor.edit.setFocus()
            return
        self.editor = QuestionEditor(self.message.text, self)
        self.editor.submitted.connect(self._on_submitted)
        self.editor.cancelled.connect(self._on_cancelled)
        self._column.insertWidget(self._column.indexOf(self._text), self.editor)
        self._text.hide()
        self.edit.hide()
        self.editor.edit.setFocus()

    @Slot(str)
    def _on_submitted(self, text: str) -> None:
        self.edited.emit(self.message.id, text)

    @Slot()
    def _on_cancelled(self) -> None:
        if self.editor is not None:
            discard(self.editor)
            self.editor = None
        self._text.show()
        self.edit.show()

    @Slot()
    def _on_picture_clicked(self) -> None:
        self.image_clicked.emit(self.sender().property("attachment"))


def _caption(attachments: tuple[Attachment, ...]) -> str:
    if len(attachments) > 3:
        return words.image_count(len(attachments))
    return "\n".join(f"{attachment.name} · {words.pixels(attachment)}" for attachment in attachments)
