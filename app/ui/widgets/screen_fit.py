"""Keeps windows on the screen: none opens larger than the free area of its screen, nor beside all screens.

Sizes are in device-independent pixels, of which a screen at 200 % has half as many in each direction. A position that
was saved, or in which a window was hidden, may be that of a monitor that is gone.
"""

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QStyle, QWidget

from app.ui.widgets.theme import zoomed


class ScreenFit(QObject):
    """Opens `window` with the size `width` by `height`, or with what it was given later, as far as there is room.

    The size is in pixels of the style sheet: a window is as much larger as its text is.
    """

    def __init__(self, window: QWidget, width: int, height: int) -> None:
        super().__init__(window)
        window.resize(zoomed(window, width), zoomed(window, height))
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit the window before it is shown."""
        if event.type() is QEvent.Type.Show and not event.spontaneous() and isinstance(watched, QWidget):
            self._fit(watched)
        return super().eventFilter(watched, event)

    def _fit(self, window: QWidget) -> None:
        if window.isMaximized() or window.isFullScreen():
            return
        screen = QGuiApplication.screenAt(window.geometry().center()) or window.screen()
        free = screen.availableGeometry()
        free.setTop(free.top() + window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight, None, window))
        window.ensurePolished()
        if layout := window.layout():
            layout.activate()
        if (needed := window.minimumSize()) != needed.boundedTo(free.size()):
            window.setMinimumSize(needed.boundedTo(free.size()))
        fitted = fitting(window.geometry(), free)
        window.resize(fitted.size())
        if window.testAttribute(Qt.WidgetAttribute.WA_Moved):  # Else the window manager finds it a place.
            window.move(fitted.topLeft())


def fitting(window: QRect, free: QRect) -> QRect:
    """Return `window`, made no larger than `free` and moved inside by the shortest way."""
    size = QSize(min(window.width(), free.width()), min(window.height(), free.height()))
    left = max(free.left(), min(window.left(), free.left() + free.width() - size.width()))
    top = max(free.top(), min(window.top(), free.top() + free.height() - size.height()))
    return QRect(left, top, size.width(), size.height())
