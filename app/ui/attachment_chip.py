"""An image of the draft, above the text of the composer."""

from pathlib import Path

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.attachments import Attachment
from app.ui import words
from app.ui.buttons import Role, button
from app.ui.labels import ElidedLabel
from app.ui.theme import zoomed
from app.ui.thumbnails import ThumbnailButton

CHIP_WIDTH = 280
THUMBNAIL = QSize(40, 40)


class AttachmentChip(QFrame):
    """Thumbnail, name, size, and buttons to read its text or to take it out. Signals carry the Attachment."""

    image_clicked = Signal(object)
    read_clicked = Signal(object)
    remove_clicked = Signal(object)

    def __init__(
        self, attachment: Attachment, thumbnail: Path, pixel_budget: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.attachment = attachment
        self.setObjectName("chip")
        self.setFixedWidth(zoomed(self, CHIP_WIDTH))
        self.picture = ThumbnailButton(attachment, thumbnail, THUMBNAIL, self)
        name = ElidedLabel(attachment.name, self)
        tokens, sentence = words.seen_by_model(attachment, pixel_budget)
        self.details = ElidedLabel(f"{words.pixels(attachment)} · {tokens}", self)
        self.details.setProperty("role", "muted")
        self.details.setToolTip(f"{words.image_details(attachment)}\n{sentence}")
        self.read = button("Read", Role.LINK, f"Read the text of {attachment.name}", self)
        self.remove = button("×", Role.ICON, f"Remove {attachment.name}", self)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(name)
        texts.addWidget(self.details)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 6, 6, 6)
        row.setSpacing(8)
        row.addWidget(self.picture)
        row.addLayout(texts, 1)
        row.addWidget(self.read)
        row.addWidget(self.remove)
        self.picture.clicked.connect(self._on_picture_clicked)
        self.read.clicked.connect(self._on_read_clicked)
        self.remove.clicked.connect(self._on_remove_clicked)

    @Slot()
    def _on_picture_clicked(self) -> None:
        self.image_clicked.emit(self.attachment)

    @Slot()
    def _on_read_clicked(self) -> None:
        self.read_clicked.emit(self.attachment)

    @Slot()
    def _on_remove_clicked(self) -> None:
        self.remove_clicked.emit(self.attachment)
