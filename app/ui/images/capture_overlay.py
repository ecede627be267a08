"""A dimmed still of one screen, on which the user drags a rectangle."""

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QRegion,
    QScreen,
)
from PySide6.QtWidgets import QWidget

from app.ui.widgets.i18n import mark, tr

MIN_SIDE = 4
"""Minimum side of a rectangle in pixels; anything smaller was a click."""
HINT = mark("Drag to select an area. Press Esc to cancel.")
_VEIL = QColor(0, 0, 0, 120)
_LABEL = QColor(0, 0, 0, 190)


class CaptureOverlay(QWidget):
    """Covers `screen`. `chosen` carries a QRect in the screen's own coordinates, `cancelled` is emitted on cancel."""

    chosen = Signal(QRect)
    cancelled = Signal()

    def __init__(self, screen: QScreen, still: QPixmap) -> None:
        flags = Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint | Qt.WindowType.Tool
        super().__init__(None, flags)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self.setAccessibleName(tr(HINT))
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._still = still
        self._from = self._to = QPoint()
        self._is_dragging = False
        self.setScreen(screen)
        self.setGeometry(screen.geometry())

    def cover(self) -> None:
        """Show in front of everything, including panels."""
        self.showFullScreen()
        self.raise_()
        self.activateWindow()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the still, bright within the rectangle."""
        painter = QPainter(self)
        painter.drawPixmap(self.rect(), self._still)
        area = self._area()
        painter.setClipRegion(self._outside(area))
        painter.fillRect(self.rect(), _VEIL)
        painter.setClipping(False)
        painter.setPen(QGuiApplication.palette().highlight().color())
        if self._is_dragging:
            painter.drawRect(QRectF(area).adjusted(-0.5, -0.5, 0.5, 0.5))
            ratio = self._still.width() / max(self.width(), 1)
            self._write(painter, f"{round(area.width() * ratio)} × {round(area.height() * ratio)}", area.bottomLeft())
        else:
            self._write(painter, tr(HINT), QPoint(24, 24))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a rectangle; the right button cancels."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._from = self._to = event.position().toPoint()
            self._is_dragging = True
        else:
            self.cancelled.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the rectangle follow the pointer."""
        if self._is_dragging:
            self._to = event.position().toPoint()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the rectangle."""
        if not self._is_dragging:
            return
        self._is_dragging = False
        self._to = event.position().toPoint()
        area = self._area()
        if min(area.width(), area.height()) >= MIN_SIDE:
            self.chosen.emit(area)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Cancel on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()

    def _area(self) -> QRect:
        xs, ys = sorted((self._from.x(), self._to.x())), sorted((self._from.y(), self._to.y()))
        return QRect(QPoint(xs[0], ys[0]), QPoint(xs[1], ys[1])) & self.rect()

    def _outside(self, area: QRect) -> QRegion:
        everything = QRegion(self.rect())
        return everything.subtracted(QRegion(area)) if self._is_dragging else everything

    def _write(self, painter: QPainter, text: str, corner: QPoint) -> None:
        metrics = painter.fontMetrics()
        place = QRect(corner + QPoint(0, 6), metrics.size(0, text)).adjusted(0, 0, 16, 8)
        place.moveBottom(min(place.bottom(), self.rect().bottom()))
        place.moveRight(min(place.right(), self.rect().right()))
        painter.fillRect(place, _LABEL)
        painter.setPen(Qt.GlobalColor.white)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
