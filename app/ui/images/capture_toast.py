"""The toast of a captured text: a small window of its own, since the main window stays away."""

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QCloseEvent, QCursor, QEnterEvent, QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.widgets.notice import Notice
from app.ui.widgets.notice_box import NoticeBox
from app.ui.widgets.theme import zoomed
from app.ui.widgets.toasts import ACTION_MILLISECONDS, MILLISECONDS

TEXT_WIDTH, MARGIN = 320, 24
"""Maximum width of the text, and distance from the screen's edges, in pixels."""


class CaptureToast(QWidget):
    """Shows a notice in the corner of the screen where the mouse is, and closes by itself unless the mouse is over it.

    It never takes the keyboard from the program that is being used. `closed` is emitted when it closes.
    """

    closed = Signal()

    def __init__(self, notice: Notice) -> None:
        kind = Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
        super().__init__(None, kind | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self.setWindowTitle("Lorgnette")
        self.notice = notice
        self.box = NoticeBox(notice, is_dismissible=True, parent=self)
        self.box.dismissed.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box)
        self._timer = QTimer(self, singleShot=True)
        self._timer.setInterval(ACTION_MILLISECONDS if notice.actions else MILLISECONDS)
        self._timer.timeout.connect(self.close)

    def appear(self) -> None:
        """Show it without activating it, and have screen readers say it."""
        screen = QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()
        self.box.sentence.setFixedWidth(zoomed(self, TEXT_WIDTH))
        self.adjustSize()
        area = screen.availableGeometry().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        self.move(area.right() - self.width(), area.bottom() - self.height())
        self.show()
        self._timer.start()
        announcement = QAccessibleAnnouncementEvent(self.box, self.box.accessibleName())
        QAccessible.updateAccessibility(announcement)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stay while it is being looked at."""
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        """Count again."""
        self._timer.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Report it."""
        super().closeEvent(event)
        self.closed.emit()
