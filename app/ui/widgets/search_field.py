"""The search field for all chats, which also navigates the results by keyboard."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget

from app.ui.widgets.i18n import tr

_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class SearchField(QLineEdit):
    """Down and Up move through the results, Enter opens one, Esc ends the search.

    `stepped(int)` carries 1 for the next result and -1 for the previous one; `left()` is emitted on Esc, after the
    field was cleared.
    """

    stepped = Signal(int)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(tr("Search chats and images"))
        self.setAccessibleName(tr("Search chats and images"))
        self.setClearButtonEnabled(True)
        self.setAcceptDrops(False)  # The window takes drops, wherever they land.
        for clear in self.findChildren(QToolButton):
            clear.setAccessibleName(tr("Clear the search"))

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window, where it would stop an answer."""
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if is_escape and event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handle the navigation keys."""
        if event.key() in _STEPS:
            self.stepped.emit(_STEPS[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            super().keyPressEvent(event)
