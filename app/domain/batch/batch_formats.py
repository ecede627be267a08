"""Output of a batch for an image or a document: its text files and its row of the spreadsheet.

The JSON is one object in UTF-8, whose `schema` changes with any change that a consumer would notice:

    schema    "lorgnette.batch/1"
    source    `name` within the batch, `path`, `bytes`, and `modified` in nanoseconds since 1970
    pages     one object for an image, more for a document: `number` from 1; `width`, `height`, `rotation`, `text`,
              `notice`, `lines`, `tables`, `codes` and `blocks` as `lorgnette ocr --format json` writes them, boxes in
              pixels of the upright page with `left`, `top`, `right`, `bottom`
    fields    for each requested field: `name`; `value` as the model gives it; `text`, the words of the image that it
              cites for it; `evidence`, an object of `page` (from 1) and `box` if the OCR found those words, too, and
              null if it did not: then the value is unverified model output
    problem   null, or the sentence that says why the fields are missing
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from app.domain.batch.batch import Entry, FieldCell, ItemState, Output
from app.domain.documents.clean_up import CleanUp
from app.domain.documents.document_formats import document_text
from app.domain.documents.page_fields import page_fields
from app.domain.documents.page_formats import PageFormat
from app.domain.documents.pages import OcrPage
from app.domain.documents.worksheets import WorksheetCell, WorksheetData
from app.domain.text.markdown import without_html
from app.domain.text.visible_text import as_json, visible

SCHEMA = "lorgnette.batch/1"
MAX_CELL_CHARS = 32_000
"""Maximum length of a cell, in characters; a spreadsheet's cell holds 32,767."""
MAX_UNDERLINE_CHARS = 72


def batch_document(entry: Entry, pages: Sequence[OcrPage], form: Output) -> str:
    """Serialise the pages of an image or a document, which are cleaned up already, in a format of text."""
    if form is Output.JSON:
        return as_json(_document(entry, pages)) + "\n"
    text = document_text(pages, entry.source.name, PageFormat(form.value), CleanUp())
    if form is Output.MARKDOWN:
        return without_html("\n".join([text, *_field_lines(entry.cells)]))
    return text


def batch_text(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the text of each image below its underlined name; of one that has failed, the reason in brackets."""
    for entry in entries:
        name = visible(" ".join(entry.source.name.split()))
        body = [entry.problem.sentence.join("[]")] if entry.problem else [entry.text, *_field_lines(entry.cells)]
        yield "\n".join([name, "=" * min(len(name), MAX_UNDERLINE_CHARS), "", *filter(None, body), "", ""]) + "\n"


def batch_sheet(entries: Sequence[Entry], fields: Sequence[str]) -> WorksheetData:
    """Return a sheet with a row for each image; values without evidence on the image are coloured."""
    rows: list[Sequence[WorksheetCell | str]] = [sheet_head(fields), *(sheet_row(entry, fields) for entry in entries)]
    return WorksheetData("Images", rows, has_head=True)


def sheet_head(fields: Sequence[str]) -> list[str]:
    """Return the names of the columns."""
    return ["File", *(fields or ["Text"]), "Pages", "Problem"]


def sheet_row(entry: Entry, fields: Sequence[str]) -> list[WorksheetCell]:
    """Return the row of an image."""
    cells = {cell.name: cell for cell in entry.cells}
    middle = (
        [_sheet_cell(cells.get(name)) for name in fields] if fields else [WorksheetCell(entry.text[:MAX_CELL_CHARS])]
    )
    remarks = entry.problem.sentence if entry.problem else " ".join(entry.notices)
    return [
        WorksheetCell(entry.source.name),
        *middle,
        WorksheetCell(str(entry.pages) if entry.state is ItemState.DONE else ""),
        WorksheetCell(remarks, is_flagged=bool(remarks)),
    ]


def _sheet_cell(cell: FieldCell | None) -> WorksheetCell:
    if cell is None or not cell.value:
        return WorksheetCell("")
    if cell.evidence is None:
        quoted = f"the model quotes “{cell.text}”" if cell.text else "the model quotes no text"
        return WorksheetCell(cell.value, is_flagged=True, note=f"Not found on the image: {quoted}.")
    box, page = cell.evidence.box, cell.evidence.page + 1
    location = f"page {page}, x {box.left:.0f} to {box.right:.0f} px, y {box.top:.0f} to {box.bottom:.0f} px"
    return WorksheetCell(cell.value, note=f"“{cell.text or cell.value}”: {location}.")


def _document(entry: Entry, pages: Sequence[OcrPage]) -> dict[str, object]:
    source = entry.source
    return {
        "schema": SCHEMA,
        "source": {
            "name": source.name,
            "path": source.path,
            "bytes": source.size,
            "modified": source.modified_ns,
        },
        "pages": [{"number": number, **page_fields(page)} for number, page in enumerate(pages, 1)],
        "fields": [
            {
                "name": cell.name,
                "value": cell.value,
                "text": cell.text,
                "evidence": {"page": cell.evidence.page + 1, "box": asdict(cell.evidence.box)}
                if cell.evidence
                else None,
            }
            for cell in entry.cells
        ],
        "problem": entry.problem.sentence if entry.problem else None,
    }


def _field_lines(cells: Sequence[FieldCell]) -> list[str]:
    return [
        f"- {cell.name}: {cell.value}{' (no evidence on the image)' if cell.is_unverified else ''}" for cell in cells
    ]
