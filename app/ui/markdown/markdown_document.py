"""Rendering of a model's Markdown in a QTextDocument."""

from PySide6.QtGui import QColor, QTextDocument

from app.domain.text.markdown import with_hard_breaks, with_marks
from app.ui.markdown.formulas import MakePicture, put_formulas
from app.ui.markdown.markdown_tables import style_tables

_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML


def set_markdown(
    document: QTextDocument, text: str, make_picture: MakePicture, colour: str, line: QColor, ratio: float
) -> bool:
    """Render GitHub-flavoured Markdown without HTML, and keep line breaks: text read from an image has lines.

    Args:
        document: The document to fill.
        text: The Markdown.
        make_picture: Draws formulas.
        colour: The formulas' colour, `#rrggbb`.
        line: The colour of table lines.
        ratio: The device pixel ratio of formulas.

    Returns:
        True if every formula has its picture.
    """
    marked, formulas = with_marks(text)
    document.setMarkdown(with_hard_breaks(marked), _DIALECT)
    is_complete = put_formulas(document, formulas, make_picture, colour, ratio)
    style_tables(document, line)
    return is_complete
