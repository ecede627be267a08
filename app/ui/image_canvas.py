"""A picture to look at closely, with the places that an answer names drawn over it."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QSizePolicy, QWidget

from app.domain.grounding import SCALE, Region
from app.domain.quarter_turns import turned_box

STEP = 1.25
"""Zoom of one notch of the wheel."""
MOST_ZOOM = 16.0
POINT_RADIUS = 6
MOST_LABEL = 40
_PINCH = Qt.GestureType.PinchGesture
LEAST_MARKED = 6
"""Pixels of the screen; what is smaller was a click."""
LABEL_ROOM = 3
"""Heights of a line that a box must have for its label to stand in it."""


class ImageCanvas(QWidget):
    """Wheel and two fingers zoom where they are, dragging moves, a double click goes from fitted to 1:1 and back.

    `region_hovered(int)` carries the number of the region under the pointer, or -1. Dragging with Shift, or once
    `begin_selecting` has been called, marks a part: `part_selected(left, top, right, bottom)` in shares of the upright
    picture's sides, or `selecting_ended()` where nothing came of it.
    """

    region_hovered = Signal(int)
    part_selected = Signal(float, float, float, float)
    selecting_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.grabGesture(_PINCH)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._pixmap = QPixmap()
        self._regions: Sequence[Region] = ()
        self._lit = -1
        self._zoom = 0.0
        """Screen pixels for one of the picture, or 0 for as many as fit."""
        self._centre = QPointF(0.5, 0.5)
        """What is in the middle, in shares of the picture's sides."""
        self._dragged_from: QPoint | None = None
        self._upright = QPixmap()
        self.turns = 0
        """Quarter turns clockwise by which the picture is shown turned."""
        self._is_selecting = False
        self._selection: tuple[QPointF, QPointF] | None = None

    def set_picture(self, pixmap: QPixmap) -> None:
        """Show another picture, fitted and upright; a null one for none."""
        self._upright = self._pixmap = pixmap
        self.turns = 0
        self.end_selecting()
        self.fit()

    def replace_picture(self, pixmap: QPixmap) -> None:
        """Show another version of the same picture, as it is shown now."""
        self._upright = pixmap
        self._pixmap = pixmap.transformed(QTransform().rotate(90 * self.turns))
        self.update()

    def turn(self) -> None:
        """Show the picture a quarter turn further clockwise."""
        self.turns = (self.turns + 1) % 4
        self._pixmap = self._upright.transformed(QTransform().rotate(90 * self.turns))
        self.fit()

    def begin_selecting(self) -> None:
        """Let the next drag mark a part."""
        self._is_selecting = True
        self.setCursor(Qt.CursorShape.CrossCursor)

    def end_selecting(self) -> None:
        """Let drags move the picture again."""
        self._is_selecting, self._selection = False, None
        self.unsetCursor()
        self.update()
        self.selecting_ended.emit()

    def picture(self) -> QPixmap:
        """The upright picture with its regions drawn on it, in the picture's own pixels."""
        copy = ImageCanvas()
        copy.resize(self._upright.size())
        copy.setPalette(self.palette())
        copy.set_picture(self._upright)
        copy.set_regions(self._regions)
        return copy.grab()

    def set_regions(self, regions: Sequence[Region]) -> None:
        """Draw these."""
        self._regions = regions
        self._lit = -1
        self.update()

    def set_lit(self, number: int) -> None:
        """Make one region stand out; -1 for none."""
        if number != self._lit:
            self._lit = number
            self.update()

    def fit(self) -> None:
        """Show all of it."""
        self._zoom, self._centre = 0.0, QPointF(0.5, 0.5)
        self.update()

    def show_pixels(self) -> None:
        """One pixel of the picture on one of the screen."""
        self._zoom = 1 / self.devicePixelRatioF()
        self.update()

    @property
    def scale(self) -> float:
        """Screen pixels for one of the picture, as it is shown."""
        if self._zoom or self._pixmap.isNull():
            return self._zoom
        widths, heights = self.width() / self._pixmap.width(), self.height() / self._pixmap.height()
        return min(widths, heights, 1.0)

    def sizeHint(self) -> QSize:
        """Room for a picture."""
        return QSize(360, 360)

    def picture_area(self) -> QRectF:
        """Where the picture is, in this widget's coordinates."""
        size = QPointF(self._pixmap.width(), self._pixmap.height()) * self.scale
        corner = QPointF(
            self.width() / 2 - self._centre.x() * size.x(), self.height() / 2 - self._centre.y() * size.y()
        )
        return QRectF(corner.x(), corner.y(), size.x(), size.y())

    def region_area(self, region: Region) -> QRectF:
        """Where a region is, in this widget's coordinates; a point's area is empty."""
        area = self.picture_area()
        upright = (region.left / SCALE, region.top / SCALE, region.right / SCALE, region.bottom / SCALE)
        left, top, right, bottom = turned_box(upright, self.turns)
        return QRectF(
            area.left() + area.width() * left,
            area.top() + area.height() * top,
            area.width() * (right - left),
            area.height() * (bottom - top),
        )

    def region_at(self, place: QPointF) -> int:
        """The smallest region there; -1 where there is none."""
        hits = []
        for number, region in enumerate(self._regions):
            area = self.region_area(region)
            if region.is_point:
                area.adjust(-POINT_RADIUS, -POINT_RADIUS, POINT_RADIUS, POINT_RADIUS)
            if area.contains(place):
                hits.append((area.width() * area.height(), number))
        return min(hits)[1] if hits else -1

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture and its regions."""
        if self._pixmap.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=self.scale < 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(self.picture_area(), self._pixmap, QRectF(self._pixmap.rect()))
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        for number, region in enumerate(self._regions):
            self._draw(painter, region, accent, is_lit=number == self._lit)
        if self._selection:
            painter.setPen(QPen(accent, 1.5, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(*self._selection).normalized())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom; what is under the pointer stays there."""
        if event.angleDelta().y():
            self._zoom_by(STEP ** (event.angleDelta().y() / 120), event.position())
            event.accept()

    def event(self, event: QEvent) -> bool:
        """Zoom with two fingers, on a screen or on a touch pad."""
        if isinstance(event, QGestureEvent) and isinstance(pinch := event.gesture(_PINCH), QPinchGesture):
            self._zoom_by(pinch.scaleFactor(), QPointF(self.mapFromGlobal(pinch.centerPoint().toPoint())))
            return True
        if isinstance(event, QNativeGestureEvent) and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom_by(1 + event.value(), event.position())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        if event.button() is not Qt.MouseButton.LeftButton or self._pixmap.isNull():
            return
        if self._is_selecting or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._selection = (event.position(), event.position())
        else:
            self._dragged_from = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the picture, mark a part of it, or tell what is under the pointer."""
        if self._selection:
            self._selection = (self._selection[0], event.position())
            self.update()
        elif self._dragged_from is not None:
            place = event.position().toPoint()
            self._move(QPointF(self._dragged_from - place))
            self._dragged_from = place
        else:
            self._hover(self.region_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End dragging."""
        self._dragged_from = None
        if self._selection:
            marked = QRectF(*self._selection).normalized() & self.picture_area()
            self.end_selecting()
            if min(marked.width(), marked.height()) >= LEAST_MARKED:
                self.part_selected.emit(*self._upright_shares(marked))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """From fitted to 1:1 and back."""
        if self._zoom:
            self.fit()
        else:
            self.show_pixels()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._hover(-1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep to the middle."""
        super().resizeEvent(event)
        self._move(QPointF(0, 0))

    def _zoom_by(self, factor: float, place: QPointF) -> None:
        """Zoom; what is at `place` stays there."""
        if self._pixmap.isNull():
            return
        before = self.picture_area()
        share = place - before.topLeft()
        x, y = share.x() / before.width(), share.y() / before.height()
        self._zoom = min(max(self.scale * factor, self._least_zoom()), MOST_ZOOM)
        after = self.picture_area()
        self._move(QPointF(after.left() + x * after.width(), after.top() + y * after.height()) - place)

    def _hover(self, number: int) -> None:
        if number != self._lit:
            self.set_lit(number)
            self.region_hovered.emit(number)

    def _upright_shares(self, marked: QRectF) -> tuple[float, float, float, float]:
        area = self.picture_area()
        left, right = ((x - area.left()) / area.width() for x in (marked.left(), marked.right()))
        top, bottom = ((y - area.top()) / area.height() for y in (marked.top(), marked.bottom()))
        return turned_box((left, top, right, bottom), -self.turns)

    def _least_zoom(self) -> float:
        return min(self.width() / self._pixmap.width(), self.height() / self._pixmap.height(), 1.0) / 2

    def _move(self, by: QPointF) -> None:
        """Show what lies `by` further, in screen pixels; the picture's middle half stays in sight."""
        area = self.picture_area()
        if area.width() > 0 and area.height() > 0:
            x = self._centre.x() + by.x() / area.width()
            y = self._centre.y() + by.y() / area.height()
            self._centre = QPointF(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) if self._zoom else QPointF(0.5, 0.5)
        self.update()

    def _draw(self, painter: QPainter, region: Region, accent: QColor, *, is_lit: bool) -> None:
        area = self.region_area(region)
        tint = QColor(accent)
        tint.setAlpha(90 if is_lit else 30)
        painter.setPen(QPen(accent, 3 if is_lit else 2))
        painter.setBrush(tint)
        if region.is_point:
            painter.drawEllipse(area.center(), POINT_RADIUS, POINT_RADIUS)
        else:
            painter.drawRoundedRect(area, 3, 3)
        # In a low box, around a word say, the label would hide what stands there or above.
        has_room = area.height() > LABEL_ROOM * painter.fontMetrics().height()
        if region.label and (is_lit or has_room or region.is_point):
            self._draw_label(painter, region.label[:MOST_LABEL], area, accent, is_inside=has_room)

    def _draw_label(self, painter: QPainter, text: str, area: QRectF, accent: QColor, *, is_inside: bool) -> None:
        metrics = painter.fontMetrics()
        width, height = metrics.horizontalAdvance(text) + 8, metrics.height() + 2
        top = area.top() if is_inside or area.top() < height else area.top() - height
        left = min(max(area.left(), 0.0), max(0.0, self.width() - width))
        place = QRectF(left, top, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawRoundedRect(place, 3, 3)
        painter.setPen(self.palette().color(QPalette.ColorRole.HighlightedText))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
