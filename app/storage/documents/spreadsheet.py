"""Spreadsheets as XLSX files. A text stays a text: nothing read from an image becomes a formula or a link."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.domain.documents.table_formats import is_number
from app.domain.documents.worksheets import WorksheetCell, WorksheetData
from app.domain.error_texts import storage_texts
from app.domain.errors import StorageError
from app.domain.text.xml_text import xml_safe
from app.partial_files import writing
from app.storage.files.atomic import storage_error

MAX_TEXT_CHARS = 32_767
"""Maximum length of a cell in Excel, in UTF-16 units; a longer text is cut and ends with an ellipsis."""
MAX_ROWS = 1_048_576
MAX_NAME_CHARS = 31
"""Maximum length of a worksheet's name, in UTF-16 units."""
MAX_DIGITS = 11
"""Maximum number of digits of a number; Excel shows longer ones, such as bar codes, in exponents: they stay text."""
WIDEST = 60
"""Maximum width of a column in characters; longer texts are wrapped."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff\ud800-\udfff]")
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": False}


def save_workbook(
    path: Path, sheets: Sequence[WorksheetData], written: Callable[[BinaryIO], object] = lambda _file: None
) -> None:
    """Write an XLSX file, whole or not at all; `written` receives the open file, complete, before it takes its place.

    Raises StorageError, also for more rows than Excel supports.
    """
    if any(len(sheet.rows) > MAX_ROWS for sheet in sheets):
        raise StorageError(storage_texts.SPREADSHEET_TOO_LONG, file=path.name, rows=MAX_ROWS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path) as file:
            workbook = Workbook(file, _OPTIONS)
            wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
            flagged = workbook.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFE7A3"})
            head = workbook.add_format({"bold": True, "valign": "top"})
            names: set[str] = set()
            for sheet in sheets:
                page = workbook.add_worksheet(_free(sheet.name, names))
                _fill(page, sheet, (wrapped, flagged, head))
            workbook.close()
            written(file)
    except (OSError, FileCreateError) as error:
        cause = error if isinstance(error, OSError) else error.args[0]
        refused = cause if isinstance(cause, OSError) else OSError(str(cause))
        raise storage_error(refused, storage_texts.FILE, file=path.name) from error


def _fill(page: Worksheet, sheet: WorksheetData, formats: tuple[Format, Format, Format]) -> None:
    wrapped, flagged, head = formats
    spans = {(row, column): (row + rows - 1, column + columns - 1) for row, column, rows, columns in sheet.merged}
    widths: dict[int, int] = {}
    for row, cells in enumerate(sheet.rows):
        for column, given in enumerate(cells):
            cell = given if isinstance(given, WorksheetCell) else WorksheetCell(given)
            text = _clean(cell.text)
            style = head if sheet.has_head and row == 0 else flagged if cell.is_flagged else wrapped
            if end := spans.get((row, column)):
                page.merge_range(row, column, *end, "", style)
            elif text:
                widths[column] = max(widths.get(column, 8), min(len(text) + 2, WIDEST))
            if text and is_number(text) and len(text) <= MAX_DIGITS:
                page.write_number(row, column, float(text), style)
            elif text or cell.is_flagged:
                page.write_string(row, column, text, style)
            if cell.note:
                page.write_comment(row, column, _clean(cell.note))
    for column, width in widths.items():
        page.set_column(column, column, width)
    if sheet.has_head:
        page.freeze_panes(1, 0)


def _clean(text: str) -> str:
    kept = xml_safe(text, "\ufffd")
    short = _shortened(kept, MAX_TEXT_CHARS)
    return kept if short == kept else f"{_shortened(kept, MAX_TEXT_CHARS - 1)}…"


def _shortened(text: str, length: int) -> str:
    """Return the first `length` UTF-16 units, which Excel counts, without splitting a character."""
    return text.encode("utf-16-le")[: 2 * length].decode("utf-16-le", "ignore")


def _free(name: str, taken: set[str]) -> str:
    """Return a name that Excel accepts and no other sheet has; Excel ignores case in names."""
    plain = _FORBIDDEN.sub(" ", name).strip(" '") or "Sheet"
    plain = "Sheet" if plain.casefold() == "history" else plain
    number, free = 1, _shortened(plain, MAX_NAME_CHARS).rstrip(" '")
    while free.casefold() in taken:
        number += 1
        free = f"{_shortened(plain, MAX_NAME_CHARS - len(str(number)) - 1)} {number}"
    taken.add(free.casefold())
    return free
