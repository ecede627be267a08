"""Code in an answer: its frame and its colours."""

from dataclasses import dataclass
from functools import lru_cache

from pygments.lexers import get_lexer_by_name
from pygments.styles import get_style_by_name
from pygments.util import ClassNotFound
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

from app.ui.copy_row import HEIGHT as HEADER
from app.ui.copy_row import PADDING
from app.ui.text_positions import qt_position

GAP, RADIUS = 8, 8
"""Pixels: what lies between frames and text, and the frame's corners."""
LONGEST_COLOURED = 20_000
"""Characters; colours for more would hold up the window."""
LIGHT, DARK = "xcode", "github-dark"
"""Styles of Pygments in which every colour stands out from the frame's by 4.5 to 1 or more."""
LANGUAGE = QTextFormat.Property.BlockCodeLanguage.value
"""The property of a block that is code."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Consecutive blocks of a document, from `first` to `last`. `language` as the model named it, or empty."""

    first: int
    last: int
    language: str
    code: str


def code_blocks(document: QTextDocument) -> tuple[CodeBlock, ...]:
    """All code that has lines of its own. What follows at once in the same language is taken for one."""
    found: list[CodeBlock] = []
    lines: list[str] = []
    block = document.begin()
    while block.isValid():
        style = block.blockFormat()
        if style.hasProperty(LANGUAGE):
            language = str(style.property(LANGUAGE))
            lines.append(block.text())
            following = block.next()
            goes_on = following.isValid() and following.blockFormat().hasProperty(LANGUAGE)
            if not goes_on or following.blockFormat().property(LANGUAGE) != language:
                number = block.blockNumber()
                found.append(CodeBlock(number - len(lines) + 1, number, language, "\n".join(lines)))
                lines = []
        block = block.next()
    return tuple(found)


def make_room(document: QTextDocument, blocks: tuple[CodeBlock, ...]) -> None:
    """Keep the text off the frames that `paint_frames` draws, and wrap lines that are longer than the frame."""
    cursor = QTextCursor(document)
    for code in blocks:
        for number in range(code.first, code.last + 1):
            block = document.findBlockByNumber(number)
            style = block.blockFormat()
            style.setNonBreakableLines(False)
            style.setLeftMargin(style.leftMargin() + PADDING)
            style.setRightMargin(PADDING)
            if number == code.first:
                style.setTopMargin(GAP + HEADER)
            if number == code.last:
                style.setBottomMargin(GAP + PADDING)
            cursor.setPosition(block.position())
            cursor.setBlockFormat(style)
    # Qt leaves out what lies above a document's first text and below its last.
    last = document.blockCount() - 1
    edge = document.rootFrame().frameFormat()
    edge.setTopMargin(HEADER if any(code.first == 0 for code in blocks) else 0)
    edge.setBottomMargin(PADDING if any(code.last == last for code in blocks) else 0)
    document.rootFrame().setFrameFormat(edge)


def colour(document: QTextDocument, blocks: tuple[CodeBlock, ...], style: str) -> None:
    """Colour the code by what Pygments makes of it, in one of its styles, where it knows the language."""
    for code in blocks:
        if len(code.code) > LONGEST_COLOURED:
            continue
        spans = _spans(code.code, code.language.lower(), style)
        block = document.findBlockByNumber(code.first)
        start = 0
        for line in code.code.split("\n"):
            _colour_line(block, line, [(at - start, end - start, name) for at, end, name in spans])
            start += len(line) + 1
            block = block.next()


def frame_of(document: QTextDocument, code: CodeBlock) -> QRectF:
    """Where the frame of the code is, in the document's pixels."""
    layout = document.documentLayout()
    first = document.findBlockByNumber(code.first)
    top = layout.blockBoundingRect(first).top() - HEADER
    bottom = layout.blockBoundingRect(document.findBlockByNumber(code.last)).bottom() + PADDING
    style = first.blockFormat()
    left = style.leftMargin() + style.indent() * document.indentWidth() - PADDING
    return QRectF(left, top, document.textWidth() - left, bottom - top)


def paint_frames(painter: QPainter, frames: list[QRectF]) -> None:
    """Draw a ground and a rim for each of the frames."""
    palette = QGuiApplication.palette()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(palette.color(QPalette.ColorRole.Mid))
    painter.setBrush(palette.color(QPalette.ColorRole.Base))
    for area in frames:
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


def code_mime(code: CodeBlock) -> QMimeData:
    """The code for the clipboard."""
    data = QMimeData()
    data.setText(code.code)
    return data


def _colour_line(block: QTextBlock, line: str, spans: list[tuple[int, int, str]]) -> None:
    ranges = []
    for start, end, name in spans:
        if end <= 0 or start >= len(line):
            continue
        piece = QTextLayout.FormatRange()
        piece.start = qt_position(line, max(start, 0))
        piece.length = qt_position(line, min(end, len(line))) - piece.start
        style = QTextCharFormat()
        style.setForeground(QColor(name))
        piece.format = style
        ranges.append(piece)
    block.layout().setFormats(ranges)
    block.document().markContentsDirty(block.position(), block.length())


@lru_cache(64)
def _spans(code: str, language: str, style: str) -> tuple[tuple[int, int, str], ...]:
    """Start, end and `#rrggbb` of all parts that have a colour."""
    try:
        tokens = get_lexer_by_name(language).get_tokens_unprocessed(code)
    except ClassNotFound:
        return ()
    colours = get_style_by_name(style)
    spans = ((start, start + len(text), colours.style_for_token(kind)["color"]) for start, kind, text in tokens)
    return tuple((start, end, f"#{name}") for start, end, name in spans if name)
