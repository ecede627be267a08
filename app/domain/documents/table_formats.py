"""Serialises tables for spreadsheets, web pages and Markdown."""

import html
import re
import unicodedata
from collections.abc import Sequence

from app.domain.documents.tables import Cell, Table
from app.domain.text.markdown import inert

_SIGNS = frozenset("=+-@")
_QUOTED = re.compile(r'[",;\t\r\n]|^\s|\s$')
_PARTS = re.compile(r"([;\t\r\n])")
"""Characters at which a program may split a cell: in many European locales it splits at semicolons, and interprets
quotes only at the beginning of a cell."""
_BEFORE = re.compile(r'^[\s"]+')
"""Leading white space and quotes: CSV doubles quotes, and two at the start of a split-off part read as empty text."""
_PLAIN = re.compile(r"[+\-＋－]\s?[\d.,'’\s]*\d\s?[%‰$€£¥]?")


def as_csv(table: Table) -> str:
    """Return comma-separated values (RFC 4180), each `harmless`.

    Cells with a semicolon or a tab are quoted, too, so that programs that split there see one cell.
    """
    return "".join(",".join(_csv_cell(text) for text in row) + "\r\n" for row in table.grid())


def as_tsv(rows: Sequence[Sequence[str]]) -> str:
    """Return tab-separated rows for pasting into spreadsheets, each cell `harmless` and without tabs of its own."""
    return "\n".join("\t".join(harmless(" ".join(text.split())) for text in row) for row in rows)


def as_html(table: Table, *, is_pasted: bool = False) -> str:
    """Return a `<table>` with row and column spans; cells are `harmless` if it is to be pasted."""
    rows: list[str] = []
    for number in range(table.rows):
        cells = (_html_cell(cell, is_pasted=is_pasted) for cell in _filled(table) if cell.row == number)
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def harmless(text: str) -> str:
    """Escape text that a spreadsheet would evaluate with a leading apostrophe (OWASP, CSV Injection).

    Text on an image may be an attack on those who open the file. Evaluated text begins with "=", "+", "-" or "@", also
    in full-width or small form, after blanks, quotes, line breaks or invisible characters, or after a semicolon or a
    tab within the text, where a program may split it. Signed numbers are unchanged: digits with points, commas,
    apostrophes or spaces between them, optionally followed by a percent or currency sign, so that "-3,50 €" and
    "+49 30 1234" stay, and "+49-30-1234", which would be evaluated, is escaped.
    """
    return "".join(f"'{part}" if _is_formula(part) else part for part in _PARTS.split(text))


def as_markdown(table: Table) -> str:
    """Return a table in GitHub's dialect of Markdown; its first row is the header, which is mandatory."""
    rows = [[_flat(text).replace("\\", "\\\\").replace("|", "\\|") for text in row] for row in table.grid()]
    head, *others = rows
    lines = [head, ["---"] * table.columns, *others]
    return inert("".join(f"| {' | '.join(row)} |\n" for row in lines))


def is_number(text: str) -> bool:
    """Return whether spreadsheets of any locale read `text` as the same number: digits, and at most one point."""
    digits = text.removeprefix("-")
    whole, _, part = digits.partition(".")
    is_plain = whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit()))
    return is_plain and not digits.endswith(".") and len(digits) <= 15 and (whole == "0" or not whole.startswith("0"))


def _csv_cell(text: str) -> str:
    safe = harmless(text)
    return '"{}"'.format(safe.replace('"', '""')) if _QUOTED.search(safe) else safe


def _is_formula(text: str) -> bool:
    # Spreadsheets, or programs that a text passes through on its way there, drop invisible characters.
    seen = "".join(letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cf", "Cs"})
    begun = _BEFORE.sub("", seen).rstrip()
    return unicodedata.normalize("NFKC", begun[:1]) in _SIGNS and not _PLAIN.fullmatch(begun)


def _filled(table: Table) -> list[Cell]:
    """Return all cells, with empty ones in the gaps."""
    covered = {
        (row, column)
        for cell in table.cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }
    positions = ((row, column) for row in range(table.rows) for column in range(table.columns))
    empty = [Cell(row, column, "", table.box) for row, column in positions if (row, column) not in covered]
    return sorted([*table.cells, *empty], key=lambda cell: (cell.row, cell.column))


def _html_cell(cell: Cell, *, is_pasted: bool) -> str:
    spans = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    return f"<td{spans}>{html.escape(harmless(cell.text) if is_pasted else cell.text)}</td>"


def _flat(text: str) -> str:
    return " ".join(text.split())
