"""Documents of Word (DOCX) from OCR pages: headings, paragraphs, lists and tables, without fields and links."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.documents.blocks import BlockKind
from app.domain.documents.page_parts import Part, item_parts, page_parts
from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Table
from app.domain.images.codes import with_codes
from app.domain.text.xml_text import xml_safe
from app.storage.files.atomic import save_file

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph

CODE_FONT = "Courier New"
MAX_LIST_LEVEL = 2
"""Highest level of nested lists, from 0, for which Word has styles of its own."""

MAX_COLUMNS = 63
"""Maximum number of columns of a table in Word; a wider one becomes text."""


def save_word(path: Path, pages: Sequence[OcrPage]) -> None:
    """Write a DOCX file, whole or not at all. Raises StorageError."""
    save_file(path, word_document(pages))


def word_document(pages: Sequence[OcrPage]) -> bytes:
    """Return a DOCX file with a page break before each page but the first."""
    from docx import Document  # noqa: PLC0415 - it and lxml are needed for this format only

    document = Document()
    # Those of the template.
    document.core_properties.author = document.core_properties.comments = ""
    for number, page in enumerate(pages):
        if number:
            document.add_paragraph().paragraph_format.page_break_before = True
        for part in page_parts(page):
            _add(document, part)
        if page.codes:
            _write(document.add_paragraph(), with_codes("", page.codes).splitlines())
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _add(document: "WordDocument", part: Part) -> None:
    if part.table and part.table.columns <= MAX_COLUMNS:
        _add_table(document, part.table)
        return
    texts = ["\t".join(row) for row in part.table.grid()] if part.table else list(part.texts)
    match part.kind:
        case BlockKind.HEADING:
            _write(document.add_heading(level=max(1, part.level)), texts)
        case BlockKind.LIST_ITEM:
            # Word would number the items anew, so a number stays part of the text.
            number, text = item_parts(" ".join(" ".join(texts).split()))
            depth = f" {min(part.level, MAX_LIST_LEVEL) + 1}" if part.level else ""
            style = f"List Bullet{depth}" if number is None else f"List{depth}"
            _write(document.add_paragraph(style=style), [text if number is None else f"{number}. {text}"])
        case BlockKind.CAPTION:
            _write(document.add_paragraph(style="Caption"), texts)
        case BlockKind.CODE:
            _write(document.add_paragraph(), texts, font=CODE_FONT)
        case _:
            _write(document.add_paragraph(), texts)


def _write(paragraph: "Paragraph", texts: Sequence[str], font: str = "") -> None:
    for number, text in enumerate(texts):
        run = paragraph.add_run()
        if number:
            run.add_break()
        run.add_text(xml_safe(text))
        if font:
            run.font.name = font


def _add_table(document: "WordDocument", table: Table) -> None:
    made = document.add_table(table.rows, table.columns, style="Table Grid")
    for cell in table.cells:
        first = made.cell(cell.row, cell.column)
        last = made.cell(cell.row + cell.row_span - 1, cell.column + cell.column_span - 1)
        first.merge(last).text = xml_safe(cell.text)
