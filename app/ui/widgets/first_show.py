"""Tells when a window is shown for the first time."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QWidget


class FirstShow(QObject):
    """Emits `shown` once."""

    shown = Signal()

    def __init__(self, window: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait for the window's first Show."""
        if event.type() is QEvent.Type.Show:
            watched.removeEventFilter(self)
            self.shown.emit()
        return False
