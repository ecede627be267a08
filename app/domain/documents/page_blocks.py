"""Forms blocks from the lines of a page: by a layout model's areas where there are any, else by sizes and positions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from app.domain.documents.blocks import MAX_LEVEL, Area, Block, BlockKind
from app.domain.documents.line_joins import continues, may_continue
from app.domain.documents.page_rows import page_rows
from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Table
from app.domain.images import quarter_turns
from app.domain.images.geometry import Box

MIN_SCORE = 0.5
"""Minimum confidence of an area."""

MIN_INSIDE = 0.6
"""Minimum fraction of a line's box within an area of its kind."""

MAX_FIGURE_SHARE = 0.4
"""Maximum fraction of a page's lines within a figure: a model takes whole pages of magazines and forms for figures."""

HEADING_GROWTH, LEVEL_GROWTH = 1.3, 1.3
"""Minimum ratio of a heading's line height to the text's, and of the heights of headings of two levels."""

MAX_HEADING_LINES, MAX_HEADING_LETTERS = 4, 160
MIN_HEADING_LETTERS = 2
MAX_HEADING_DIFFERENCE = 0.2
"""Maximum difference of height and left side, as fractions of the height, of headings that are numbered in turn."""

FOOTNOTE_SHRINK, FOOTNOTE_TOP = 0.9, 0.6
"""Maximum ratio of a footnote's line height to the text's, and where on the page it may begin."""

MARGIN, MAX_MARGIN = 0.08, 0.15
"""Fraction of a page's height at its top and bottom where page numbers stand, and where a model's headers may be."""

TALL = 1.5
"""Ratio of height to width above which a line runs from top to bottom."""

ITEM = re.compile(
    r"\s*(?:[-–—](?:\s+(?![\W\d]*$)|(?=[^\W\d_]))|[*•·●▪■◦○►✓➢]\s?|\(?(?:\d{1,2}|[a-zA-Z])[.)]\s+|[(（]\d{1,2}[)）]\s?|[①-⑳]\s?|\d{1,2}、)(?=\S)"
)
"""The sign or number that begins an item of a list; the minus of an amount is none."""

_CONTINUED = frozenset({BlockKind.LIST_ITEM, BlockKind.CAPTION, BlockKind.FOOTNOTE})
"""Kinds that a first line shows; the next ones look like those of a paragraph."""

_ONE_AREA = frozenset({BlockKind.FIGURE, BlockKind.FORMULA, BlockKind.HEADER, BlockKind.FOOTER, BlockKind.CODE})
"""Kinds whose blocks are areas, whatever the distance of their lines."""

_NUMBERED = re.compile(r"\s*(\d{1,2})\.\s+[^\W\d_]")
"""The number of a heading, which an item of a list may have as well."""

