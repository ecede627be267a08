"""The text of a page, line by line, each of which can be corrected."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTransform,
)
from PySide6.QtWidgets import QTextEdit, QToolTip, QWidget

from app.domain.documents.list_levels import line_levels
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.page_rows import selected_text
from app.domain.documents.pages import UNREAD
from app.domain.images.geometry import Word
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import tooltip
from app.ui.widgets.long_words import wrap_mode

UNSURE = 0.85
"""Confidence below which a line or a word is marked for review."""
UNSURE_COLOUR = "#d9a400"
INDENT = 2
"""Indentation of a list inside another, in times the font's height."""
PICTURE_GAP = 8
"""Distance in pixels between the text of an unread line and its picture."""
_PARTING = {Qt.Key.Key_Return, Qt.Key.Key_Enter}
_BACKWARDS, _FORWARDS = {Qt.Key.Key_Backspace}, {Qt.Key.Key_Delete}
_REMOVING = _BACKWARDS | _FORWARDS


class LinesEdit(QTextEdit):
    """Lines can be edited, but neither joined nor split: each corresponds to a line on the page.

    Items of nested lists are indented; their texts are not, so that what is copied and corrected stays as it is.
    Beside a line that could not be read stands its picture, so that it can be typed.
    `line_edited(int, str)`, `line_hovered(int)` with -1 for none, `line_chosen(int)` for the line with the cursor.
    """

    line_edited = Signal(int, str)
    line_hovered = Signal(int)
    line_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("linesEdit")
        self.setAccessibleName(tr("Text of the page"))
        self.setAcceptRichText(False)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAcceptDrops(False)  # The window takes drops, wherever they land.
        self.viewport().setAcceptDrops(False)
        self._ocr_result: OcrResult | None = None
        self._levels: list[int] = []
        self._picture = QPixmap()
        self._highlighted = self._hovered = -1
        self._ignored: frozenset[int] = frozenset()
        self._is_filling = False
        self.textChanged.connect(self._on_text_changed)
        self.cursorPositionChanged.connect(self._on_cursor_moved)

    def set_ocr_result(self, ocr_result: OcrResult) -> None:
        """Show an OCR result with its corrections; the cursor stays if the text is unchanged."""
        shown, self._ocr_result = self._ocr_result, ocr_result
        levels = line_levels(ocr_result.page) if shown is None or shown.page != ocr_result.page else self._levels
        if shown is None or levels != self._levels or self._texts(ocr_result) != self.toPlainText().split("\n"):
            self._fill(self._texts(ocr_result), levels)
        self.setReadOnly(not ocr_result.page.lines)
        self._mark()

    def set_picture(self, picture: QPixmap) -> None:
        """Set the picture of the whole page, of any size."""
        self._picture = picture
        self.viewport().update()

    def clear_ocr_result(self) -> None:
        """Show nothing."""
        self._ocr_result = None
        self._picture = QPixmap()
        self._is_filling = True
        self.clear()
        self._is_filling = False
        self.setReadOnly(True)

    def set_ignored(self, lines: frozenset[int]) -> None:
        """Strike out the lines that are left out of what is copied and exported."""
        self._ignored = lines
        self._mark()

    @Slot(int)
    def highlight_line(self, number: int) -> None:
        """Highlight a line; -1 for none."""
        self._highlighted = number
        self._mark()

    @Slot(int)
    def show_line(self, number: int) -> None:
        """Put the cursor on a line, and scroll to it."""
        cursor = QTextCursor(self.document().findBlockByNumber(number))
        self.blockSignals(True)
        self.setTextCursor(cursor)
        self.blockSignals(False)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + self.cursorRect().center().y() - self.viewport().height() // 2)
        self.highlight_line(number)

    def undo_correction(self, number: int) -> None:
        """Restore the recognised text of a line."""
        if self._ocr_result and number in self._ocr_result.corrections:
            cursor = QTextCursor(self.document().findBlockByNumber(number))
            cursor.select(QTextCursor.SelectionType.LineUnderCursor)
            cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock)
            cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(self._ocr_result.page.lines[number].text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ignore keys that would join or split lines."""
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

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy several lines in the rows of the page, with their indentation and gaps."""
        cursor, result = self.textCursor(), self._ocr_result
        data = QMimeData()
        if result is None or not result.page.lines or not self._spans_lines(cursor):
            data.setText(cursor.selection().toPlainText())
            return data
        begin, end = cursor.selectionStart(), cursor.selectionEnd()
        block = first = self.document().findBlock(begin)
        texts: dict[int, str] = {}
        while block.isValid() and block.position() <= end:
            place = block.position()
            texts[block.blockNumber()] = block.text()[max(0, begin - place) : end - place]
            block = block.next()
        data.setText(selected_text(result.corrected_page(), texts, begin - first.position()))
        return data

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste text as a single line."""
        cursor = self.textCursor()
        if source.hasText() and not self._spans_lines(cursor) and not self.isReadOnly():
            cursor.insertText(" ".join(source.text().split()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Emit the line under the pointer."""
        super().mouseMoveEvent(event)
        self._hover(self.cursorForPosition(event.position().toPoint()).blockNumber())

    def leaveEvent(self, event: QEvent) -> None:
        """Clear the line under the pointer."""
        super().leaveEvent(event)
        self._hover(-1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the text, and the pictures of visible lines that were not read."""
        super().paintEvent(event)
        if self._ocr_result is None or self._picture.isNull():
            return
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        block = self.cursorForPosition(QPoint()).block()
        while block.isValid():
            place = QRectF(self.cursorRect(QTextCursor(block)))
            if place.top() > self.viewport().height():
                break
            if block.text() == UNREAD and (part := self._picture_of(self._ocr_result, block.blockNumber())):
                left = place.left() + self.fontMetrics().horizontalAdvance(UNREAD) + PICTURE_GAP
                room = max(0.0, self.viewport().width() - left - PICTURE_GAP)
                scale = min(place.height() / part.height(), room / part.width())
                target = QRectF(left, place.top(), part.width() * scale, part.height() * scale)
                painter.drawPixmap(target, part, QRectF(part.rect()))
            block = block.next()
        painter.end()

    def _picture_of(self, ocr_result: OcrResult, number: int) -> QPixmap | None:
        """Return the upright picture of an unread line; None for other lines."""
        page = ocr_result.page
        if number >= len(page.lines) or page.lines[number].text != UNREAD:
            return None
        box = page.lines[number].box
        across, down = self._picture.width() / max(1, page.width), self._picture.height() / max(1, page.height)
        part = QRectF(box.left * across, box.top * down, box.width * across, box.height * down).toAlignedRect()
        part = part.intersected(self._picture.rect())
        if part.isEmpty():
            return None
        return self._picture.copy(part).transformed(QTransform().rotate(page.rotation))

    def changeEvent(self, event: QEvent) -> None:
        """Indent lists by the size of the font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self.document().setIndentWidth(INDENT * self.fontMetrics().height())

    def viewportEvent(self, event: QEvent) -> bool:
        """Show a tooltip with the recognised text of a corrected line, and the OCR's confidence."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip and self._ocr_result:
            number = self.cursorForPosition(event.pos()).blockNumber()
            QToolTip.showText(event.globalPos(), tooltip(self._details(self._ocr_result, number)), self)
            return True
        return super().viewportEvent(event)

    def _fill(self, texts: Sequence[str], levels: list[int]) -> None:
        """Show other lines, which cannot be undone."""
        self._is_filling = True
        self.setUndoRedoEnabled(False)
        text = "\n".join(texts)
        self.setWordWrapMode(wrap_mode(text))
        self.setPlainText(text)
        self.document().setIndentWidth(INDENT * self.fontMetrics().height())
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for number, level in enumerate(levels):
            if level:
                cursor.setPosition(self.document().findBlockByNumber(number).position())
                form = cursor.blockFormat()
                form.setIndent(level)
                cursor.setBlockFormat(form)
        cursor.endEditBlock()
        self._levels = levels
        self.setUndoRedoEnabled(True)
        self._is_filling = False

    def _hover(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.line_hovered.emit(number)

    def _details(self, ocr_result: OcrResult, number: int) -> str:
        if number >= len(ocr_result.page.lines):
            return ""
        line = ocr_result.page.lines[number]
        if number in ocr_result.corrections:
            return tr("OCR text: {text}", text=line.text)
        if number in self._ignored:
            return tr("In an ignored area: left out of copies and exports.")
        return tr("OCR confidence: {share} %", share=round(100 * line.score)) if line.score < UNSURE else ""

    def _spans_lines(self, cursor: QTextCursor) -> bool:
        document = self.document()
        return document.findBlock(cursor.selectionStart()) != document.findBlock(cursor.selectionEnd())

    def _texts(self, ocr_result: OcrResult) -> Sequence[str]:
        page = ocr_result.page
        if not page.lines:
            return page.text.split("\n")
        return [ocr_result.corrections.get(number, line.text) for number, line in enumerate(page.lines)]

    def _mark(self) -> None:
        if self._ocr_result is None:
            return
        marks = []
        for number, line in enumerate(self._ocr_result.page.lines):
            if tint := self._tint(self._ocr_result, number):
                marks.append(self._line_mark(number, tint))
            if number in self._ignored:
                marks.append(self._struck(number))
            if number not in self._ocr_result.corrections:
                marks += self._word_marks(number, line.words)
        self.setExtraSelections(marks)

    def _tint(self, ocr_result: OcrResult, number: int) -> QColor | None:
        """Return the background of a line; None for the usual one."""
        if number == self._highlighted:
            tint = QColor(self.palette().color(QPalette.ColorRole.Highlight))
            tint.setAlpha(60)
        elif number in ocr_result.corrections:
            tint = QColor("#3fa45b")
            tint.setAlpha(60)
        elif ocr_result.page.lines[number].score < UNSURE:
            tint = QColor(UNSURE_COLOUR)
            tint.setAlpha(50)
        else:
            return None
        return tint

    def _line_mark(self, number: int, tint: QColor) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setBackground(tint)
        mark.format.setProperty(QTextFormat.Property.FullWidthSelection.value, True)
        mark.cursor = QTextCursor(self.document().findBlockByNumber(number))
        return mark

    def _struck(self, number: int) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        mark.format.setFontStrikeOut(True)
        mark.format.setForeground(self.palette().color(QPalette.ColorRole.PlaceholderText))
        mark.cursor = QTextCursor(self.document().findBlockByNumber(number))
        mark.cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        mark.cursor.movePosition(QTextCursor.MoveOperation.StartOfBlock)
        mark.cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        return mark

    def _word_marks(self, number: int, words: Sequence[Word]) -> list[QTextEdit.ExtraSelection]:
        """Underline the words that are uncertain."""
        marks = []
        place = self.document().findBlockByNumber(number).position()
        for word in words:
            end = place + len(word.text.encode("utf-16-le", "replace")) // 2  # Qt counts UTF-16 code units.
            if word.score < UNSURE:
                mark = QTextEdit.ExtraSelection()
                mark.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
                mark.format.setUnderlineColor(QColor(UNSURE_COLOUR))
                mark.cursor = QTextCursor(self.document())
                mark.cursor.setPosition(place)
                mark.cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
                marks.append(mark)
            place = end + 1
        return marks

    @Slot()
    def _on_text_changed(self) -> None:
        if self._is_filling or self._ocr_result is None or not self._ocr_result.page.lines:
            return
        texts = self.toPlainText().split("\n")
        if len(texts) != len(self._ocr_result.page.lines):
            return
        for number, (text, known) in enumerate(zip(texts, self._texts(self._ocr_result), strict=True)):
            if text != known:
                self.line_edited.emit(number, text)

    @Slot()
    def _on_cursor_moved(self) -> None:
        if not self._is_filling and self._ocr_result:
            self.line_chosen.emit(self.textCursor().blockNumber())
