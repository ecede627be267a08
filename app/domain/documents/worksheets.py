"""The data of a spreadsheet before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.documents.tables import Table


@dataclass(frozen=True, slots=True)
class WorksheetCell:
    """A cell's text; a flagged one is coloured, and `note` gives the reason, or the text's source."""

    text: str
    is_flagged: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class WorksheetData:
    """A named sheet of a spreadsheet. `merged` lists merged cells as (row, column, rows, columns), counted from 0."""

    name: str
    rows: Sequence[Sequence[WorksheetCell | str]]
    merged: Sequence[tuple[int, int, int, int]] = field(default=())
    has_head: bool = False


def table_sheet(name: str, table: Table) -> WorksheetData:
    """Return a table as a sheet."""
    spans = [(cell.row, cell.column, cell.row_span, cell.column_span) for cell in table.cells]
    merged = [span for span in spans if span[2] > 1 or span[3] > 1]
    return WorksheetData(name, table.grid(), merged)
