"""Styling and copying of tables in an answer."""

import html
from math import ceil

from PySide6.QtCore import QMimeData, QPointF
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)

from app.domain.documents.table_formats import as_tsv, harmless
from app.ui.markdown.code_blocks import GAP, LANGUAGE
from app.ui.markdown.copy_row import PADDING, row_height
from app.ui.markdown.formulas import written

CELL_PADDING = 6
"""Padding of a cell in pixels."""
MAX_WHOLE, MAX_WHOLE_CELLS = 16, 400
"""Maximum length of cells that are not broken, and maximum number of a table's cells that are looked at."""
MIN_LETTERS = 10
"""Minimum width of a column of longer texts, in letters of average width."""
_BORDER = 1
_NARROWEST = QTextFormat.Property.UserProperty.value + 1
"""Property of a table with longer texts: its columns in a document that is too narrow for it. Those of longer texts are
fixed to their minimum, all others variable, with the width that they need."""


def style_tables(document: QTextDocument, line: QColor) -> None:
    """Draw the lines of all tables, pad their cells, and repair tables that Qt breaks after code."""
    cursor = QTextCursor(document)
    cursor.beginEditBlock()  # Otherwise the document would be laid out once for each.
    for table in tables_in(document):
        style = table.format()
        style.setBorderCollapse(True)
        style.setBorder(_BORDER)
        style.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        style.setBorderBrush(line)
        style.setCellPadding(CELL_PADDING)
        # Between text and a table Qt ignores the text's margin, into which the frame of code extends.
        is_behind_code = document.findBlock(table.firstPosition() - 2).blockFormat().hasProperty(LANGUAGE)
        style.setTopMargin(row_height(document.defaultFont()) + (GAP + PADDING if is_behind_code else 0))
        table.setFormat(style)
        _mend_head(table)
        _keep_short_cells_whole(table, document.defaultFont())
    cursor.endEditBlock()


def fit_columns(document: QTextDocument, width: int) -> bool:
    """Prepare the tables for a document of `width` pixels, and return whether one changed: those that are wider scroll.

    Qt knows no minimum width: beside cells that are not broken it would leave longer texts that of a letter.
    """
    is_changed = False
    for table in tables_in(document):
        style = table.format()
        narrowest = style.lengthVectorProperty(_NARROWEST)
        is_narrow = sum(column.rawValue() for column in narrowest) > width
        if is_narrow == bool(style.columnWidthConstraints()):
            continue
        if is_narrow:
            style.setColumnWidthConstraints(narrowest)
        else:
            style.clearColumnWidthConstraints()
        table.setFormat(style)
        is_changed = True
    return is_changed


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


def _keep_short_cells_whole(table: QTextTable, font: QFont) -> None:
    """Break no numbers, no single words, and no cells of a table of short texts; other texts are broken."""
    if table.rows() * table.columns() > MAX_WHOLE_CELLS:
        return
    bold = QFont(font)
    bold.setBold(True)
    metrics = QFontMetricsF(bold)
    texts = [[_cell(table, row, column) for column in range(table.columns())] for row in range(table.rows())]
    are_short = all(len(text) <= MAX_WHOLE for row in texts for text in row)
    columns = []
    for number, cells in enumerate(zip(*texts, strict=True)):
        whole, broken = 0.0, 0.0
        for row, text in enumerate(cells):
            width = metrics.horizontalAdvance(text)
            if are_short or _is_whole(text):
                whole = max(whole, width)
                cursor = table.cellAt(row, number).firstCursorPosition()
                form = cursor.blockFormat()
                form.setNonBreakableLines(True)
                cursor.setBlockFormat(form)
            else:
                broken = max(broken, min(width, MIN_LETTERS * metrics.averageCharWidth()))
        kind = QTextLength.Type.FixedLength if broken else QTextLength.Type.VariableLength
        columns.append(QTextLength(kind, ceil(max(whole, broken)) + 2 * CELL_PADDING + _BORDER))
    if not are_short:
        style = table.format()
        style.setProperty(_NARROWEST, columns)
        table.setFormat(style)


def _is_whole(text: str) -> bool:
    return len(text) <= MAX_WHOLE and (len(text.split()) < 2 or any(letter.isdigit() for letter in text))


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
