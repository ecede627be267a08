"""Fits the code and the tables of a chat's PDF to its pages: nothing is cut off, and words and numbers stay whole."""

from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPaintDevice,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextLength,
    QTextTable,
)

from app.ui.markdown.code_blocks import LANGUAGE
from app.ui.markdown.markdown_tables import CELL_PADDING, tables_in

MIN_SCALE = 0.4
"""Smallest scale of the letters of a wide table; words break below it."""
DOTS_PER_INCH, BORDERS = 96.0, 4
"""Of the pixels in which Qt counts the padding of a cell, and those of its borders and of rounding."""
SPREAD, BOLD_SPREAD = 1.03, 1.15
"""By how much smaller letters are wider than scaled ones, as they are rounded, and bold ones than plain ones."""

RULE_POINTS = 0.5
"""Font size of the empty line whose background is a rule."""
_RULE = QTextFormat.Property.BlockTrailingHorizontalRulerWidth.value


def wrap_code(document: QTextDocument) -> None:
    """Let the lines of code wrap, as a page cannot be scrolled."""
    cursor = QTextCursor(document)
    block = document.begin()
    while block.isValid():
        style = block.blockFormat()
        if style.nonBreakableLines():
            style.setNonBreakableLines(False)
            cursor.setPosition(block.position())
            cursor.setBlockFormat(style)
        block = block.next()


def set_apart(document: QTextDocument, ground: QColor, line: QColor) -> None:
    """Put code and quotations on a `ground`, indent quotations, and make rules visible lines.

    Qt scales neither margins at the sides nor the width of rules to a page's pixels.
    """
    flat = QTextCharFormat()
    flat.setFontPointSize(RULE_POINTS)
    cursor = QTextCursor(document)
    block = document.begin()
    while block.isValid():
        style = block.blockFormat()
        level = style.intProperty(QTextFormat.Property.BlockQuoteLevel.value)
        if level or style.hasProperty(LANGUAGE) or style.hasProperty(_RULE):
            style.setBackground(line if style.hasProperty(_RULE) else ground)
            style.setLeftMargin(0)
            style.setIndent(style.indent() + level)
            cursor.setPosition(block.position())
            if style.hasProperty(_RULE):
                style.clearProperty(_RULE)
                style.setLineHeight(0, QTextBlockFormat.LineHeightTypes.SingleHeight.value)
                cursor.setBlockCharFormat(flat)
            cursor.setBlockFormat(style)
        block = block.next()


def fit_tables(document: QTextDocument, device: QPaintDevice, width: float) -> None:
    """Share `width`, in pixels of `device`, among the columns of each wide table; its letters shrink if need be.

    A column is as wide as its longest word; what is left is shared by how much longer the cells are.
    """
    metrics = QFontMetricsF(QFont(document.defaultFont()), device)
    padding = (2 * CELL_PADDING + BORDERS) * device.logicalDpiX() / DOTS_PER_INCH
    for table in tables_in(document):
        words, cells = _widths(table, metrics)
        free = width - padding * len(words)
        if sum(cells) <= free:
            continue
        scale = max(MIN_SCALE, min(1.0, free / max(sum(words), 1.0)))
        longer = [cell - word for word, cell in zip(words, cells, strict=True)]
        rest = max(0.0, free - scale * sum(words)) / max(sum(longer), 1.0)
        shares = [padding + scale * word + rest * more for word, more in zip(words, longer, strict=True)]
        style = table.format()
        percent = QTextLength.Type.PercentageLength
        style.setWidth(QTextLength(percent, 100))
        style.setColumnWidthConstraints([QTextLength(percent, 100 * share / sum(shares)) for share in shares])
        table.setFormat(style)
        _shrink(document, table, scale)


def _widths(table: QTextTable, metrics: QFontMetricsF) -> tuple[list[float], list[float]]:
    """Return the width of the longest word and of the longest cell of each column."""
    words, cells = [0.0] * table.columns(), [0.0] * table.columns()
    for row in range(table.rows()):
        for column in range(table.columns()):
            cell = table.cellAt(row, column)
            cursor = cell.firstCursorPosition()
            cursor.setPosition(cell.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
            text = cursor.selectedText()
            spread = BOLD_SPREAD if row == 0 else SPREAD
            longest = max((metrics.horizontalAdvance(word) for word in text.split()), default=0.0)
            words[column] = max(words[column], spread * longest)
            cells[column] = max(cells[column], spread * metrics.horizontalAdvance(text))
    return words, cells


def _shrink(document: QTextDocument, table: QTextTable, scale: float) -> None:
    if scale < 1:
        cursor = QTextCursor(document)
        cursor.setPosition(table.firstPosition())
        cursor.setPosition(table.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
        smaller = QTextCharFormat()
        smaller.setFontPointSize(document.defaultFont().pointSizeF() * scale)
        cursor.mergeCharFormat(smaller)
