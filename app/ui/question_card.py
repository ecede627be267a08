"""A question of the user's, on the right: images, text."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.domain.attachments import Attachment
from app.domain.chat import Message
from app.ui import words
from app.ui.labels import label
from app.ui.thumbnails import ThumbnailButton, ThumbnailPath

THUMBNAIL = QSize(72, 72)
MAX_WIDTH = 520
THUMBNAILS_IN_A_ROW = 5


class QuestionCard(QWidget):
    """Shows one message that never changes. `image_clicked` carries the Attachment."""

    image_clicked = Signal(object)

    def __init__(self, message: Message, thumbnail_path: ThumbnailPath, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        bubble = QFrame(self)
        bubble.setObjectName("bubble")
        bubble.setMaximumWidth(MAX_WIDTH)
        bubble.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        column = QVBoxLayout(bubble)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for start in range(0, len(message.attachments), THUMBNAILS_IN_A_ROW):
            column.addLayout(self._pictures(message.attachments[start : start + THUMBNAILS_IN_A_ROW], thumbnail_path))
        text = label(message.text, wraps=True, parent=bubble)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName(f"You: {message.text}")
        column.addWidget(text)
        if message.attachments:
            column.addWidget(label(_caption(message.attachments), "muted", wraps=True, parent=bubble))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(bubble, 3)

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
    def _on_picture_clicked(self) -> None:
        self.image_clicked.emit(self.sender().property("attachment"))


def _caption(attachments: tuple[Attachment, ...]) -> str:
    if len(attachments) > 3:
        return words.image_count(len(attachments))
    return "\n".join(f"{attachment.name} · {words.pixels(attachment)}" for attachment in attachments)
