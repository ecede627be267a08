"""Makes a page of what a model answers about one: its text, or a document in HTML with the places of its elements.

Qwen3-VL answers `qwenvl html` with elements that have a `data-bbox` in thousandths of the page's sides, and
`qwenvl markdown` with tables in LaTeX and comments with places (QwenLM/Qwen3-VL, cookbooks/document_parsing.ipynb).
Models that were trained to read documents answer with Markdown: see `markdown_answers`.
"""

import re
from dataclasses import dataclass, replace
from html import unescape
from itertools import groupby, product

from app.domain.documents.blocks import MAX_LEVEL, Block, BlockKind
from app.domain.documents.markdown_answers import markdown_as_html
from app.domain.documents.markdown_pages import page_as_markdown
from app.domain.documents.page_rows import GAP
from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Cell, Table
from app.domain.images.geometry import Box, TextLine
from app.domain.text.answer_markup import COMMENT, ELEMENT, PLACED, TAG, attributes
from app.domain.text.grounding import SCALE, box_in, numbers_in
from app.domain.text.latex_tables import with_markdown_tables

MAX_LINES = 5000
"""Maximum number of lines with places; what follows is text without."""
MAX_SPAN = 100
"""Maximum number of rows and columns that a cell may say it spans."""
MAX_DEPTH, MAX_CELLS, MAX_SAME = 100, 5000, 50
_HTML = re.compile(f"<{PLACED}", re.IGNORECASE)
_FENCE = re.compile(r"\A\s*```(?P<language>[a-z]*)\n(?P<content>.*?)\n?(?:```\s*)?\Z", re.DOTALL)
_FENCE_LINE = re.compile(r"^```(\w*)", re.MULTILINE)
_FENCED_CODE = re.compile(r"^```[^\n]*\n.*?(?:^```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_FENCED_DOCUMENT = re.compile(
    r"^```(?P<language>html|markdown|md)[ \t]*\n(?P<content>.*?)(?:\n```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
_DOCUMENTS = {"html", "markdown", "md"}
"""Languages of fenced blocks that are a document; others are code."""
_BEGINS_HTML = re.compile(
    r"\s*<(?:!doctype|html|head|body|main|article|section|header|div|h[1-6]|p|[uo]l|table)\b", re.IGNORECASE
)
_UNSHOWN = re.compile(r"<(script|style|title)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_DOCTYPE = re.compile(r"<!doctype[^<>]*>", re.IGNORECASE)
_TABLE_EDGE = re.compile(r"<(/?)table(?:[\s/][^<>]*+)?>", re.IGNORECASE)
_CUT_OFF = re.compile(r"(?:<[^<>]*|\n`{1,2})\Z")
"""The beginning of a tag, or of the end of a block of code, with which an answer ends."""
_COMMENTS = re.compile(r"<!--[^<>]*+-->")
_PLAIN = {
    "p": BlockKind.PARAGRAPH, "div": BlockKind.PARAGRAPH, "address": BlockKind.PARAGRAPH, "li": BlockKind.LIST_ITEM,
    "figcaption": BlockKind.CAPTION, "caption": BlockKind.CAPTION, "pre": BlockKind.CODE, "header": BlockKind.HEADER,
    "footer": BlockKind.FOOTER, "figure": BlockKind.FIGURE, "ol": BlockKind.PARAGRAPH, "ul": BlockKind.PARAGRAPH,
    "section": BlockKind.PARAGRAPH, "body": BlockKind.PARAGRAPH, "html": BlockKind.PARAGRAPH,
    **{f"h{level}": BlockKind.HEADING for level in range(1, 7)},
}  # fmt: skip
_CLASSES = {
    "caption": BlockKind.CAPTION, "formula": BlockKind.FORMULA, "footnote": BlockKind.FOOTNOTE, "code": BlockKind.CODE,
    "header": BlockKind.HEADER, "footer": BlockKind.FOOTER, "image": BlockKind.FIGURE, "chart": BlockKind.FIGURE,
    "list-item": BlockKind.LIST_ITEM,
}  # fmt: skip


def page_of_answer(answer: str, width: int, height: int, *, is_markdown: bool = False) -> OcrPage:
    """Return the page, `width` x `height` pixels large, that a model has read.

    An HTML document has lines, blocks and tables with their places; if it gives none, they lie one below the other. Any
    other answer is text without, unless the model answers with a document in Markdown, which has them, too.
    """
    written, is_html = _unfenced(answer)
    fenced = _FENCE.match(written)
    document = _CUT_OFF.sub("", fenced["content"] if fenced else written)
    has_places = _HTML.search(document) is not None
    if is_markdown and not (has_places or is_html):
        document = markdown_as_html(with_markdown_tables(COMMENT.sub(_without_place, document)))
    if has_places or is_html or is_markdown or _BEGINS_HTML.match(document):
        shown = _DOCTYPE.sub("", _UNSHOWN.sub("", _COMMENTS.sub("", document)))
        reader = _Reader(width, height)
        reader.read(shown)
        if not has_places:
            reader = _Reader(width, height, reader.rows)
            reader.read(shown)
        is_document = has_places or is_html or is_markdown or not reader.has_loose_text
        if is_document and (page := reader.page()):
            return page
    text = _with_markdown_tables(COMMENT.sub(_without_place, written))
    return OcrPage(width, height, (), text.strip("\n"))


def _without_place(comment: re.Match[str]) -> str:
    """Return nothing for a comment with a place, with its line if it stands alone; any other as it is."""
    if not comment["closed"] or not 2 <= len(numbers_in(comment["numbers"])) <= 8:
        return comment[0]
    return comment["rest"] or "" if comment["indent"] is None else ""


def _unfenced(answer: str) -> tuple[str, bool]:
    """Return the answer without the fences around its documents, and whether most of it is said to be HTML."""
    whole = _FENCE.match(answer)
    if whole and whole["language"] in _DOCUMENTS:
        inner = _FENCE_LINE.findall(whole["content"])
        if len(inner) % 2 == 0 and not _DOCUMENTS.intersection(inner):  # Blocks of code in the only document.
            return whole["content"], whole["language"] == "html"
    written = _FENCED_DOCUMENT.sub(lambda match: match["content"], answer)
    found = [match["content"] for match in _FENCED_DOCUMENT.finditer(answer) if match["language"] == "html"]
    return written, 2 * sum(map(len, found)) > len(answer)


def _with_markdown_tables(text: str) -> str:
    """Return Markdown with tables of LaTeX and of HTML as Markdown's; blocks of code are unchanged."""
    parts: list[str] = []
    position = 0
    for code in _FENCED_CODE.finditer(text):
        parts += [with_markdown_tables(_with_html_tables(text[position : code.start()])), code[0]]
        position = code.end()
    return "".join((*parts, with_markdown_tables(_with_html_tables(text[position:]))))


def _with_html_tables(text: str) -> str:
    """Return Markdown with each outermost `<table>` of HTML as a table of Markdown; one without cells is kept."""
    parts: list[str] = []
    position = depth = begin = 0
    for edge in _TABLE_EDGE.finditer(text):
        if not edge[1]:
            begin = begin if depth else edge.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                parts += [text[position:begin], _as_markdown(text[begin : edge.end()])]
                position = edge.end()
    if depth:  # Cut off.
        parts += [text[position:begin], _as_markdown(_CUT_OFF.sub("", text[begin:]))]
        position = len(text)
    return "".join((*parts, text[position:]))


def _as_markdown(table: str) -> str:
    reader = _Reader(SCALE, SCALE)
    reader.read(table)
    page = reader.page()
    return f"\n\n{page_as_markdown(page)}\n\n" if page and page.tables else table


@dataclass(slots=True)
class _Element:
    """An element that is open: what its text is, and where."""

    tag: str
    kind: BlockKind
    level: int
    box: Box
    items: int = 0


@dataclass(slots=True)
class _OpenCell:
    row: int
    column: int
    box: Box | None
    row_span: int
    column_span: int
    text: str = ""


class _OpenTable:
    """Collects a table's cells; a cell that is left out is empty, and one that is too much is dropped."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.cells: list[_OpenCell] = []
        self._taken: set[tuple[int, int]] = set()
        self._row, self._column = -1, 0

    @property
    def rows(self) -> int:
        """The number of rows up to the last that has a cell."""
        return 1 + max((cell.row for cell in self.cells), default=-1)

    def start_row(self) -> None:
        """Begin the next row."""
        self._row += 1
        self._column = 0

    def start_cell(self, box: Box | None, row_span: int, column_span: int) -> None:
        """Begin a cell at the row's next free column."""
        self._row = max(self._row, 0)
        while (self._row, self._column) in self._taken:
            self._column += 1
        if len(self._taken) < MAX_CELLS:
            self.cells.append(_OpenCell(self._row, self._column, box, row_span, column_span))
            rows, columns = range(self._row, self._row + row_span), range(self._column, self._column + column_span)
            self._taken.update(product(rows, columns))

    def add(self, text: str) -> None:
        """Add to the text of the cell."""
        if self.cells:
            self.cells[-1].text += text

    def table(self) -> Table | None:
        """Return the table; a cell without a place of its own has its share of the table's."""
        if not self.cells:
            return None
        rows = self.rows
        columns = max(cell.column + cell.column_span for cell in self.cells)
        across, down = self.box.width / columns, self.box.height / rows
        cells = []
        for cell in self.cells:
            row_span = min(cell.row_span, rows - cell.row)
            left, top = self.box.left + cell.column * across, self.box.top + cell.row * down
            box = cell.box or Box(left, top, left + cell.column_span * across, top + row_span * down)
            text = " ".join(cell.text.split())
            cells.append(Cell(cell.row, cell.column, text, box, row_span, cell.column_span))
        return Table(rows, columns, tuple(cells), self.box, is_ruled=True)


class _Reader:
    """Reads the blocks of an HTML document, of which any end tag and any part may be missing.

    Python's own parser takes time with the square of what never ends, and fails on some declarations.

    If the number of all `rows` is given, blocks have the places of as many rows that lie one below the other. By the
    end, `rows` is that number, and `has_loose_text` is True if there was text outside of all elements.
    """

    def __init__(self, width: int, height: int, rows: int = 0) -> None:
        self._width, self._height = width, height
        self.rows, self._of_rows = 0, rows
        self.has_loose_text = False
        whole = Box(0, 0, width, height)
        self._open = [_Element("", BlockKind.PARAGRAPH, 0, whole)]
        self._text: list[str] = []
        self._sign = ""
        self._table: _OpenTable | None = None
        self._nested = 0
        self._lines: list[TextLine] = []
        self._rows: list[str] = []
        self._blocks: list[Block] = []
        self._tables: list[Table] = []

    def read(self, text: str) -> None:
        """Read a document, in time proportional to its length."""
        position = 0
        for tag in TAG.finditer(text):
            if tag["closed"] != ">" or not ELEMENT.fullmatch(tag["name"]):
                continue
            self._add(text[position : tag.start()])
            position = tag.end()
            if tag["end"]:
                self._end(tag["name"].lower())
            else:
                self._begin(tag["name"].lower(), attributes(tag["attributes"]))
        self._add(text[position:])
        self._end_table()
        self._flush()

    def page(self) -> OcrPage | None:
        """Return the page, or None if there is no text."""
        if not self._lines:
            return None
        tables, blocks = tuple(self._tables), tuple(self._blocks)
        text = "\n".join(self._rows)
        return OcrPage(self._width, self._height, tuple(self._lines), text, tables=tables, blocks=blocks)

    def _begin(self, tag: str, values: dict[str, str]) -> None:
        box = self._box(values)
        if tag == "br":
            self._add("\n" if self._table is None else " ")
        elif self._table is not None:
            self._start_in_table(self._table, tag, values, box)
        elif tag == "hr":
            self._flush()
            self.rows += 1
        elif tag == "table":
            self._flush()
            self._table = _OpenTable(box or self._open[-1].box)
            self._nested = 0
        elif tag == "img":
            self._flush()
            if box and self._open[-1].kind is not BlockKind.FORMULA:
                self._blocks.append(Block(BlockKind.FIGURE, box, ()))
        elif tag in _PLAIN and len(self._open) < MAX_DEPTH:
            self._flush()
            self._start(tag, values.get("class", ""), box or self._open[-1].box)

    def _end(self, tag: str) -> None:
        """Close an element with all that is open in it."""
        if self._table is not None:
            if tag == "table" and self._nested:
                self._nested -= 1
            elif tag == "table":
                self._end_table()
        elif any(element.tag == tag for element in self._open):
            self._flush()
            while self._open.pop().tag != tag:
                pass

    def _add(self, written: str) -> None:
        """Add text, whose line breaks count in code and where they are elements."""
        data = unescape(written)
        if self._table is not None and self._table.cells:
            self._table.add(data)
        elif data == "\n" or self._open[-1].kind is BlockKind.CODE:
            self._text.append(data)
        else:
            self._text.append(data.replace("\n", " "))

    def _start(self, tag: str, names: str, box: Box) -> None:
        parent = self._open[-1]
        kind = next((_CLASSES[name] for name in _CLASSES if name in names), _PLAIN[tag])
        if kind is BlockKind.PARAGRAPH:
            kind = parent.kind
        if tag == "li":
            parent.items += 1
            self._sign = f"{parent.items}. " if parent.tag == "ol" else "- "
        level = min(int(tag[1]), MAX_LEVEL) if tag[1:].isdigit() else parent.level  # A part of a heading is one, too.
        self._open.append(_Element(tag, kind, level if kind is BlockKind.HEADING else 0, box))

    def _start_in_table(self, table: _OpenTable, tag: str, values: dict[str, str], box: Box | None) -> None:
        if tag == "table":
            self._nested += 1
        if self._nested:
            self._add(" ")  # A table within a cell is its text.
        elif tag == "tr":
            table.start_row()
        elif tag in {"td", "th"}:
            if not table.cells:
                self._flush()  # The caption.
            table.start_cell(box, _span(values, "rowspan"), _span(values, "colspan"))

    def _end_table(self) -> None:
        if self._table:
            self._table.box = self._next_box(self._table.box, self._table.rows)
        table = self._table.table() if self._table else None
        self._table = None
        if table is None:
            return
        cells = [cell for cell in table.cells if cell.text]
        rows = groupby(cells, lambda cell: cell.row)
        self._rows += [GAP.join(cell.text for cell in row) for _, row in rows]
        if len(self._lines) > MAX_LINES:
            return
        if table.box in {other.box for other in self._tables[-MAX_SAME:]}:  # A block finds its table by its box.
            table = replace(table, box=replace(table.box, bottom=table.box.bottom + len(self._tables) / SCALE))
        first = len(self._lines)
        self._lines += [TextLine(cell.text, cell.box, cell.box.corners, 1.0) for cell in cells]
        self._blocks.append(Block(BlockKind.TABLE, table.box, tuple(range(first, len(self._lines)))))
        self._tables.append(table)

    def _flush(self) -> None:
        """End the block whose text has been read."""
        element, text = self._open[-1], "".join(self._text)
        self._text.clear()
        self.has_loose_text |= len(self._open) == 1 and not text.isspace() and text != ""
        written = text.split("\n")
        texts = [line.rstrip() if element.kind is BlockKind.CODE else " ".join(line.split()) for line in written]
        texts = [line for line in texts if line.strip()]
        if not texts or len(self._lines) > MAX_LINES:
            self._rows += texts
            return
        if element.kind is BlockKind.LIST_ITEM:
            texts[0], self._sign = f"{self._sign}{texts[0]}", ""
        whole = self._next_box(element.box, len(texts))
        first, height = len(self._lines), whole.height / len(texts)
        for number, line in enumerate(texts):
            top = whole.top + number * height
            box = replace(whole, top=top, bottom=top + height)
            self._lines.append(TextLine(line, box, box.corners, 1.0))
        self._rows += texts
        numbers = tuple(range(first, len(self._lines)))
        self._blocks.append(Block(element.kind, whole, numbers, element.level))

    def _next_box(self, box: Box, rows: int) -> Box:
        """Return the box of the next `rows` rows: `box`, unless they lie one below the other."""
        first = self.rows
        self.rows += rows
        across = self._height / self._of_rows if self._of_rows else 0
        return replace(box, top=first * across, bottom=self.rows * across) if across else box

    def _box(self, values: dict[str, str]) -> Box | None:
        """Return where an element says that it is, in pixels."""
        corners = box_in(values.get("data-bbox", ""))
        left, top, right, bottom = (min(number, SCALE) for number in corners or (0, 0, 0, 0))
        if left == right or top == bottom:
            return None
        across, down = self._width / SCALE, self._height / SCALE
        return Box(left * across, top * down, right * across, bottom * down)


def _span(values: dict[str, str], name: str) -> int:
    written = values.get(name, "")
    return max(1, min(int(written), MAX_SPAN)) if written.isdecimal() and len(written) < 5 else 1
