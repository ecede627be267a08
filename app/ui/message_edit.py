"""The field in which questions are written."""

import math

from PySide6.QtCore import QMimeData, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from app.ui.translation import tr

MAX_LINES = 8
MAX_PASTED_CHARACTERS = 200_000


class MessageEdit(QPlainTextEdit):
    """Grows with its text up to MAX_LINES; Enter sends, Shift+Enter starts a new line.

    `mime_pasted` carries what was pasted where that is more than text; `up_pressed` comes from an empty field.
    """

    submitted = Signal()
    up_pressed = Signal()
    mime_pasted = Signal(object)
    focus_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageEdit")
        self.setAccessibleName(tr("Message"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setAcceptDrops(False)  # The window takes drops, wherever they land.
        self.viewport().setAcceptDrops(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(self._on_size_changed)

    def sizeHint(self) -> QSize:
        """One to MAX_LINES lines."""
        # A plain-text document counts its height in lines.
        lines = min(max(round(self.document().size().height()), 1), MAX_LINES)
        # Lines are laid out at whole pixels, and one pixel less than they take makes a scroll bar.
        height = (
            lines * math.ceil(QFontMetricsF(self.font()).height()) + 2 * round(self.document().documentMargin()) + 1
        )
        return QSize(super().sizeHint().width(), height)

    def minimumSizeHint(self) -> QSize:
        """The same height at any width."""
        return QSize(0, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter submits; an input method's Enter has been consumed before it comes here."""
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.submitted.emit()
            return
        if event.key() == Qt.Key.Key_Up and not event.modifiers() and self.document().isEmpty():
            self.up_pressed.emit()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Images and files can be pasted as well as text."""
        return source.hasImage() or source.hasUrls() or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Plain text is typed, anything else is for the window to take."""
        if source.hasImage() or source.hasUrls():
            self.mime_pasted.emit(source)
        else:
            self.insertPlainText(source.text()[:MAX_PASTED_CHARACTERS])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Let the composer show that it has the focus."""
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Let the composer show that it has lost the focus."""
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    @Slot()
    def _on_size_changed(self) -> None:
        self.updateGeometry()
