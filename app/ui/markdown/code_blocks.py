"""Code blocks in an answer: frames and syntax highlighting."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMimeData, QRectF
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QPainter,
    QPalette,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextLayout,
)

from app.ui.markdown.code_colours import Span, colour_spans
from app.ui.markdown.copy_row import PADDING, row_height
from app.ui.markdown.text_positions import QtPositions

GAP, RADIUS = 8, 8
"""Gap between frames and text, and corner radius of frames, in pixels."""
MAX_COLOURED_CHARS = 20_000
"""Maximum length of highlighted code in characters; more would block the window."""
LANGUAGE = QTextFormat.Property.BlockCodeLanguage.value
"""The property of a text block that is code."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Consecutive text blocks of a document, from `first` to `last`. `language` is as the model named it, or empty."""

    first: int
    last: int
    language: str
    code: str


def code_blocks(document: QTextDocument) -> tuple[CodeBlock, ...]:
    """Return all code blocks. Adjacent blocks in the same language count as one."""
    found: list[CodeBlock] = []
    lines: list[str] = []
    block = document.begin()
    while block.isValid():
        style = block.blockFormat()
        if style.hasProperty(LANGUAGE):
            language = str(style.property(LANGUAGE))
            lines.append(block.text())
            following = block.next()
            continues = following.isValid() and following.blockFormat().hasProperty(LANGUAGE)
            if not continues or following.blockFormat().property(LANGUAGE) != language:
                number = block.blockNumber()
                found.append(CodeBlock(number - len(lines) + 1, number, language, "\n".join(lines)))
                lines = []
        block = block.next()
    return tuple(found)


def make_room(document: QTextDocument, blocks: tuple[CodeBlock, ...]) -> None:
    """Add margins for the frames that `paint_frames` draws, and wrap lines that are longer than the frame."""
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    for code in blocks:
        block = document.findBlockByNumber(code.first)
        for number in range(code.first, code.last + 1):
            style = block.blockFormat()
            style.setNonBreakableLines(False)
            style.setLeftMargin(style.leftMargin() + PADDING)
            style.setRightMargin(PADDING)
            if number == code.first:
                style.setTopMargin(GAP + row_height(document.defaultFont()))
            if number == code.last:
                style.setBottomMargin(GAP + PADDING)
            cursor.setPosition(block.position())
            cursor.setBlockFormat(style)
            block = block.next()
    cursor.endEditBlock()
    # Qt ignores the margin above a document's first text block and below its last.
    last = document.blockCount() - 1
    edge = document.rootFrame().frameFormat()
    edge.setTopMargin(row_height(document.defaultFont()) if any(code.first == 0 for code in blocks) else 0)
    edge.setBottomMargin(PADDING if any(code.last == last for code in blocks) else 0)
    document.rootFrame().setFrameFormat(edge)


def colour(document: QTextDocument, blocks: tuple[CodeBlock, ...], style: str) -> None:
    """Highlight the code with Pygments, in one of its styles, if it knows the language."""
    for code in blocks:
        if len(code.code) > MAX_COLOURED_CHARS:
            continue
        block = document.findBlockByNumber(code.first)
        start = block.position()
        lines = code.code.split("\n")
        for line, spans in zip(
            lines, _by_line(lines, colour_spans(code.code, code.language.lower(), style)), strict=True
        ):
            _colour_line(block, line, spans)
            block = block.next()
        last = document.findBlockByNumber(code.last)
        document.markContentsDirty(start, last.position() + last.length() - start)


def frame_of(document: QTextDocument, code: CodeBlock) -> QRectF:
    """Return the frame of the code, in the document's pixels."""
    layout = document.documentLayout()
    first = document.findBlockByNumber(code.first)
    top = layout.blockBoundingRect(first).top() - row_height(document.defaultFont())
    bottom = layout.blockBoundingRect(document.findBlockByNumber(code.last)).bottom() + PADDING
    style = first.blockFormat()
    left = style.leftMargin() + style.indent() * document.indentWidth() - PADDING
    return QRectF(left, top, document.textWidth() - left, bottom - top)


def paint_frames(painter: QPainter, frames: list[QRectF]) -> None:
    """Draw a background and a border for each of the frames."""
    palette = QGuiApplication.palette()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(palette.color(QPalette.ColorRole.Mid))
    painter.setBrush(palette.color(QPalette.ColorRole.Base))
    for area in frames:
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


def code_mime(code: CodeBlock) -> QMimeData:
    """Return the code for the clipboard."""
    data = QMimeData()
    data.setText(code.code)
    return data


def _by_line(lines: list[str], spans: Sequence[Span]) -> list[list[Span]]:
    """Split a code's spans by line, with positions within the line; a span over several lines is in each."""
    found: list[list[Span]] = [[] for _ in lines]
    number = start = 0
    for begin, end, name in spans:
        while begin > start + len(lines[number]):
            start += len(lines[number]) + 1
            number += 1
        line, line_start = number, start
        while line < len(lines) and line_start < end:
            length = len(lines[line])
            part = (max(begin - line_start, 0), min(end - line_start, length), name)
            if part[0] < part[1]:
                found[line].append(part)
            line_start += length + 1
            line += 1
    return found


def _colour_line(block: QTextBlock, line: str, spans: list[Span]) -> None:
    positions = QtPositions(line)
    ranges = []
    for start, end, name in spans:
        piece = QTextLayout.FormatRange()
        piece.start = positions.of(start)
        piece.length = positions.of(end) - piece.start
        style = QTextCharFormat()
        style.setForeground(QColor(name))
        piece.format = style
        ranges.append(piece)
    block.layout().setFormats(ranges)
