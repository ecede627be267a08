"""Splits a long message into sections, each small enough to be laid out quickly.

Qt's layout cost grows faster than a text's length: with the square of a word's letters, or of a table's cells. A
section is bounded in all of them. It ends where a top-level block of Markdown ends, if possible; otherwise within a
table or a block of code, whose head is then repeated, or at the end of a line, or of a word, or in the middle of one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

MAX_CHARACTERS = 8_000
MAX_LINES = 400
MAX_CELLS = 160
"""Maximum number of table cells in a section."""
MAX_HEAD = 500
"""Maximum length in characters of a repeated head: a fence with a language, or the first two lines of a table."""
MAX_COLUMNS = 40
"""Maximum number of columns; a table with more, or with a head longer than MAX_HEAD, is shown as source."""
STREAMED_CHARACTERS = 1_500
"""Characters after which a growing text's section ends with the next block, so that it is never laid out again."""
MAX_SECTIONS = 60
"""Number of sections of a message that are shown initially; each request shows more."""

_FENCE = re.compile(rf"^ {{0,3}}(`{{3,{MAX_HEAD}}}|~{{3,{MAX_HEAD}}})([^\n]{{0,{MAX_HEAD}}})$", re.MULTILINE)
_DELIMITERS = re.compile(r"^[ ]{0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$", re.MULTILINE)
_BLOCK_END = re.compile(r"\n[ \t]*\n+(?=\S)")
_EMPTY_LINE = re.compile(r"^[ \t]*$", re.MULTILINE)
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_ENDS_OF_PARTS = ("\n", "},", " ")
"""Separators at which a block is split, best first: lines, JSON objects on one line, words."""


@dataclass(frozen=True, slots=True)
class Section:
    """The characters [start, end) of a message.

    `before` and `after` complete a block that was split: the head of a table, the fences of code. `is_source` is True
    if it is to be shown as it was written. `block` is the start of the table or code whose head is `before`, -1 if
    there is none.
    """

    start: int
    end: int
    before: str = ""
    after: str = ""
    block: int = -1
    is_source: bool = False

    def of(self, text: str) -> str:
        """The section's own Markdown."""
        return f"{self.before}{text[self.start : self.end]}{self.after}"


@dataclass(frozen=True, slots=True)
class _Area:
    """A block of code or a table in a window of text; at a cut, `after` closes it and `before` reopens it."""

    start: int
    end: int
    before: str
    after: str = ""


def sections(
    text: str,
    *,
    is_markdown: bool = True,
    settled: Sequence[Section] = (),
    grows: bool = False,
    max_sections: int = MAX_SECTIONS,
) -> tuple[Section, ...]:
    """Split `text` into sections; a short text is one. Text after the last of `max_sections` sections is left out.

    Args:
        text: The whole message.
        is_markdown: Whether it is Markdown, or plain text.
        settled: The sections of the same text when it was shorter; all of them but the last stay as they are.
        grows: Whether more text will follow: then a section also ends with a block after STREAMED_CHARACTERS, so that
            finished text is never laid out again.
        max_sections: The maximum number of sections, 1 or more.
    """
    made = list(settled[:-1][: max_sections - 1])
    start = made[-1].end if made else 0
    opening, block = (settled[len(made)].before, settled[len(made)].block) if settled else ("", -1)
    while True:
        section, opening, at = _next(text, start, opening, is_markdown=is_markdown, grows=grows)
        made.append(replace(section, block=block))
        block = -1 if not opening else block if at == start and section.before else at
        start = section.end
        if start >= len(text) or len(made) == max_sections:
            return tuple(made)


def begins_code(text: str, start: int) -> bool:
    """Return whether the block that begins at `start` of a message is code rather than a table."""
    return _FENCE.match(text, start) is not None


def whole_code(text: str, start: int) -> str:
    """Return the code whose fence begins at `start` of a message, without its fences."""
    head = _FENCE.match(text, start)
    if head is None:
        return ""
    begin = head.end() + 1
    closing = re.compile(rf"^ {{0,3}}{head[1]}[`~]*[ \t]*$", re.MULTILINE).search(text, begin)
    return text[begin : closing.start() - 1 if closing else len(text)]


def whole_table(text: str, start: int) -> list[list[str]]:
    """Return the cells of the table that begins at `start` of a message, row by row, as source."""
    ending = _EMPTY_LINE.search(text, start)
    head, _, *rows = text[start : ending.start() if ending else len(text)].strip().split("\n")
    return [_cells(row) for row in (head, *rows)]


def _cells(row: str) -> list[str]:
    cells = _BETWEEN_CELLS.split(row.strip())
    inner = cells[1 if not cells[0].strip() else 0 : -1 if len(cells) > 1 and not cells[-1].strip() else None]
    return [cell.strip().replace("\\|", "|") for cell in inner]


