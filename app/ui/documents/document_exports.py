"""The formats in which a document is saved."""

from app.ui.widgets.i18n import mark

EXPORTS = (
    ("pdf", mark("Searchable PDF")),
    ("txt", mark("Text")),
    ("md", mark("Markdown")),
    ("html", mark("Web page")),
    ("docx", mark("Word document")),
    ("json", mark("JSON with positions")),
    ("hocr", mark("hOCR")),
    ("alto.xml", mark("ALTO XML")),
    ("xlsx", mark("Spreadsheet of tables")),
)
"""Suffixes and names, as they stand in the menu."""
