"""Toasts: quiet notices of success at the bottom of a window, which fade by themselves."""

from PySide6.QtCore import QEvent, QObject, QPoint, QPropertyAnimation, QRect, Qt, QTimer, Slot
from PySide6.QtGui import QCursor, QHoverEvent
from PySide6.QtWidgets import QApplication, QGraphicsOpacityEffect, QHBoxLayout, QStyle, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.ui.widgets.discard import discard
from app.ui.widgets.notice import Notice
from app.ui.widgets.notice_box import NoticeBox
from app.ui.widgets.theme import zoomed

SHOWN = 3
"""Maximum number of toasts in a window; the oldest makes way."""
MILLISECONDS, ACTION_MILLISECONDS = 6_000, 20_000
"""Time in milliseconds until a toast fades, and until one with buttons does.

One that is held when its time is over fades MILLISECONDS after it was last seen to be held.
"""
TEXT_WIDTH, MIN_WIDTH, MARGIN, GAP = 420, 260, 16, 8
"""Maximum width of a toast's text, minimum of its place, distance from edges and between toasts, in pixels."""


class Toast(NoticeBox):
    """Emits `dismissed` also when its time is over, which it is not while it is held: see `is_held`.

    Its owner calls `stop` before discarding it.
    """

    def __init__(self, notice: Notice, parent: QWidget) -> None:
        super().__init__(notice, is_dismissible=True, parent=parent)
        self.timer = QTimer(self, singleShot=True)
        self.timer.setInterval(ACTION_MILLISECONDS if notice.actions else MILLISECONDS)
        self.timer.timeout.connect(self._on_due)
        self.timer.start()
        self._fade: QPropertyAnimation | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._pointer = QCursor.pos()
        """Where the pointer was when the toast came; it may lie below it without meaning it."""
        self._is_hovered = False

    def stop(self) -> None:
        """Stop the timer and the fading."""
        self.timer.stop()
        if self._fade:
            self._fade.stop()
            self._fade = None
            self.setGraphicsEffect(None)  # type: ignore[arg-type]  # Removes the effect, whatever the stub says.

    @property
    def is_held(self) -> bool:
        """Whether the mouse is moved over it, it has the focus, or its window is not active, so that nobody reads it.

        A pointer above which the toast appeared, or from which it moved away, does not hold it.
        """
        focus = QApplication.focusWidget()
        has_focus = focus is not None and self.isAncestorOf(focus)
        return self._is_hovered or has_focus or not self.window().isActiveWindow()

    def event(self, event: QEvent) -> bool:
        """Note whether the mouse is moved over it."""
        if isinstance(event, QHoverEvent):
            is_out = event.type() is QEvent.Type.HoverLeave
            self._is_hovered = not is_out and event.globalPosition().toPoint() != self._pointer
        elif event.type() is QEvent.Type.Move:
            self._is_hovered = False  # The next movement of the mouse tells.
        return super().event(event)

    def fit(self, width: int) -> None:
        """Take the size that its text needs, within `width`."""
        self.ensurePolished()
        free = width - (self.minimumSizeHint().width() - self.sentence.minimumWidth())
        text = self.sentence.fontMetrics().horizontalAdvance(self.sentence.text()) + 4
        self.sentence.setFixedWidth(max(1, min(text, zoomed(self, TEXT_WIDTH), free)))
        self._row.activate()
        width = self._row.totalSizeHint().width()
        self.resize(width, self._row.totalHeightForWidth(width))

    def _add_buttons(self) -> None:
        if not self.buttons:
            return
        text, row = QVBoxLayout(), QHBoxLayout()
        self._row.removeWidget(self.sentence)
        text.addWidget(self.sentence)
        text.addLayout(row)
        for made in self.buttons:
            row.addWidget(made)
        row.addStretch(1)
        self._row.addLayout(text, 1)

    @Slot()
    def _on_due(self) -> None:
        milliseconds = fade_milliseconds(self)
        if self.is_held:
            self.timer.start(MILLISECONDS)
        elif not milliseconds:
            self.dismiss()
        else:
            self._begin_to_fade(milliseconds)

    def _begin_to_fade(self, milliseconds: int) -> None:
        effect = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(effect)
        self._fade = QPropertyAnimation(effect, b"opacity", self)
        self._fade.setDuration(milliseconds)
        self._fade.setStartValue(1.0)
        self._fade.setEndValue(0.0)
        self._fade.valueChanged.connect(self._on_fading)
        self._fade.finished.connect(self.dismiss)
        self._fade.start()

    @Slot()
    def _on_fading(self) -> None:
        if self.is_held:
            self.stop()
            self.timer.start(MILLISECONDS)


