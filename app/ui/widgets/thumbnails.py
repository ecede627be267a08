"""Drawing of thumbnails, from the PNGs that the image decoder process made."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QImageReader, QPainter, QPainterPath, QPaintEvent, QPixmap, QPolygonF
from PySide6.QtWidgets import QPushButton, QWidget

from app.domain.images.attachments import Attachment
from app.regular_files import read_regular
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import joined, tr
from app.ui.widgets.labels import tooltip
from app.ui.widgets.theme import zoomed

ThumbnailPath = Callable[[Attachment], Path]
"""Returns the path of an attachment's thumbnail; the file may be missing."""

RADIUS = 6
MAX_BYTES = 64 * 1024 * 1024
"""Maximum size of a thumbnail's file."""
MAX_PIXELS = 4096
"""Maximum side of a thumbnail in pixels; the image decoder process makes far smaller ones."""


class ThumbnailButton(QPushButton):
    """A thumbnail that opens its image when clicked. `size` is in pixels at a zoom of 100 %."""

    def __init__(self, attachment: Attachment, path: Path, size: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("thumbnail")
        self._pixmap = thumbnail(path)
        self._unzoomed = size
        self._fit()
        self._is_video = attachment.is_video
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(tr("Show image {name}", name=attachment.name))
        self.setToolTip(tooltip(joined("\n", (attachment.name, ui_text.image_details(attachment)))))

    def changeEvent(self, event: QEvent) -> None:
        """Resize when the zoom has changed."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange:
            self._fit()

    def _fit(self) -> None:
        size = QSize(zoomed(self, self._unzoomed.width()), zoomed(self, self._unzoomed.height()))
        if size != self.iconSize():
            self.setFixedSize(size)
            self.setIconSize(size)
            self.setIcon(QIcon(rounded(self._pixmap, size, self.devicePixelRatioF())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button, and a play symbol over a video."""
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


def thumbnail(path: Path) -> QPixmap:
    """Load the PNG at `path` as a pixmap; see `thumbnail_image`."""
    return QPixmap.fromImage(thumbnail_image(path))


def thumbnail_image(path: Path) -> QImage:
    """Load the PNG at `path`, on any thread; null if it is missing, no PNG, or larger than a thumbnail can be.

    Qt would otherwise try all of its decoders on the output of the image decoder process, which opens untrusted files.
    """
    buffer = QBuffer()
    try:
        buffer.setData(read_regular(path, MAX_BYTES))
    except OSError:
        return QImage()
    reader = QImageReader(buffer, QByteArray(b"PNG"))
    reader.setDecideFormatFromContent(False)
    reader.setAutoDetectImageFormat(False)
    size = reader.size()
    if not size.isValid() or max(size.width(), size.height()) > MAX_PIXELS:
        return QImage()
    return reader.read()


def rounded(pixmap: QPixmap, size: QSize, ratio: float) -> QPixmap:
    """Return all of `pixmap` as `rounded_image` draws it."""
    return QPixmap.fromImage(rounded_image(pixmap.toImage(), size, ratio))


def rounded_image(image: QImage, size: QSize, ratio: float) -> QImage:
    """Return all of `image`, as large as fits into `size`, with round corners, on any thread; transparent if null."""
    target = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    target.setDevicePixelRatio(ratio)
    target.fill(Qt.GlobalColor.transparent)
    if image.isNull():
        return target
    fitted = image.scaled(size * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    fitted.setDevicePixelRatio(ratio)
    place = QRectF(QPointF(), fitted.deviceIndependentSize())
    place.moveCenter(QRectF(QPointF(), size).center())
    painter = QPainter(target)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline = QPainterPath()
    outline.addRoundedRect(place, RADIUS, RADIUS)
    painter.setClipPath(outline)
    painter.drawImage(place.topLeft(), fitted)
    painter.end()
    return target