def _next(text: str, start: int, opening: str, *, is_markdown: bool, grows: bool) -> tuple[Section, str, int]:
    """Return the section at `start`, the head with which the next one has to begin, and the start of its block."""
    window = text[start : start + MAX_CHARACTERS + 1]
    limit = min(_lines_end(window), MAX_CHARACTERS)
    window = window[: limit + 1]
    areas: list[_Area] = []
    is_source = False
    if is_markdown:
        code = _code(window, opening)
        tables = _tables(window, code, opening)
        areas = [*code, *tables]
        if wide := next(filter(_is_wide, tables), None):
            is_source = wide.start == 0
            limit = min(limit, wide.end) if is_source else wide.start
        else:
            limit = min(limit, _cells_end(window, tables))
    cut = limit if start + limit >= len(text) else _cut(window, limit, areas)
    if grows and (ends := _block_ends(window, cut, areas, STREAMED_CHARACTERS)):
        cut = ends[0]
    area = None if is_source else next((area for area in areas if area.start < cut < area.end), None)
    is_split = area is not None and start + cut < len(text)
    after = area.after if area and is_split else ""
    section = Section(start, start + cut, opening, after, is_source=is_source)
    return section, area.before if area and is_split else "", start + area.start if area else -1


def _lines_end(window: str) -> int:
    if window.count("\n") < MAX_LINES:
        return len(window)
    end = -1
    for _ in range(MAX_LINES):
        end = window.find("\n", end + 1)
    return end + 1


def _code(window: str, opening: str) -> list[_Area]:
    """Return all blocks of code; `opening` is the head of the first if the window begins within one."""
    first = _FENCE.match(opening)
    areas = []
    start, fence, head = (0, first[1], first[0]) if first else (-1, "", "")
    for match in _FENCE.finditer(window):
        mark, rest = match[1], match[2]
        if fence:
            if mark.startswith(fence) and not rest.strip():
                areas.append(_Area(start, match.end(), f"{head}\n", f"\n{fence}\n"))
                fence = ""
        elif mark[0] != "`" or "`" not in rest:  # Otherwise it is inline code.
            start, fence, head = match.start(), mark, match[0]
    if fence:
        areas.append(_Area(start, len(window) + 1, f"{head}\n", f"\n{fence}\n"))
    return areas


def _tables(window: str, code: Sequence[_Area], opening: str) -> list[_Area]:
    """Return all tables; `opening` is the head of the first if the window begins within one."""
    tables = []
    if opening and not _FENCE.match(opening):
        tables.append(_Area(0, _table_end(window, 0), opening))
    for match in _DELIMITERS.finditer(window):
        if "|" not in match[0]:
            continue
        start = window.rfind("\n", 0, max(0, match.start() - 1)) + 1
        head = window[start : match.start()]
        is_in_code = any(area.start <= start < area.end for area in code)
        is_in_table = bool(tables) and start < tables[-1].end
        if "|" in head and not is_in_code and not is_in_table:
            tables.append(_Area(start, _table_end(window, match.end() + 1), f"{head}{match[0]}\n"))
    return tables


def _table_end(window: str, start: int) -> int:
    """Return the end of the rows from `start` on; past the window's end if they may continue after it."""
    ending = _EMPTY_LINE.search(window, min(start, len(window)))
    return ending.start() if ending and ending.start() < len(window) else len(window) + 1


def _columns(table: _Area) -> int:
    return max(1, table.before.split("\n")[1].count("|") - 1)


def _is_wide(table: _Area) -> bool:
    return _columns(table) > MAX_COLUMNS or len(table.before) > MAX_HEAD


def _cells_end(window: str, tables: Sequence[_Area]) -> int:
    """Return the start of the first row that exceeds the maximum number of cells."""
    cells = 0
    for table in tables:
        row = table.start
        while row < min(table.end, len(window)):
            cells += _columns(table)
            if cells > MAX_CELLS and row > 0:
                return row
            newline = window.find("\n", row)
            row = newline + 1 if newline >= 0 else len(window)
    return len(window)


def _block_ends(window: str, limit: int, areas: Sequence[_Area], minimum: int) -> list[int]:
    """Return the ends of blocks from `minimum` up to `limit`, including the empty lines after them."""
    ends = (match.end() for match in _BLOCK_END.finditer(window, minimum, limit + 1))
    return [end for end in ends if end <= limit and not any(area.start < end < area.end for area in areas)]


def _cut(window: str, limit: int, areas: Sequence[_Area]) -> int:
    """Return the best position at which to split the window, from 1 up to `limit`."""
    if ends := _block_ends(window, limit, areas, limit // 4):
        return ends[-1]
    for sign in _ENDS_OF_PARTS:
        offset = window.rfind(sign, limit // 4, limit) + len(sign)
        if offset >= len(sign) and not any(area.start < offset < area.start + len(area.before) for area in areas):
            return offset
    return limit
