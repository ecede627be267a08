"""One image, large."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.domain.attachments import Attachment
from app.ui import words
from app.ui.buttons import Role, button
from app.ui.labels import ElidedLabel, label

SIZE = QSize(820, 680)


class ImageDialog(QDialog):
    """Shows a preview that fits. `read_clicked` carries the Attachment. Esc closes."""

    read_clicked = Signal(object)

    def __init__(self, attachment: Attachment, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.attachment = attachment
        self._pixmap = QPixmap()
        self.setWindowTitle(attachment.name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(SIZE)
        self._picture = QLabel("Opening …", self)
        self._picture.setTextFormat(Qt.TextFormat.PlainText)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._picture.setAccessibleName(f"Image {attachment.name}")
        self.read = button("Read text", Role.SOFT, f"Read the text of {attachment.name}", self)
        self.read.clicked.connect(self._on_read_clicked)
        row = QHBoxLayout()
        row.addWidget(ElidedLabel(attachment.name, self), 1)
        row.addWidget(label(words.image_details(attachment), "muted", parent=self))
        row.addWidget(self.read)
        column = QVBoxLayout(self)
        column.addWidget(self._picture, 1)
        column.addLayout(row)

    def show_preview(self, png: bytes) -> None:
        """Show a PNG that the images process made."""
        self._pixmap.loadFromData(png, "PNG")
        self._fit()

    def show_failure(self, sentence: str) -> None:
        """Say why there is no preview."""
        self._picture.setWordWrap(True)
        self._picture.setText(sentence)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture again."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._pixmap.isNull():
            return
        ratio = self.devicePixelRatioF()
        size = (self._picture.size() * ratio).boundedTo(self._pixmap.size())
        fitted = self._pixmap.scaled(
            size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        fitted.setDevicePixelRatio(ratio)
        self._picture.setPixmap(fitted)

    @Slot()
    def _on_read_clicked(self) -> None:
        self.read_clicked.emit(self.attachment)
        self.close()
