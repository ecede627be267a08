"""The field in which questions are written."""

import math

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from app.ui.widgets.i18n import tr
from app.ui.widgets.long_words import MAX_WORD, wrap_mode
from app.ui.widgets.mime_images import has_images, pasted_text

MAX_LINES = 8
MAX_CHARACTERS = 200_000
"""Maximum length of a text in characters; longer ones belong in files, as typing in them would be slow."""


class MessageEdit(QPlainTextEdit):
    """Grows with its text up to MAX_LINES; Enter sends, Shift+Enter starts a new line.

    `mime_pasted` carries pasted data other than text; `up_pressed` is emitted by an empty field. `text_cut(kept, lost)`
    carries the number of characters of a pasted text that fit, and of those that were cut off.
    """

    submitted = Signal()
    up_pressed = Signal()
    mime_pasted = Signal(QMimeData)
    focus_changed = Signal(bool)
    text_cut = Signal(int, int)

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
        self.document().contentsChange.connect(self._on_contents_change)
        self.document().documentLayout().documentSizeChanged.connect(self._on_size_changed)

    def sizeHint(self) -> QSize:
        """Return a height of one to MAX_LINES lines."""
        # A plain-text document counts its height in lines.
        lines = min(max(round(self.document().size().height()), 1), MAX_LINES)
        # Lines are laid out at whole pixels, and a single missing pixel shows a scroll bar.
        height = (
            lines * math.ceil(QFontMetricsF(self.font()).height()) + 2 * round(self.document().documentMargin()) + 1
        )
        return QSize(super().sizeHint().width(), height)

    def minimumSizeHint(self) -> QSize:
        """Return the same height for any width."""
        return QSize(0, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Leave the key for undoing to the window if nothing was typed that could be undone."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.matches(QKeySequence.StandardKey.Undo)
            and not self.document().isUndoAvailable()
        ):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Submit on Enter; an input method's Enter is consumed before it gets here."""
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if is_enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.submitted.emit()
            return
        if event.key() == Qt.Key.Key_Up and not event.modifiers() and self.document().isEmpty():
            self.up_pressed.emit()
            return
        super().keyPressEvent(event)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Accept images and files as well as text."""
        return source.hasHtml() or has_images(source) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Insert text, as plain text; leave anything else to the window."""
        text = pasted_text(source)
        if text is None:
            self.mime_pasted.emit(source)
        else:
            cursor = self.textCursor()
            room = MAX_CHARACTERS + 1 - self.document().characterCount() + len(cursor.selectedText())
            kept = text[: max(0, room)]
            self.insertPlainText(kept)
            if len(kept) < len(text):
                self.text_cut.emit(len(kept), len(text) - len(kept))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Notify the composer that the field has the focus."""
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Notify the composer that the field has lost the focus."""
        super().focusOutEvent(event)
        self.focus_changed.emit(False)

    @Slot(int, int, int)
    def _on_contents_change(self, place: int, removed: int, added: int) -> None:
        # Before it is laid out.
        if added >= MAX_WORD and self.wordWrapMode() != (mode := wrap_mode(self.toPlainText())):
            self.setWordWrapMode(mode)

    @Slot()
    def _on_size_changed(self) -> None:
        self.updateGeometry()
