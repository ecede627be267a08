"""A picture that can be zoomed, panned and rotated, with detections drawn over it; the base of `PageCanvas`."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
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

from app.domain.images.quarter_turns import rotated_box
from app.domain.text.grounding import SCALE, Detection

STEP = 1.25
"""Zoom factor of one notch of the wheel."""
MAX_ZOOM = 16.0
POINT_RADIUS = 6
MAX_LABEL = 40
_PINCH = Qt.GestureType.PinchGesture
MIN_MARKED = 6
"""Minimum side of a selection in screen pixels; anything smaller was a click."""
HINT_MARGIN = 12
_LARGER = frozenset({Qt.Key.Key_Plus, Qt.Key.Key_Equal})
LABEL_ROOM = 3
"""Minimum height of a box, in line heights, for its label to be drawn inside it."""


class ImageCanvas(QWidget):
    """Wheel and pinch zoom at the pointer, dragging moves, a double click toggles between fitted and 1:1.

    The middle button drags, too; + and - zoom. `scale_changed()` when the picture is shown larger or smaller.
    `detection_hovered(int)` carries the number of the detection under the pointer, or -1.
    Dragging with Shift, or after `begin_selecting`, selects an area, Esc ends that: `part_selected(left, top, right,
    bottom)` carries fractions of the upright picture's sides; `selecting_ended()` is emitted if nothing was selected.
    """

    scale_changed = Signal()
    detection_hovered = Signal(int)
    part_selected = Signal(float, float, float, float)
    selecting_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.grabGesture(_PINCH)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._pixmap = QPixmap()
        self.detections: Sequence[Detection] = ()
        self._highlighted = -1
        self._zoom = 0.0
        """Screen pixels per picture pixel, or 0 to fit the picture."""
        self._centre = QPointF(0.5, 0.5)
        """The point in the middle of the view, in fractions of the picture's sides."""
        self._dragged_from: QPoint | None = None
        self._upright = QPixmap()
        self.quarter_turns = 0
        """The displayed rotation in clockwise quarter turns."""
        self._is_selecting = False
        self._selection: tuple[QPointF, QPointF] | None = None
        self._area: Detection | None = None
        """The area that stays marked after it was selected."""
        self._hint = ""
        """What is said over the picture while an area is to be selected."""
        self._reported_scale = 0.0

    def set_picture(self, pixmap: QPixmap) -> None:
        """Show another picture, fitted and upright; a null pixmap for none."""
        self._upright = self._pixmap = pixmap
        self.quarter_turns = 0
        self.end_selecting()
        self.fit()

    def replace_picture(self, pixmap: QPixmap) -> None:
        """Show another version of the same picture, with the same zoom and rotation."""
        self._upright = pixmap
        self._pixmap = pixmap.transformed(QTransform().rotate(90 * self.quarter_turns))
        self.update()

    @Slot()
    def rotate(self) -> None:
        """Rotate the picture by a quarter turn clockwise."""
        self.quarter_turns = (self.quarter_turns + 1) % 4
        self._pixmap = self._upright.transformed(QTransform().rotate(90 * self.quarter_turns))
        self.fit()

    def begin_selecting(self, hint: str) -> None:
        """Let the next drag select an area; `hint` says so over the picture."""
        self._is_selecting, self._hint = True, hint
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocus(Qt.FocusReason.OtherFocusReason)  # For Esc.
        self.update()

    @Slot()
    def end_selecting(self) -> None:
        """Let drags move the picture again, and mark no area any more."""
        self._is_selecting, self._selection, self._area = False, None, None
        self.unsetCursor()
        self.update()
        self.selecting_ended.emit()

    def mark_area(self, left: float, top: float, right: float, bottom: float) -> None:
        """Mark an area, in fractions of the upright picture's sides, until `end_selecting`."""
        left, top, right, bottom = (SCALE * share for share in (left, top, right, bottom))
        self._area = Detection(label="", left=left, top=top, right=right, bottom=bottom, start=0, end=0)
        self.update()

    def picture(self) -> QPixmap:
        """Return the upright picture with its detections drawn on it, in the picture's own pixels."""
        copy = ImageCanvas()
        copy.resize(self._upright.size())
        copy.setPalette(self.palette())
        copy.set_picture(self._upright)
        copy.set_detections(self.detections)
        return copy.grab()

    def set_detections(self, detections: Sequence[Detection]) -> None:
        """Show the detections."""
        self.detections = detections
        self._highlighted = -1
        self.update()

    def set_highlighted(self, number: int) -> None:
        """Highlight one detection; -1 for none."""
        if number != self._highlighted:
            self._highlighted = number
            self.update()

    @Slot()
    def fit(self) -> None:
        """Fit the whole picture into the view."""
        self._zoom, self._centre = 0.0, QPointF(0.5, 0.5)
        self._report_scale()
        self.update()

    @Slot()
    def show_pixels(self) -> None:
        """Show the picture at 1:1, one picture pixel per screen pixel."""
        self._zoom = 1 / self.devicePixelRatioF()
        self._report_scale()
        self.update()

    @Slot()
    def zoom_in(self) -> None:
        """Show the picture one step larger."""
        self._zoom_by(STEP, QPointF(self.rect().center()))

    @Slot()
    def zoom_out(self) -> None:
        """Show the picture one step smaller."""
        self._zoom_by(1 / STEP, QPointF(self.rect().center()))

    @property
    def scale(self) -> float:
        """The present scale in screen pixels per picture pixel."""
        if self._zoom or self._pixmap.isNull():
            return self._zoom
        widths, heights = self.width() / self._pixmap.width(), self.height() / self._pixmap.height()
        return min(widths, heights, 1.0)

    def sizeHint(self) -> QSize:
        """Return a size with room for a picture."""
        return QSize(360, 360)

    def picture_area(self) -> QRectF:
        """Return the picture's rectangle in this widget's coordinates."""
        size = QPointF(self._pixmap.width(), self._pixmap.height()) * self.scale
        corner = QPointF(
            self.width() / 2 - self._centre.x() * size.x(), self.height() / 2 - self._centre.y() * size.y()
        )
        return QRectF(corner.x(), corner.y(), size.x(), size.y())

    def detection_area(self, detection: Detection) -> QRectF:
        """Return a detection's rectangle in this widget's coordinates; a point's is empty."""
        area = self.picture_area()
        upright = (detection.left / SCALE, detection.top / SCALE, detection.right / SCALE, detection.bottom / SCALE)
        left, top, right, bottom = rotated_box(upright, self.quarter_turns)
        return QRectF(
            area.left() + area.width() * left,
            area.top() + area.height() * top,
            area.width() * (right - left),
            area.height() * (bottom - top),
        )

    def detection_at(self, place: QPointF) -> int:
        """Return the number of the smallest detection at a point; -1 if there is none."""
        hits = []
        for number, detection in enumerate(self.detections):
            area = self.detection_area(detection)
            if detection.is_point:
                area.adjust(-POINT_RADIUS, -POINT_RADIUS, POINT_RADIUS, POINT_RADIUS)
            if area.contains(place):
                hits.append((area.width() * area.height(), number))
        return min(hits)[1] if hits else -1

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture and its detections."""
        if self._pixmap.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=self.scale < 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(self.picture_area(), self._pixmap, QRectF(self._pixmap.rect()))
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        for number, detection in enumerate(self.detections):
            self._draw(painter, detection, accent, is_highlighted=number == self._highlighted)
        if self._selection or self._area:
            painter.setPen(QPen(accent, 1.5, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            drawn = QRectF(*self._selection).normalized() if self._selection else None
            painter.drawRect(drawn or (self.detection_area(self._area) if self._area else QRectF()))
        elif self._is_selecting:
            self._draw_hint(painter, accent)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer."""
        if event.angleDelta().y():
            self._zoom_by(STEP ** (event.angleDelta().y() / 120), event.position())
            event.accept()

    def event(self, event: QEvent) -> bool:
        """Zoom by pinching, on a touch screen or touch pad."""
        if isinstance(event, QGestureEvent) and isinstance(pinch := event.gesture(_PINCH), QPinchGesture):
            self._zoom_by(pinch.scaleFactor(), QPointF(self.mapFromGlobal(pinch.centerPoint().toPoint())))
            return True
        if isinstance(event, QNativeGestureEvent) and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom_by(1 + event.value(), event.position())
            return True
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and (self._is_selecting or self._area):
            if event.type() is QEvent.Type.KeyPress:
                self.end_selecting()
            event.accept()  # Also what asks whether it is a shortcut: it does not stop an answer.
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom by keys."""
        if event.key() in _LARGER:
            self.zoom_in()
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom_out()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        is_left = event.button() is Qt.MouseButton.LeftButton
        if self._pixmap.isNull() or not (is_left or event.button() is Qt.MouseButton.MiddleButton):
            return
        if is_left and (self._is_selecting or event.modifiers() & Qt.KeyboardModifier.ShiftModifier):
            self._selection = (event.position(), event.position())
        else:
            self._dragged_from = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the picture, extend the selection, or emit the detection under the pointer."""
        if self._selection:
            self._selection = (self._selection[0], event.position())
            self.update()
        elif self._dragged_from is not None:
            place = event.position().toPoint()
            self._move(QPointF(self._dragged_from - place))
            self._dragged_from = place
        else:
            self._hover(self.detection_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End dragging."""
        self._dragged_from = None
        if self._selection:
            marked = QRectF(*self._selection).normalized() & self.picture_area()
            self.end_selecting()
            if min(marked.width(), marked.height()) >= MIN_MARKED:
                self.part_selected.emit(*self._upright_shares(marked))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Toggle between fitted and 1:1."""
        if self._zoom:
            self.fit()
        else:
            self.show_pixels()

    def leaveEvent(self, event: QEvent) -> None:
        """Clear the detection under the pointer."""
        self._hover(-1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the middle of the view in place."""
        super().resizeEvent(event)
        self._move(QPointF(0, 0))
        self._report_scale()

    def _report_scale(self) -> None:
        if self.scale != self._reported_scale:
            self._reported_scale = self.scale
            self.scale_changed.emit()

    def _zoom_by(self, factor: float, place: QPointF) -> None:
        """Zoom around `place`."""
        if self._pixmap.isNull():
            return
        before = self.picture_area()
        share = place - before.topLeft()
        x, y = share.x() / before.width(), share.y() / before.height()
        self._zoom = min(max(self.scale * factor, self._min_zoom()), MAX_ZOOM)
        after = self.picture_area()
        self._move(QPointF(after.left() + x * after.width(), after.top() + y * after.height()) - place)
        self._report_scale()

    def _hover(self, number: int) -> None:
        if number != self._highlighted:
            self.set_highlighted(number)
            self.detection_hovered.emit(number)

    def _upright_shares(self, marked: QRectF) -> tuple[float, float, float, float]:
        area = self.picture_area()
        left, right = ((x - area.left()) / area.width() for x in (marked.left(), marked.right()))
        top, bottom = ((y - area.top()) / area.height() for y in (marked.top(), marked.bottom()))
        return rotated_box((left, top, right, bottom), -self.quarter_turns)

    def _min_zoom(self) -> float:
        return min(self.width() / self._pixmap.width(), self.height() / self._pixmap.height(), 1.0) / 2

    def _move(self, by: QPointF) -> None:
        """Move the view by `by` screen pixels; its centre stays within the picture."""
        area = self.picture_area()
        if area.width() > 0 and area.height() > 0:
            x = self._centre.x() + by.x() / area.width()
            y = self._centre.y() + by.y() / area.height()
            self._centre = QPointF(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) if self._zoom else QPointF(0.5, 0.5)
        self.update()

    def _draw(self, painter: QPainter, detection: Detection, accent: QColor, *, is_highlighted: bool) -> None:
        area = self.detection_area(detection)
        tint = QColor(accent)
        tint.setAlpha(90 if is_highlighted else 30)
        painter.setPen(QPen(accent, 3 if is_highlighted else 2))
        painter.setBrush(tint)
        if detection.is_point:
            painter.drawEllipse(area.center(), POINT_RADIUS, POINT_RADIUS)
        else:
            painter.drawRoundedRect(area, 3, 3)
        # In a low box, such as around a word, the label would hide the content or the text above.
        has_room = area.height() > LABEL_ROOM * painter.fontMetrics().height()
        if detection.label and (is_highlighted or has_room or detection.is_point):
            self._draw_label(painter, detection.label[:MAX_LABEL], area, accent, is_inside=has_room)

    def _draw_hint(self, painter: QPainter, accent: QColor) -> None:
        area = self.rect().adjusted(HINT_MARGIN, HINT_MARGIN, -HINT_MARGIN, -HINT_MARGIN)
        wraps = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop) | Qt.TextFlag.TextWordWrap.value
        place = painter.boundingRect(area, wraps, self._hint)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawRoundedRect(place.adjusted(-HINT_MARGIN, -4, HINT_MARGIN, 4), 6, 6)
        painter.setPen(self.palette().color(QPalette.ColorRole.HighlightedText))
        painter.drawText(place, wraps, self._hint)

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
