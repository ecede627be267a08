"""What a batch writes for an image or a document: text, Markdown, JSON, and its row of the spreadsheet.

The JSON, one object in UTF-8, whose `schema` changes with any change that a reader of it would notice:

    schema    "lorgnette.batch/1"
    source    `name` within the batch, `path`, `bytes`, and `modified` in nanoseconds since 1970
    pages     one object for an image, more for a document: `number` from 1; `width`, `height`, `rotation`, `text`,
              `notice`, `lines`, `tables` and `codes` as `lorgnette ocr --format json` writes them, boxes in pixels of
              the upright page with `left`, `top`, `right`, `bottom`
    fields    for each field that was asked for: `name`; `value` as the model gives it; `text`, the words of the image
              that it names for it; `evidence`, an object of `page` (from 1) and `box` where the reader found those
              words too, and null where it did not: then nothing but the model's word stands for the value
    problem   null, or the sentence that says why the fields are missing
"""

import json
from collections.abc import Sequence
from dataclasses import asdict

from app.domain.batch import Entry, FieldCell, ItemState, Output
from app.domain.markdown import plain_as_markdown
from app.domain.pages import Page
from app.domain.sheets import Sheet, SheetCell

SCHEMA = "lorgnette.batch/1"
LONGEST_CELL = 32_000
"""Characters; a spreadsheet's cell holds 32,767."""


def batch_document(entry: Entry, pages: Sequence[Page], form: Output) -> str:
    """The pages of an image or a document in one of the three forms that are text."""
    if form is Output.JSON:
        return json.dumps(_document(entry, pages), ensure_ascii=False) + "\n"
    if form is Output.TEXT:
        return "\n\n".join(page.text.rstrip("\n") for page in pages) + "\n"
    name = " ".join(entry.source.name.split())
    heads = [name] if len(pages) == 1 else [f"{name}, page {number}" for number in range(1, len(pages) + 1)]
    parts = [f"## {head}\n\n{plain_as_markdown(page.text)}\n" for head, page in zip(heads, pages, strict=True)]
    return "\n".join([*parts, *_field_lines(entry.cells)])


def batch_sheet(entries: Sequence[Entry], fields: Sequence[str]) -> Sheet:
    """A row for each image; what nothing on the image speaks for is coloured."""
    rows: list[Sequence[SheetCell | str]] = [sheet_head(fields), *(sheet_row(entry, fields) for entry in entries)]
    return Sheet("Images", rows, has_head=True)


def sheet_head(fields: Sequence[str]) -> list[str]:
    """The names of the columns."""
    return ["File", *(fields or ["Text"]), "Pages", "Problem"]


def sheet_row(entry: Entry, fields: Sequence[str]) -> list[SheetCell]:
    """The row of an image."""
    cells = {cell.name: cell for cell in entry.cells}
    middle = [_sheet_cell(cells.get(name)) for name in fields] if fields else [SheetCell(entry.text[:LONGEST_CELL])]
    said = entry.problem.sentence if entry.problem else " ".join(entry.notices)
    return [
        SheetCell(entry.source.name),
        *middle,
        SheetCell(str(entry.pages) if entry.state is ItemState.DONE else ""),
        SheetCell(said, is_doubtful=bool(said)),
    ]


def _sheet_cell(cell: FieldCell | None) -> SheetCell:
    if cell is None or not cell.value:
        return SheetCell("")
    if cell.evidence is None:
        quoted = f"the model names “{cell.text}”" if cell.text else "the model names none"
        return SheetCell(cell.value, is_doubtful=True, note=f"No evidence on the image: {quoted}.")
    box, page = cell.evidence.box, cell.evidence.page + 1
    place = f"page {page}, {box.left:.0f} to {box.right:.0f} px across, {box.top:.0f} to {box.bottom:.0f} px down"
    return SheetCell(cell.value, note=f"“{cell.text or cell.value}”: {place}.")


def _document(entry: Entry, pages: Sequence[Page]) -> dict[str, object]:
    source = entry.source
    return {
        "schema": SCHEMA,
        "source": {
            "name": source.name,
            "path": source.path,
            "bytes": source.size,
            "modified": source.modified_ns,
        },
        "pages": [{"number": number, **asdict(page)} for number, page in enumerate(pages, 1)],
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
    return [f"- {cell.name}: {cell.value}{' (no evidence on the image)' if cell.is_doubtful else ''}" for cell in cells]
