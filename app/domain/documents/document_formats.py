"""Serialises a whole document, page by page."""

from collections.abc import Mapping, Sequence

from app.domain.documents.clean_up import CleanUp, cleaned_text, kept_page
from app.domain.documents.page_formats import PageFormat, around, formatted
from app.domain.documents.pages import OcrPage
from app.domain.documents.worksheets import WorksheetData, table_sheet
from app.domain.images.codes import with_codes


def document_text(pages: Sequence[OcrPage], name: str, form: PageFormat, how: CleanUp) -> str:
    """Serialise the pages of the file called `name`, cleaned up; JSON has a line for each page."""
    kept = [kept_page(page, how) for page in pages]
    if form is PageFormat.TEXT:
        return "\n\n".join(cleaned_text(page, how).rstrip("\n") for page in pages) + "\n"
    names = [name] if len(kept) == 1 else [f"{name}, page {number}" for number in range(1, len(kept) + 1)]
    parts = [formatted(page, names[number], form, number) for number, page in enumerate(kept)]
    head, tail = around(form)
    return head + ("\n" if form is PageFormat.MARKDOWN else "").join(parts) + tail


def table_sheets(pages: Sequence[OcrPage]) -> list[WorksheetData]:
    """Return a sheet for each table of a document."""
    return [sheet for number, page in enumerate(pages) for sheet in _table_sheets(number, page)]


def page_sheets(pages: Mapping[int, OcrPage]) -> list[WorksheetData]:
    """Return a sheet for each table of these pages (by number from 0); one of text lines for a page without tables."""
    return [
        sheet for number, page in pages.items() for sheet in _table_sheets(number, page) or [_text_sheet(number, page)]
    ]


def _table_sheets(number: int, page: OcrPage) -> list[WorksheetData]:
    return [table_sheet(f"Page {number + 1}, table {position}", table) for position, table in enumerate(page.tables, 1)]


def _text_sheet(number: int, page: OcrPage) -> WorksheetData:
    return WorksheetData(f"Page {number + 1}", [[line] for line in with_codes(page.text, page.codes).splitlines()])
