"""A spreadsheet before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.tables import Table


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A text; a doubtful one is coloured, and `note` says why, or where it comes from."""

    text: str
    is_doubtful: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A named page of a spreadsheet. `merged` has (row, column, rows, columns) that are one cell, counted from 0."""

    name: str
    rows: Sequence[Sequence[SheetCell | str]]
    merged: Sequence[tuple[int, int, int, int]] = field(default=())
    has_head: bool = False


def table_sheet(name: str, table: Table) -> Sheet:
    """A table as a sheet of its own."""
    spans = [(cell.row, cell.column, cell.row_span, cell.column_span) for cell in table.cells]
    merged = [span for span in spans if span[2] > 1 or span[3] > 1]
    return Sheet(name, table.grid(), merged)
