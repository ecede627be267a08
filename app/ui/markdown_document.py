"""A model's Markdown in a QTextDocument."""

from PySide6.QtGui import QColor, QTextDocument

from app.domain.markdown import with_hard_breaks, with_marks
from app.ui.formulas import MakePicture, put_formulas
from app.ui.tables import style_tables

_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML


def set_markdown(
    document: QTextDocument, text: str, make_picture: MakePicture, colour: str, line: QColor, ratio: float
) -> bool:
    """Render GitHub's dialect, without HTML, and with a line for every line: text read from an image has lines.

    Args:
        document: Takes the text.
        text: The Markdown.
        make_picture: Draws formulas.
        colour: Of formulas, `#rrggbb`.
        line: The colour of tables' lines.
        ratio: How many dots of a formula make a pixel.

    Returns:
        Whether every formula has its picture.
    """
    marked, formulas = with_marks(text)
    document.setMarkdown(with_hard_breaks(marked), _DIALECT)
    is_complete = put_formulas(document, formulas, make_picture, colour, ratio)
    style_tables(document, line)
    return is_complete