def fade_milliseconds(toast: Toast) -> int:
    """Return the duration of the fading; 0 if the desktop has animations switched off."""
    return max(0, toast.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, toast))


class Toasts(QObject):
    """Toasts of a window, the newest at the bottom, above the widget `above` if that is shown.

    They do not take the focus; the newest one's buttons are next in the tab order after the focused widget. The window
    is watched only while there are toasts, and they are placed only while it is shown.
    """

    def __init__(self, window: QWidget, above: QWidget | None = None) -> None:
        super().__init__(window)
        self.boxes: list[Toast] = []
        """The newest first."""
        self._window = window
        self._above = above

    def show_notice(self, notice: Notice) -> None:
        """Show a notice; one that is already shown begins anew."""
        self._remove(notice)
        toast = Toast(notice, self._window)
        toast.dismissed.connect(self.dismiss)
        if not self.boxes:
            for watched in self._watched:
                watched.installEventFilter(self)
        self.boxes.insert(0, toast)
        for old in self.boxes[SHOWN:]:
            self._discard(old)
        before = self._window.focusWidget()
        for button in (*toast.buttons, toast.close_button):
            if before is not None:
                QWidget.setTabOrder(before, button)
            before = button
        self._place()
        toast.show()

    @Slot(Notice)
    def dismiss(self, notice: Notice) -> None:
        """Remove a notice if it is still shown."""
        self._remove(notice)
        self._place()

    def clear(self) -> None:
        """Remove all of them."""
        for toast in tuple(self.boxes):
            self._discard(toast)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the toasts in their place."""
        if event.type() in {QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide}:
            self._place()
        return False

    @property
    def _watched(self) -> tuple[QWidget, ...]:
        return (self._window,) if self._above is None else (self._window, self._above)

    def _remove(self, notice: Notice) -> None:
        for toast in [toast for toast in self.boxes if toast.notice == notice]:
            self._discard(toast)

    def _discard(self, toast: Toast) -> None:
        self.boxes.remove(toast)
        toast.stop()
        discard(toast)
        if not self.boxes:
            for watched in self._watched:
                watched.removeEventFilter(self)

    def _place(self) -> None:
        # A dialog's destructor hides it, and only then do its filters end: by then its wrapper is invalid.
        if not isValid(self._window) or not self._window.isVisible():
            return
        area, whole = self._area(), self._whole()
        for toast in self.boxes:
            toast.fit(area.width())
        if self.boxes and self.boxes[0].height() > area.height():
            area.setBottom(whole.bottom())  # Rather over `above` for a moment than not readable.
        bottom = area.bottom()
        for toast in self.boxes:
            top = bottom - toast.height()
            # Of the newest one the text and the button to close it, at the top, are always in the window.
            toast.move(area.center().x() - toast.width() // 2, max(whole.top(), top) if toast is self.boxes[0] else top)
            toast.raise_()
            bottom -= toast.height() + GAP

    def _whole(self) -> QRect:
        return self._window.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)

    def _area(self) -> QRect:
        """The part of the window where toasts may be, in its coordinates."""
        area = self._whole()
        if self._above and self._above.isVisible():
            place = QRect(self._above.mapTo(self._window, QPoint()), self._above.size())
            area.setBottom(place.top() - GAP)
            beside = area.intersected(QRect(place.left(), area.top(), place.width(), area.height()))
            if beside.width() >= zoomed(self._window, MIN_WIDTH):
                area = beside
        return area
