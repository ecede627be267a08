"""Styling and copying of tables in an answer."""

import html

from PySide6.QtCore import QMimeData, QPointF
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor, QTextDocument, QTextFrameFormat, QTextTable

from app.domain.documents.table_formats import as_tsv, harmless
from app.ui.markdown.code_blocks import GAP, LANGUAGE
from app.ui.markdown.copy_row import PADDING, row_height
from app.ui.markdown.formulas import written

CELL_PADDING = 6
"""Padding of a cell in pixels."""
MAX_WHOLE, MAX_WHOLE_CELLS = 16, 400
"""Maximum length of the cells of a table that are not broken, and maximum number of cells that are looked at."""


def style_tables(document: QTextDocument, line: QColor) -> None:
    """Draw the lines of all tables, pad their cells, and repair tables that Qt breaks after code."""
    cursor = QTextCursor(document)
    cursor.beginEditBlock()  # Otherwise the document would be laid out once for each.
    for table in tables_in(document):
        style = table.format()
        style.setBorderCollapse(True)
        style.setBorder(1)
        style.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        style.setBorderBrush(line)
        style.setCellPadding(CELL_PADDING)
        # Between text and a table Qt ignores the text's margin, into which the frame of code extends.
        is_behind_code = document.findBlock(table.firstPosition() - 2).blockFormat().hasProperty(LANGUAGE)
        style.setTopMargin(row_height(document.defaultFont()) + (GAP + PADDING if is_behind_code else 0))
        table.setFormat(style)
        _mend_head(table)
        _keep_short_cells_whole(table)
    cursor.endEditBlock()


def tables_in(document: QTextDocument) -> list[QTextTable]:
    """Return all tables, from top to bottom."""
    return [frame for frame in document.rootFrame().childFrames() if isinstance(frame, QTextTable)]


def row_place(document: QTextDocument, table: QTextTable) -> QPointF:
    """Return the upper left corner of the row above a table, in the document's pixels."""
    first = document.documentLayout().blockBoundingRect(table.cellAt(0, 0).firstCursorPosition().block())
    return first.topLeft() - QPointF(CELL_PADDING + PADDING, CELL_PADDING + row_height(document.defaultFont()))


def table_mime(table: QTextTable) -> QMimeData:
    """Return the table for the clipboard: TSV and HTML, which spreadsheets accept, with formulas as TeX."""
    return rows_mime([[_cell(table, row, column) for column in range(table.columns())] for row in range(table.rows())])


def rows_mime(rows: list[list[str]]) -> QMimeData:
    """Return the rows of a table, the first of which is its header, for the clipboard: TSV and HTML."""
    data = QMimeData()
    data.setText(as_tsv(rows))
    cells = ("".join(f"<{kind}>{html.escape(harmless(cell))}</{kind}>" for cell in row) for kind, row in _kinds(rows))
    data.setHtml(f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>")
    return data


def _kinds(rows: list[list[str]]) -> list[tuple[str, list[str]]]:
    return [("td" if number else "th", row) for number, row in enumerate(rows)]


def _cell(table: QTextTable, row: int, column: int) -> str:
    """Return the text of a cell on one line."""
    cell = table.cellAt(row, column)
    cursor = cell.firstCursorPosition()
    cursor.setPosition(cell.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
    return " ".join(written(cursor).split())


def _keep_short_cells_whole(table: QTextTable) -> None:
    """Break no cells of a table of numbers and other short texts: if it is too wide, it is scrolled.

    Where some cells have long texts Qt would leave these a letter's width, so that all cells of such a table may break.
    """
    if table.rows() * table.columns() > MAX_WHOLE_CELLS:
        return
    cells = [table.cellAt(row, column) for row in range(table.rows()) for column in range(table.columns())]
    if all(cell.lastPosition() - cell.firstPosition() <= MAX_WHOLE for cell in cells):
        for cell in cells:
            cursor = cell.firstCursorPosition()
            form = cursor.blockFormat()
            form.setNonBreakableLines(True)
            cursor.setBlockFormat(form)


def _mend_head(table: QTextTable) -> None:
    """Repair the header: after code, Qt puts an empty line into the first cell and drops its header format."""
    first = table.cellAt(0, 0)
    cursor = first.firstCursorPosition()
    if cursor.block().text() or first.lastPosition() == first.firstPosition():
        return
    cursor.deleteChar()
    cursor.setPosition(first.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
    bold = QTextCharFormat()
    bold.setFontWeight(QFont.Weight.Bold)
    cursor.mergeCharFormat(bold)
