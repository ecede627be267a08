"""Scrolls what does not fit into a low window, at a large zoom, instead of squeezing it until parts overlap."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget

MIN_LINES = 3
"""Minimum height, in lines of text."""


class ScrollIfLow(QScrollArea):
    """As high as its content, if there is room for that."""

    def __init__(self, content: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("scrollIfLow")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self._content = content
        self.setWidget(content)
        for part in (self.viewport(), content):  # The ground is that of what is around.
            part.setAutoFillBackground(False)
        self.verticalScrollBar().rangeChanged.connect(self._show_focused)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for another height when the content does."""
        if watched is self._content and event.type() is QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._choose_bar()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the scroll bar only if the content is too high without one."""
        super().resizeEvent(event)
        self._choose_bar()

    def hasHeightForWidth(self) -> bool:
        """Return whether the content's height depends on its width."""
        return self._content.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        """Return the content's height."""
        return self._content.heightForWidth(width)

    def sizeHint(self) -> QSize:
        """Return the content's size."""
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the content's minimum width, and the height of some lines."""
        lines = MIN_LINES * self.fontMetrics().lineSpacing()
        return QSize(self._content.minimumSizeHint().width(), min(lines, self._content.minimumSizeHint().height()))

    def _choose_bar(self) -> None:
        """Qt keeps a bar for content that is too high beside it, and would not be without it."""
        room = self.maximumViewportSize()
        fits = self.hasHeightForWidth() and self.heightForWidth(room.width()) <= room.height()
        policies = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(policies.ScrollBarAlwaysOff if fits else policies.ScrollBarAsNeeded)

    @Slot()
    def _show_focused(self) -> None:
        """Keep the field that is typed into on the screen."""
        focused = QApplication.focusWidget()
        if focused and self._content.isAncestorOf(focused):
            self.ensureWidgetVisible(focused, 0, 0)
