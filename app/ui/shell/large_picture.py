"""A picture as large as its place allows, which opens its image when clicked."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPalette, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from app.domain.images.attachments import Attachment
from app.ui.widgets import ui_text
from app.ui.widgets.i18n import joined, tr
from app.ui.widgets.labels import tooltip
from app.ui.widgets.theme import zoomed

MIN_HEIGHT = 80
RADIUS = 10
UNLIMITED = 16_777_215
"""Qt's own maximum height of a widget, in pixels."""
SAME_SHAPE = 0.1
"""Maximum difference of two pictures' widths per height that are of the same image."""


class LargePicture(QAbstractButton):
    """Shows a pixmap, fitted and never enlarged; its place stays the same while a better pixmap is made."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(tr("Image"))
        self._size = QSize()
        self._pixmap = self._scaled = QPixmap()

    def show_picture(self, attachment: Attachment, pixmap: QPixmap) -> None:
        """Show an image as far as it is known: `pixmap` may be a thumbnail, or null."""
        self._size = QSize(attachment.width, attachment.height)
        self._pixmap, self._scaled = pixmap, QPixmap()
        self.setAccessibleName(tr("Show image {name}", name=attachment.name))
        self.setToolTip(tooltip(joined("\n", (attachment.name, ui_text.image_details(attachment)))))
        self._fit_height()
        self.update()

    @property
    def picture_area(self) -> QRectF:
        """The picture's rectangle in this widget's coordinates."""
        area = QRectF(QPointF(), self._fitting(self.size()))
        area.moveCenter(QRectF(self.rect()).center())
        return area

    def sizeHint(self) -> QSize:
        """Return the image's own size."""
        return self._size.expandedTo(self.minimumSizeHint())

    def minimumSizeHint(self) -> QSize:
        """Return a height at which an image can be told from another."""
        return QSize(0, zoomed(self, MIN_HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture with round corners and a hairline, or with a line of the accent if it has the focus."""
        area = self.picture_area
        if area.isEmpty():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.save()
        painter.setClipPath(outline)
        if not self._pixmap.isNull():
            painter.drawPixmap(area.topLeft(), self._fitted(area))
        painter.restore()
        role = QPalette.ColorRole.Highlight if self.hasFocus() or self.underMouse() else QPalette.ColorRole.Mid
        painter.setPen(QPen(QColor(self.palette().color(role)), 1.0))
        painter.drawPath(outline)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take no more height than the picture needs, so that what is below stays near it."""
        super().resizeEvent(event)
        self._fit_height()

    def _fit_height(self) -> None:
        self.setMaximumHeight(
            max(self._fitting(QSize(self.width(), UNLIMITED)).height(), self.minimumSizeHint().height())
        )

    def _fitting(self, room: QSize) -> QSize:
        """Return the size of the picture in a room, at most its own."""
        # A video's pixmap is a sheet of its frames.
        is_same_shape = self._pixmap.isNull() or abs(_shape(self._pixmap.size()) - _shape(self._size)) < SAME_SHAPE
        size = self._size if is_same_shape else self._pixmap.size()
        return size.scaled(room.boundedTo(size), Qt.AspectRatioMode.KeepAspectRatio)

    def _fitted(self, area: QRectF) -> QPixmap:
        """Return the pixmap in the screen's pixels; it is scaled once for each size."""
        ratio = self.devicePixelRatioF()
        size = (area.size() * ratio).toSize()
        if self._scaled.size() != size:
            self._scaled = self._pixmap.scaled(
                size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            self._scaled.setDevicePixelRatio(ratio)
        return self._scaled


def _shape(size: QSize) -> float:
    return size.width() / max(1, size.height())
