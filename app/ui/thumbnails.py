"""Thumbnails as the window draws them, from the PNGs that the images process made."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QPushButton, QWidget

from app.domain.attachments import Attachment
from app.ui import words
from app.ui.labels import tooltip
from app.ui.translation import tr

ThumbnailPath = Callable[[Attachment], Path]
"""Where an attachment's thumbnail lies; the file may be missing."""

RADIUS = 6


class ThumbnailButton(QPushButton):
    """An image that opens when it is clicked."""

    def __init__(self, attachment: Attachment, path: Path, size: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("thumbnail")
        self.setFixedSize(size)
        self.setIconSize(size)
        self.setIcon(QIcon(rounded(QPixmap(str(path)), size, self.devicePixelRatioF())))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(tr("Show image {name}", name=attachment.name))
        self.setToolTip(tooltip(f"{attachment.name}\n{words.image_details(attachment)}"))


def rounded(pixmap: QPixmap, size: QSize, ratio: float) -> QPixmap:
    """The middle of `pixmap`, filling `size` with round corners; transparent where there is no picture."""
    target = QPixmap(size * ratio)
    target.setDevicePixelRatio(ratio)
    target.fill(Qt.GlobalColor.transparent)
    if pixmap.isNull():
        return target
    filling = pixmap.scaled(
        size * ratio, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    filling.setDevicePixelRatio(ratio)
    painter = QPainter(target)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline = QPainterPath()
    outline.addRoundedRect(0, 0, size.width(), size.height(), RADIUS, RADIUS)
    painter.setClipPath(outline)
    left = (size.width() - filling.width() / ratio) / 2
    painter.drawPixmap(round(left), 0, filling)
    painter.end()
    return target
