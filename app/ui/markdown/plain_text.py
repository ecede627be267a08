"""Sets plain text, in a fixed-width font where its columns stand below one another by spaces."""

from PySide6.QtGui import QFontDatabase, QTextCharFormat, QTextCursor, QTextDocument

from app.domain.text.aligned_columns import has_aligned_columns


def set_plain(document: QTextDocument, text: str) -> None:
    """Replace the content of `document` with plain text."""
    document.setPlainText(text)
    if has_aligned_columns(text):
        fixed = QTextCharFormat()
        fixed.setFontFamilies(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families())
        fixed.setFontFixedPitch(True)
        cursor = QTextCursor(document)
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.mergeCharFormat(fixed)
