"""The text of a page, a line below another, each of which can be corrected."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMimeData, Qt, Signal, Slot
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QKeySequence, QMouseEvent, QPalette, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from app.domain.readings import Reading
from app.ui.labels import tooltip
from app.ui.translation import tr

UNSURE = 0.85
"""Score of a line below which it is marked as one to look at."""
_PARTING = {Qt.Key.Key_Return, Qt.Key.Key_Enter}
_BACKWARDS, _FORWARDS = {Qt.Key.Key_Backspace}, {Qt.Key.Key_Delete}
_REMOVING = _BACKWARDS | _FORWARDS


class LinesEdit(QPlainTextEdit):
    """Lines can be changed, and neither joined nor parted: each stays what stands in its place on the page.

    `line_edited(int, str)`, `line_hovered(int)` with -1 for none, `line_chosen(int)` for where the cursor is.
    """

    line_edited = Signal(int, str)
    line_hovered = Signal(int)
    line_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("linesEdit")
        self.setAccessibleName(tr("Text of the page"))
        self.setUndoRedoEnabled(True)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self._reading: Reading | None = None
        self._lit = self._hovered = -1
        self._is_filling = False
        self.textChanged.connect(self._on_text_changed)
        self.cursorPositionChanged.connect(self._on_cursor_moved)

    def set_reading(self, reading: Reading) -> None:
        """Show what was read with its corrections; the cursor stays where the text is the same."""
        same = self._reading is not None and self._texts(reading) == self.toPlainText().split("\n")
        self._reading = reading
        if not same:
            self._is_filling = True
            self.setPlainText("\n".join(self._texts(reading)))
            self._is_filling = False
        self.setReadOnly(not reading.page.lines)
        self._mark()

    def clear_reading(self) -> None:
        """Show nothing."""
        self._reading = None
        self._is_filling = True
        self.clear()
        self._is_filling = False
        self.setReadOnly(True)

    def light_line(self, number: int) -> None:
        """Make a line stand out; -1 for none."""
        self._lit = number
        self._mark()

    def show_line(self, number: int) -> None:
        """Put the cursor on a line, and the line in sight."""
        cursor = QTextCursor(self.document().findBlockByNumber(number))
        self.blockSignals(True)
        self.setTextCursor(cursor)
        self.blockSignals(False)
        self.centerCursor()
        self.light_line(number)

    def undo_correction(self, number: int) -> None:
        """Put back what was read in a line."""
        if self._reading and number in self._reading.corrections:
            cursor = QTextCursor(self.document().findBlockByNumber(number))
            cursor.select(QTextCursor.SelectionType.LineUnderCursor)
            cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock)
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(self._reading.page.lines[number].text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep lines apart: what would join or part them does nothing."""
        cursor = self.textCursor()
        spans = self._spans_lines(cursor)
        changes = bool(event.text()) and event.text().isprintable()
        removes = event.matches(QKeySequence.StandardKey.Delete) or event.key() in _REMOVING
        at_edge = not cursor.hasSelection() and (
            (event.key() in _BACKWARDS and cursor.atBlockStart()) or (event.key() in _FORWARDS and cursor.atBlockEnd())
        )
        cuts = event.matches(QKeySequence.StandardKey.Cut)
        if event.key() in _PARTING or (spans and (changes or removes or cuts)) or (removes and at_edge):
            event.accept()
            return
        super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste on one line."""
        cursor = self.textCursor()
        if source.hasText() and not self._spans_lines(cursor) and not self.isReadOnly():
            cursor.insertText(" ".join(source.text().split()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which line is under the pointer."""
        super().mouseMoveEvent(event)
        self._hover(self.cursorForPosition(event.position().toPoint()).blockNumber())

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._hover(-1)

    def viewportEvent(self, event: QEvent) -> bool:
        """Say what was read where a line has been corrected, and how sure the reader was."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip and self._reading:
            number = self.cursorForPosition(event.pos()).blockNumber()
            QToolTip.showText(event.globalPos(), tooltip(self._details(self._reading, number)), self)
            return True
        return super().viewportEvent(event)

    def _hover(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.line_hovered.emit(number)

    def _details(self, reading: Reading, number: int) -> str:
        if number >= len(reading.page.lines):
            return ""
        line = reading.page.lines[number]
        if number in reading.corrections:
            return tr("Read: {text}", text=line.text)
        return tr("The reader was {share} % sure.", share=round(100 * line.score)) if line.score < UNSURE else ""

    def _spans_lines(self, cursor: QTextCursor) -> bool:
        document = self.document()
        return document.findBlock(cursor.selectionStart()) != document.findBlock(cursor.selectionEnd())

    def _texts(self, reading: Reading) -> Sequence[str]:
        page = reading.page
        if not page.lines:
            return page.text.split("\n")
        return [reading.corrections.get(number, line.text) for number, line in enumerate(page.lines)]

    def _mark(self) -> None:
        if self._reading is None:
            return
        palette = self.palette()
        marks = []
        for number, line in enumerate(self._reading.page.lines):
            tint = QColor(palette.color(QPalette.ColorRole.Highlight))
            if number == self._lit:
                tint.setAlpha(60)
            elif number in self._reading.corrections:
                tint = QColor("#3fa45b")
                tint.setAlpha(60)
            elif line.score < UNSURE:
                tint = QColor("#d9a400")
                tint.setAlpha(50)
            else:
                continue
            mark = QTextEdit.ExtraSelection()
            mark.format.setBackground(tint)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection.value, True)
            mark.cursor = QTextCursor(self.document().findBlockByNumber(number))
            marks.append(mark)
        self.setExtraSelections(marks)

    @Slot()
    def _on_text_changed(self) -> None:
        if self._is_filling or self._reading is None or not self._reading.page.lines:
            return
        texts = self.toPlainText().split("\n")
        if len(texts) != len(self._reading.page.lines):
            return
        for number, (text, known) in enumerate(zip(texts, self._texts(self._reading), strict=True)):
            if text != known:
                self.line_edited.emit(number, text)

    @Slot()
    def _on_cursor_moved(self) -> None:
        if not self._is_filling and self._reading:
            self.line_chosen.emit(self.textCursor().blockNumber())
