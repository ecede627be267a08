"""Tables in an answer."""

from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor, QTextDocument, QTextFrameFormat, QTextTable

from app.ui.code_blocks import GAP, LANGUAGE, PADDING


def style_tables(document: QTextDocument, line: QColor) -> None:
    """Draw the lines of all tables, give the text room, and mend what Qt gets wrong behind code."""
    for table in document.rootFrame().childFrames():
        if not isinstance(table, QTextTable):
            continue
        style = table.format()
        style.setBorderCollapse(True)
        style.setBorder(1)
        style.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        style.setBorderBrush(line)
        style.setCellPadding(6)
        # Between text and a table Qt leaves out the text's margin, which is where the frame of code ends.
        if document.findBlock(table.firstPosition() - 2).blockFormat().hasProperty(LANGUAGE):
            style.setTopMargin(GAP + PADDING)
        table.setFormat(style)
        _mend_head(table)


def _mend_head(table: QTextTable) -> None:
    """Behind code, Qt puts an empty line into the first cell, and forgets that it is part of the head."""
    first = table.cellAt(0, 0)
    cursor = first.firstCursorPosition()
    if cursor.block().text() or first.lastPosition() == first.firstPosition():
        return
    cursor.deleteChar()
    cursor.setPosition(first.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
    bold = QTextCharFormat()
    bold.setFontWeight(QFont.Weight.Bold)
    cursor.mergeCharFormat(bold)
