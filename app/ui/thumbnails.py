"""Thumbnails as the window draws them, from the PNGs that the images process made."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPaintEvent, QPixmap, QPolygonF
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
        self._is_video = attachment.is_video
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(tr("Show image {name}", name=attachment.name))
        self.setToolTip(tooltip(f"{attachment.name}\n{words.image_details(attachment)}"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what Qt draws, and upon a film the sign of players."""
        super().paintEvent(event)
        if not self._is_video:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        middle, radius = QRectF(self.rect()).center(), min(self.width(), self.height()) / 4
        painter.drawEllipse(middle, radius, radius)
        painter.setBrush(Qt.GlobalColor.white)
        corners = [QPointF(-0.35, -0.5), QPointF(0.55, 0.0), QPointF(-0.35, 0.5)]
        painter.drawPolygon(QPolygonF([middle + corner * radius for corner in corners]))


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
