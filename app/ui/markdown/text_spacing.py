"""Spacing of an answer's text, the ground of code within lines, and the bars beside quotations."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QRectF
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QPainter,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from app.ui.markdown.code_blocks import LANGUAGE

LINE_HEIGHT = 130.0
"""Height of lines, in percent of the font's own."""
PARAGRAPH, ITEM, ABOVE_HEADING, BELOW_HEADING = 0.5, 0.15, 0.9, 0.3
"""Margins above and below, in lines of the text. Between two blocks Qt keeps the larger one."""
QUOTE_INDENT = 1.0
"""Indentation of each level of a quotation, in lines of the text."""
BAR_WIDTH = 3.0
_QUOTE = QTextFormat.Property.BlockQuoteLevel.value


@dataclass(frozen=True, slots=True)
class Quotation:
    """The text blocks from `first` to `last`, which are quoted at least `level` times."""

    first: int
    last: int
    level: int


def space_text(document: QTextDocument, ground: QColor) -> None:
    """Set margins and heights of lines, indent quotations, and put inline code on a `ground`."""
    line = QFontMetricsF(document.defaultFont()).lineSpacing()
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    block = document.begin()
    while block.isValid():
        cursor.setPosition(block.position())
        if not block.blockFormat().hasProperty(LANGUAGE):
            _shade_code(cursor, block, ground)
            if cursor.currentTable() is None:
                cursor.setPosition(block.position())
                cursor.setBlockFormat(_spaced(block, line))
        block = block.next()
    cursor.endEditBlock()


def quotations(document: QTextDocument) -> tuple[Quotation, ...]:
    """Return all quotations, each of a nested one's levels by itself."""
    found: list[Quotation] = []
    open_at: list[int] = []
    block = document.begin()
    while block.isValid():
        number, level = block.blockNumber(), _level(block)
        while len(open_at) > level:
            found.append(Quotation(open_at.pop(), number - 1, len(open_at) + 1))
        open_at += [number] * (level - len(open_at))
        block = block.next()
    while open_at:
        found.append(Quotation(open_at.pop(), document.blockCount() - 1, len(open_at) + 1))
    return tuple(found)


def paint_bars(painter: QPainter, document: QTextDocument, quoted: Iterable[Quotation], colour: QColor) -> None:
    """Draw the bar of each quotation, in the document's pixels."""
    for quotation in quoted:
        painter.fillRect(bar_of(document, quotation), colour)


def bar_of(document: QTextDocument, quotation: Quotation) -> QRectF:
    """Return the place of a quotation's bar, in the document's pixels."""
    layout, line = document.documentLayout(), QFontMetricsF(document.defaultFont()).lineSpacing()
    top = layout.blockBoundingRect(document.findBlockByNumber(quotation.first)).top()
    bottom = layout.blockBoundingRect(document.findBlockByNumber(quotation.last)).bottom()
    return QRectF((quotation.level - 1) * QUOTE_INDENT * line, top, BAR_WIDTH, bottom - top)


def _level(block: QTextBlock) -> int:
    style = block.blockFormat()
    return style.intProperty(_QUOTE) if style.hasProperty(_QUOTE) else 0


def _spaced(block: QTextBlock, line: float) -> QTextBlockFormat:
    style = block.blockFormat()
    above = below = PARAGRAPH
    if style.headingLevel():
        above, below = ABOVE_HEADING, BELOW_HEADING
    elif style.hasProperty(QTextFormat.Property.ObjectIndex.value):  # Of a list.
        above = below = ITEM
    style.setTopMargin(above * line)
    style.setBottomMargin(below * line)
    style.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    if level := _level(block):
        style.setLeftMargin(level * QUOTE_INDENT * line)
        style.setRightMargin(0)
    return style


def _shade_code(cursor: QTextCursor, block: QTextBlock, ground: QColor) -> None:
    parts = cast("Iterable[QTextBlock.iterator]", block)
    fragments = [part.fragment() for part in parts]
    spans = [(it.position(), it.length()) for it in fragments if it.charFormat().fontFixedPitch()]
    shaded = QTextCharFormat()
    shaded.setBackground(ground)
    for start, length in spans:
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(shaded)
