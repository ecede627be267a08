"""Tables for spreadsheets, web pages and Markdown."""

import csv
import html
import io
from collections.abc import Sequence

from app.domain.tables import Cell, Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection")."""


def as_csv(table: Table) -> str:
    """Comma-separated values after RFC 4180.

    A text on an image may have been put there to be run by whoever opens the file: what would be a formula, and is no
    number, gets an apostrophe in front.
    """
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([_harmless(text) for text in row] for row in table.grid())
    return written.getvalue()


def as_tsv(rows: Sequence[Sequence[str]]) -> str:
    """Rows as the clipboard has them for spreadsheets: tabs between cells, which have none of their own."""
    return "\n".join("\t".join(" ".join(text.split()) for text in row) for row in rows)


def as_html(table: Table) -> str:
    """A `<table>`; cells that span several rows or columns do so."""
    rows: list[str] = []
    for number in range(table.rows):
        cells = (_html_cell(cell) for cell in _filled(table) if cell.row == number)
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def as_markdown(table: Table) -> str:
    """A table of GitHub's dialect, which must have a head: its first row."""
    rows = [[_flat(text).replace("\\", "\\\\").replace("|", "\\|") for text in row] for row in table.grid()]
    head, *others = rows
    lines = [head, ["---"] * table.columns, *others]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def is_number(text: str) -> bool:
    """Whether every spreadsheet in the world reads this as the same number: digits, and one point at most."""
    digits = text.removeprefix("-")
    whole, _, part = digits.partition(".")
    is_plain = whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit()))
    return is_plain and not digits.endswith(".") and len(digits) <= 15 and (whole == "0" or not whole.startswith("0"))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) and not is_number(text) else text


def _filled(table: Table) -> list[Cell]:
    """All cells, with empty ones where none is."""
    covered = {
        (row, column)
        for cell in table.cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }
    places = ((row, column) for row in range(table.rows) for column in range(table.columns))
    empty = [Cell(row, column, "", table.box) for row, column in places if (row, column) not in covered]
    return sorted([*table.cells, *empty], key=lambda cell: (cell.row, cell.column))


def _html_cell(cell: Cell) -> str:
    spans = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    return f"<td{spans}>{html.escape(cell.text)}</td>"


def _flat(text: str) -> str:
    return " ".join(text.split())
