"""Rendering of a model's Markdown in a QTextDocument."""

from PySide6.QtGui import QColor, QTextCursor, QTextDocument

from app.domain.text.markdown import BREAK_MARK, with_marked_breaks, with_marks
from app.ui.markdown.formulas import MakePicture, put_formulas
from app.ui.markdown.markdown_tables import style_tables
from app.ui.markdown.text_spacing import space_text

_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML

CODE_GROUND = 22
"""Opacity of the ground of inline code, 0..255."""


def set_markdown(
    document: QTextDocument, text: str, make_picture: MakePicture, colour: str, line: QColor, ratio: float
) -> bool:
    """Render GitHub-flavoured Markdown without HTML, and keep line breaks: text read from an image has lines.

    Args:
        document: The document to fill.
        text: The Markdown.
        make_picture: Draws formulas.
        colour: The colour of formulas and, much paler, of the ground of inline code, `#rrggbb`.
        line: The colour of table lines.
        ratio: The device pixel ratio of formulas.

    Returns:
        True if every formula has its picture.
    """
    marked, formulas = with_marks(text)
    document.setMarkdown(with_marked_breaks(marked), _DIALECT)
    _join_lines(document)
    is_complete = put_formulas(document, formulas, make_picture, colour, ratio)
    ground = QColor(colour)
    ground.setAlpha(CODE_GROUND)
    space_text(document, ground)
    style_tables(document, line)
    return is_complete


def _join_lines(document: QTextDocument) -> None:
    """Turn line breaks of a paragraph, for which Qt makes a paragraph each, into breaks within one."""
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    while not (found := document.find(BREAK_MARK, cursor)).isNull():
        cursor.setPosition(found.selectionStart())
        cursor.deleteChar()
        if cursor.atBlockEnd() and not cursor.atEnd():
            cursor.deleteChar()
            cursor.insertText("\N{LINE SEPARATOR}")
    cursor.endEditBlock()
