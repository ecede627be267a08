"""Tables in an answer."""

import html

from PySide6.QtCore import QMimeData, QPointF
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor, QTextDocument, QTextFrameFormat, QTextTable

from app.domain.table_formats import as_tsv
from app.ui.code_blocks import GAP, LANGUAGE
from app.ui.copy_row import HEIGHT as HEADER
from app.ui.copy_row import PADDING
from app.ui.formulas import written

CELL_PADDING = 6
"""Pixels."""


def style_tables(document: QTextDocument, line: QColor) -> None:
    """Draw the lines of all tables, give the text room, and mend what Qt gets wrong behind code."""
    for table in tables_in(document):
        style = table.format()
        style.setBorderCollapse(True)
        style.setBorder(1)
        style.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        style.setBorderBrush(line)
        style.setCellPadding(CELL_PADDING)
        # Between text and a table Qt leaves out the text's margin, which is where the frame of code ends.
        is_behind_code = document.findBlock(table.firstPosition() - 2).blockFormat().hasProperty(LANGUAGE)
        style.setTopMargin(HEADER + (GAP + PADDING if is_behind_code else 0))
        table.setFormat(style)
        _mend_head(table)


def tables_in(document: QTextDocument) -> list[QTextTable]:
    """All tables, from above."""
    return [frame for frame in document.rootFrame().childFrames() if isinstance(frame, QTextTable)]


def row_place(document: QTextDocument, table: QTextTable) -> QPointF:
    """The upper left corner of the row above a table, in the document's pixels."""
    first = document.documentLayout().blockBoundingRect(table.cellAt(0, 0).firstCursorPosition().block())
    return first.topLeft() - QPointF(CELL_PADDING + PADDING, CELL_PADDING + HEADER)


def table_mime(table: QTextTable) -> QMimeData:
    """The table for the clipboard: TSV and HTML, as spreadsheets take them; formulas as they were written."""
    rows = [[_cell(table, row, column) for column in range(table.columns())] for row in range(table.rows())]
    data = QMimeData()
    data.setText(as_tsv(rows))
    cells = ("".join(f"<{kind}>{html.escape(cell)}</{kind}>" for cell in row) for kind, row in _kinds(rows))
    data.setHtml(f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>")
    return data


def _kinds(rows: list[list[str]]) -> list[tuple[str, list[str]]]:
    return [("td" if number else "th", row) for number, row in enumerate(rows)]


def _cell(table: QTextTable, row: int, column: int) -> str:
    """What stands in a cell, on one line."""
    cell = table.cellAt(row, column)
    cursor = cell.firstCursorPosition()
    cursor.setPosition(cell.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
    return " ".join(written(cursor).split())


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
