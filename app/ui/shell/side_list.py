"""What the lists of the sidebar have in common."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QListView, QListWidget, QWidget

_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def set_up(view: QListView, name: str) -> None:
    """Give a list the look of the sidebar, as wide as it is, and a name for screen readers."""
    view.setObjectName("conversationList")
    view.setAccessibleName(name)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
    view.setViewportMargins(10, 0, 10, 0)


def is_typing(event: QKeyEvent) -> bool:
    """Return whether a key types something, which the window forwards to the composer."""
    return event.text().isprintable() and bool(event.text().strip()) and not event.modifiers() & _COMMANDS


class SideList(QListWidget):
    """A list of items, of which a click opens one."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_up(self, name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin nothing beside the rows: Qt would select the row where the button is let go."""
        if self.itemAt(event.position().toPoint()):
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Leave the selection as it is while a button is pressed: only a click opens a row."""
        if not event.buttons():
            super().mouseMoveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave typing to the window, which forwards it to the composer."""
        if is_typing(event):
            event.ignore()
        else:
            super().keyPressEvent(event)