_NOTE = re.compile(r"\s*(?:\d{1,2}[.)]?\s*\S|[*†‡①-⑳]|\[\d{1,2}\])")
_PAGE_NUMBER = re.compile(r"[-–—·\s]*(?:\d{1,4}|[ivxlc]{1,6})[-–—·\s]*", re.IGNORECASE)
_CAPTION = re.compile(
    r"\s*[【\[]?\s*(?:fig(?:ure|ura|\.)|tab(?:le|elle|ela|la|leau|\.)|abb(?:ildung|\.)|chart|图|表|図|圖)\s*\.?\s*\d",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Group:
    """A block in the making: `kind`, the numbers of its lines, and their upright boxes."""

    kind: BlockKind
    source: object
    lines: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    rows: int = 0


def blocks_of(page: OcrPage, areas: Sequence[Area] = ()) -> tuple[Block, ...]:
    """Return the blocks of a page; each line is in one of them. `areas` are those of the upright page, in pixels."""
    return _Former(page, areas).blocks()


def page_blocks(page: OcrPage) -> tuple[Block, ...]:
    """Return the page's own blocks if they have all its lines, else new ones: pages of earlier versions have none."""
    numbers = sorted(number for block in page.blocks for number in block.lines)
    return page.blocks if page.blocks and numbers == list(range(len(page.lines))) else blocks_of(page)


def without_lines(blocks: Iterable[Block], kept: Sequence[int]) -> tuple[Block, ...]:
    """Return the blocks of a page of which only these lines are kept, in this order."""
    new = {number: index for index, number in enumerate(kept)}
    left = [replace(block, lines=tuple(new[number] for number in block.lines if number in new)) for block in blocks]
    return tuple(block for block in left if block.lines)


class _Former:
    """Forms the blocks of one page."""

    def __init__(self, page: OcrPage, areas: Sequence[Area]) -> None:
        self._page = page
        self._turns = page.rotation // 90
        size = (page.width, page.height)
        self._height = size[self._turns % 2 == 0] or 1
        self._boxes = [self._upright(line.box) for line in page.lines]
        self._areas = self._trusted([area for area in areas if area.score >= MIN_SCORE])
        letters = ["".join("".join(cell.text.split()) for cell in table.cells) for table in page.tables]
        self._tables = [(self._upright(table.box), words) for table, words in zip(page.tables, letters, strict=True)]
        heights = [box.height for box, line in zip(self._boxes, page.lines, strict=True) for _ in line.text]
        self._text_height = median(heights) if heights else 0.0

    def blocks(self) -> tuple[Block, ...]:
        groups: list[_Group] = []
        by_table: dict[int, _Group] = {}
        for row in page_rows(self._page):
            outside = []
            for number in row:
                table = self._table_of(number)
                if table is None:
                    outside.append(number)
                    continue
                if table not in by_table:
                    if outside:
                        self._place(groups, outside)
                        outside = []
                    by_table[table] = _Group(BlockKind.TABLE, table)
                    groups.append(by_table[table])
                self._add(by_table[table], [number])
            if outside:
                self._place(groups, outside)
        groups += [_Group(BlockKind.TABLE, number) for number in range(len(self._tables)) if number not in by_table]
        self._mark_margins(groups)
        self._mark_headings(groups)
        self._mark_numbered_headings(groups)
        return tuple(self._with_figures([self._block(group) for group in groups]))

    def _upright(self, box: Box) -> Box:
        edges = (box.left, box.top, box.right, box.bottom)
        return Box(*quarter_turns.rotated_box(edges, self._turns, self._page.width, self._page.height))

    def _trusted(self, areas: list[Area]) -> list[Area]:
        """Leave out figures and tables that hold too much of the page's text, and larger areas around others."""
        num_lines = max(1, len(self._boxes))
        wide = {BlockKind.FIGURE, BlockKind.TABLE}
        top, bottom = MAX_MARGIN * self._height, (1 - MAX_MARGIN) * self._height
        areas = [area for area in areas if area.kind is not BlockKind.HEADER or area.box.bottom <= top]
        areas = [area for area in areas if area.kind is not BlockKind.FOOTER or area.box.top >= bottom]
        return [
            area
            for area in areas
            if area.kind not in wide
            or sum(box.share_inside(area.box) >= MIN_INSIDE for box in self._boxes) <= MAX_FIGURE_SHARE * num_lines
        ]

    def _table_of(self, number: int) -> int | None:
        """Return the table that has all of a line's words; other lines within a table's box stay text."""
        centre = self._boxes[number].centre
        words = self._page.lines[number].text.split()
        for index, (box, letters) in enumerate(self._tables):
            if box.left <= centre.x <= box.right and box.top <= centre.y <= box.bottom:
                return index if all(word in letters for word in words) else None
        return None

    def _place(self, groups: list[_Group], row: list[int]) -> None:
        """Add a row to the last group, or to a new one."""
        first = row[0]
        box, text = self._boxes[first], self._page.lines[first].text
        kind, source = self._kind_of(box, text)
        last = groups[-1] if groups else None
        is_rest = last and kind is BlockKind.PARAGRAPH and last.kind in _CONTINUED
        if last and (is_rest or (last.kind is kind and last.source is source)) and self._belongs(last, row):
            self._add(last, row)
        else:
            groups.append(_Group(kind, source))
            self._add(groups[-1], row)

    def _kind_of(self, box: Box, text: str) -> tuple[BlockKind, object]:
        inside = [(area.score, area) for area in self._areas if box.share_inside(area.box) >= MIN_INSIDE]
        area = max(inside, key=lambda pair: pair[0])[1] if inside else None
        if box.height > TALL * box.width and len(text) > 1:
            return BlockKind.VERTICAL, None
        if area and area.kind not in {BlockKind.PARAGRAPH, BlockKind.TABLE, BlockKind.VERTICAL}:
            return area.kind, area
        if _CAPTION.match(text):
            return BlockKind.CAPTION, None
        is_small = box.height <= FOOTNOTE_SHRINK * self._text_height and box.top >= FOOTNOTE_TOP * self._height
        if is_small and _NOTE.match(text):
            return BlockKind.FOOTNOTE, box
        if ITEM.match(text) and not _PAGE_NUMBER.fullmatch(text):
            return BlockKind.LIST_ITEM, box
        return BlockKind.PARAGRAPH, None

    def _belongs(self, group: _Group, row: list[int]) -> bool:
        if group.kind in _ONE_AREA:
            return group.source is not None
        if group.kind is BlockKind.VERTICAL:
            above, below = group.boxes[-1], self._boxes[row[0]]
            return min(above.bottom, below.bottom) > max(above.top, below.top)
        if len(row) > 1 or group.rows != len(group.lines):
            return False
        text, following = (self._page.lines[number].text.strip() for number in (group.lines[-1], row[0]))
        hangs = group.kind is BlockKind.LIST_ITEM
        return may_continue(text, following) and continues(group.boxes, self._boxes[row[0]], hangs=hangs)

    def _add(self, group: _Group, row: list[int]) -> None:
        group.lines += row
        group.boxes += [self._boxes[number] for number in row]
        group.rows += 1

    def _mark_margins(self, groups: list[_Group]) -> None:
        """Page numbers near an edge, and what is in their row, are headers or footers."""
        boxes = [Box.around(group.boxes) for group in groups if group.boxes]
        for group in groups:
            if group.kind is not BlockKind.PARAGRAPH or group.rows > 1:
                continue
            box = Box.around(group.boxes)
            is_first = not any(other.top < box.top and other.bottom < box.bottom for other in boxes)
            is_last = not any(other.bottom > box.bottom and other.top > box.top for other in boxes)
            is_number = any(_PAGE_NUMBER.fullmatch(self._page.lines[number].text) for number in group.lines)
            if is_number and box.bottom <= (MAX_MARGIN if is_first else MARGIN) * self._height:
                group.kind = BlockKind.HEADER
            elif is_number and box.top >= (1 - (MAX_MARGIN if is_last else MARGIN)) * self._height:
                group.kind = BlockKind.FOOTER

    def _mark_headings(self, groups: list[_Group]) -> None:
        for number, group in enumerate(groups):
            if group.kind is not BlockKind.PARAGRAPH or len(groups) == 1:
                continue
            letters = sum(len(self._page.lines[line].text.strip()) for line in group.lines)
            height = median(box.height for box in group.boxes)
            is_short = group.rows <= MAX_HEADING_LINES and MIN_HEADING_LETTERS <= letters <= MAX_HEADING_LETTERS
            words = "".join(self._page.lines[line].text for line in group.lines)
            is_text = sum(letter.isalpha() for letter in words) > 0.5 * letters
            if is_short and is_text and height >= HEADING_GROWTH * self._text_height and number < len(groups) - 1:
                group.kind = BlockKind.HEADING

    def _mark_numbered_headings(self, groups: list[_Group]) -> None:
        """Make a lone numbered item a heading if one as high, at the same x, has the number before or after."""
        numbered = {
            index: int(match[1])
            for index, group in enumerate(groups)
            if group.rows == 1 and (match := _NUMBERED.match(self._page.lines[group.lines[0]].text))
        }
        items = {index for index, group in enumerate(groups) if group.kind is BlockKind.LIST_ITEM}
        lone = sorted(index for index in items.intersection(numbered) if items.isdisjoint({index - 1, index + 1}))
        headings = {index for index in numbered if groups[index].kind is BlockKind.HEADING}
        for index in lone:
            if any(
                abs(numbered[index] - numbered[other]) == 1
                and _are_alike(groups[index].boxes[0], groups[other].boxes[0])
                for other in headings
            ):
                groups[index].kind = BlockKind.HEADING
                headings.add(index)

    def _block(self, group: _Group) -> Block:
        if group.kind is BlockKind.TABLE and isinstance(group.source, int):
            return Block(group.kind, self._page.tables[group.source].box, tuple(group.lines))
        box = Box.around(self._page.lines[number].box for number in group.lines)
        return Block(group.kind, box, tuple(group.lines))

    def _with_figures(self, blocks: list[Block]) -> list[Block]:
        """Set the levels of headings, and insert figures without text before what is below them."""
        levels = self._levels(blocks)
        found = [replace(block, level=levels.get(index, 0)) for index, block in enumerate(blocks)]
        with_text = {block.box for block in found if block.kind is BlockKind.FIGURE}
        for area in self._areas:
            box = self._rotated_back(area.box)
            if area.kind is not BlockKind.FIGURE or any(other.share_inside(box) > MIN_INSIDE for other in with_text):
                continue
            uprights = [self._upright(block.box) for block in found]
            below = (
                index
                for index, other in enumerate(uprights)
                if other.centre.y > area.box.centre.y
                and min(other.right, area.box.right) > max(other.left, area.box.left)
            )
            found.insert(next(below, len(found)), Block(BlockKind.FIGURE, box, ()))
        return found

    def _rotated_back(self, box: Box) -> Box:
        size = (self._page.width, self._page.height)
        width, height = size if self._turns % 2 == 0 else size[::-1]
        return Box(*quarter_turns.rotated_box((box.left, box.top, box.right, box.bottom), -self._turns, width, height))

    def _levels(self, blocks: Sequence[Block]) -> dict[int, int]:
        """Return the levels of headings by their index: a level for each size."""
        sizes = {
            index: median(self._boxes[number].height for number in block.lines)
            for index, block in enumerate(blocks)
            if block.kind is BlockKind.HEADING
        }
        levels: dict[int, int] = {}
        level, size = 0, float("inf")
        for index in sorted(sizes, key=lambda index: -sizes[index]):
            if size > LEVEL_GROWTH * sizes[index]:
                level, size = min(level + 1, MAX_LEVEL), sizes[index]
            levels[index] = level
        return levels


def _are_alike(box: Box, other: Box) -> bool:
    max_off = MAX_HEADING_DIFFERENCE * max(box.height, other.height)
    return abs(box.height - other.height) <= max_off and abs(box.left - other.left) <= max_off


def block_table(page: OcrPage, block: Block) -> Table | None:
    """Return the table of a block of that kind, which has the same box."""
    return next((table for table in page.tables if table.box == block.box), None)
