"""Spreadsheets as XLSX files. A text stays a text: nothing that stood on an image becomes a formula or a link."""

import re
from collections.abc import Sequence
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.domain.errors import StorageError
from app.domain.sheets import Sheet, SheetCell
from app.domain.table_formats import is_number
from app.storage.atomic import replacing, storage_error

LONGEST_TEXT = 32_767
"""UTF-16 units that Excel lets a cell have; what is longer is cut, and ends with an ellipsis."""
MOST_ROWS = 1_048_576
LONGEST_NAME = 31
"""UTF-16 units."""
MOST_DIGITS = 11
"""Excel shows longer numbers, such as those of bar codes, in powers of ten; they stay texts."""
WIDEST = 60
"""Characters; a column with longer texts is wrapped."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff\ud800-\udfff]")
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What XML cannot hold."""
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": False}


def save_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write an XLSX file, whole or not at all. Raises StorageError, for more rows than Excel takes, too."""
    if any(len(sheet.rows) > MOST_ROWS for sheet in sheets):
        raise StorageError(
            f"“{path.name}” would have more rows than a spreadsheet can have.",
            kept="Nothing was written.",
            todo=f"Save at most {MOST_ROWS:,} rows at once.",
        )
    try:
        with replacing(path) as partial:
            workbook = Workbook(str(partial), _OPTIONS)
            wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
            doubtful = workbook.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFE7A3"})
            head = workbook.add_format({"bold": True, "valign": "top"})
            names: set[str] = set()
            for sheet in sheets:
                page = workbook.add_worksheet(_free(sheet.name, names))
                _fill(page, sheet, (wrapped, doubtful, head))
            workbook.close()
    except (OSError, FileCreateError) as error:
        cause = error if isinstance(error, OSError) else error.args[0]
        raise storage_error(cause if isinstance(cause, OSError) else OSError(str(cause)), f"“{path.name}”") from error


def _fill(page: Worksheet, sheet: Sheet, formats: tuple[Format, Format, Format]) -> None:
    wrapped, doubtful, head = formats
    spans = {(row, column): (row + rows - 1, column + columns - 1) for row, column, rows, columns in sheet.merged}
    widths: dict[int, int] = {}
    for row, cells in enumerate(sheet.rows):
        for column, given in enumerate(cells):
            cell = given if isinstance(given, SheetCell) else SheetCell(given)
            text = _clean(cell.text)
            style = head if sheet.has_head and row == 0 else doubtful if cell.is_doubtful else wrapped
            if end := spans.get((row, column)):
                page.merge_range(row, column, *end, "", style)
            elif text:
                widths[column] = max(widths.get(column, 8), min(len(text) + 2, WIDEST))
            if text and is_number(text) and len(text) <= MOST_DIGITS:
                page.write_number(row, column, float(text), style)
            elif text or cell.is_doubtful:
                page.write_string(row, column, text, style)
            if cell.note:
                page.write_comment(row, column, _clean(cell.note))
    for column, width in widths.items():
        page.set_column(column, column, width)
    if sheet.has_head:
        page.freeze_panes(1, 0)


def _clean(text: str) -> str:
    kept = _ODD.sub("\ufffd", text)
    short = _shortened(kept, LONGEST_TEXT)
    return kept if short == kept else f"{_shortened(kept, LONGEST_TEXT - 1)}…"


def _shortened(text: str, length: int) -> str:
    """The first `length` UTF-16 units, which Excel counts, without half a character at the end."""
    return text.encode("utf-16-le")[: 2 * length].decode("utf-16-le", "ignore")


def _free(name: str, taken: set[str]) -> str:
    """A name that Excel takes and that no other sheet has: names there differ by more than their case."""
    plain = _FORBIDDEN.sub(" ", name).strip(" '") or "Sheet"
    plain = "Sheet" if plain.casefold() == "history" else plain
    number, free = 1, _shortened(plain, LONGEST_NAME).rstrip(" '")
    while free.casefold() in taken:
        number += 1
        free = f"{_shortened(plain, LONGEST_NAME - len(str(number)) - 1)} {number}"
    taken.add(free.casefold())
    return free
