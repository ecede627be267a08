"""The parts of a page as documents show them: headings, paragraphs with their lines joined, items, tables."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.documents.blocks import Block, BlockKind
from app.domain.documents.line_joins import MAX_GAP, joined
from app.domain.documents.list_levels import list_levels
from app.domain.documents.page_blocks import ITEM, block_table, page_blocks
from app.domain.documents.page_rows import GAP, indented_rows, page_rows
from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Table
from app.domain.images.geometry import Box

APART = frozenset({BlockKind.FIGURE, BlockKind.TABLE, BlockKind.FORMULA, BlockKind.CODE})
"""Kinds whose lines are not joined."""


@dataclass(frozen=True, slots=True)
class Part:
    """A block with its texts, one for each line that is shown, or with its table.

    `level` is that of a heading, from 1, or of an item of a list, from 0 for the outermost list.
    """

    kind: BlockKind
    texts: tuple[str, ...]
    level: int = 0
    table: Table | None = None


def page_parts(page: OcrPage) -> list[Part]:
    """Return the parts of a page in reading order. A text that is not that of the page's lines is one paragraph."""
    if not page.tables and not _is_of_lines(page):
        return [Part(BlockKind.PARAGRAPH, tuple(page.text.splitlines()))]
    parts: list[Part] = []
    last = None
    found = block_rows(page)
    levels = list_levels(page, [block for block, _ in found])
    for (block, rows), list_level in zip(found, levels, strict=True):
        if block.kind is BlockKind.TABLE:
            parts.append(Part(BlockKind.TABLE, (), table=block_table(page, block)))
        elif texts := joined_texts(page, block, rows):
            if last and block.kind is last.kind is BlockKind.PARAGRAPH and _is_list_of_rows(page, last, block):
                parts[-1] = replace(parts[-1], texts=(*parts[-1].texts, *texts))
            else:
                parts.append(Part(block.kind, texts, block.level or list_level))
        last = block
    return parts


def block_rows(page: OcrPage) -> list[tuple[Block, list[list[int]]]]:
    """Return the blocks of a page, each with the numbers of its lines by rows."""
    row_of = {number: index for index, row in enumerate(page_rows(page)) for number in row}
    found = []
    for block in page_blocks(page):
        rows: dict[int, list[int]] = {}
        for number in block.lines:
            rows.setdefault(row_of[number], []).append(number)
        found.append((block, list(rows.values())))
    return found


def joined_texts(
    page: OcrPage, block: Block, rows: Sequence[Sequence[int]], *, strips_hyphens: bool = True
) -> tuple[str, ...]:
    """Return the texts of a block: one if its lines go on in one another, else one for each row."""
    if block.kind is BlockKind.CODE:
        return tuple(indented_rows(page, block.lines))
    texts = [GAP.join(page.lines[number].text.strip() for number in row) for row in rows]
    if block.kind in APART or len(rows) < 2:
        return tuple(text for text in texts if text)
    return (joined(texts, strips_hyphens=strips_hyphens),)


def item_parts(text: str) -> tuple[int | None, str]:
    """Split the text of a list's item into its number, if it has one, and the rest without the sign."""
    sign = ITEM.match(text)
    if not sign:
        return None, text
    digits = "".join(letter for letter in sign[0] if letter.isdecimal())
    if digits:
        return int(digits), text[sign.end() :]
    has_letter = any(letter.isalnum() for letter in sign[0])
    return None, text if has_letter else text[sign.end() :]


def _is_list_of_rows(page: OcrPage, above: Block, below: Block) -> bool:
    """Return whether two blocks are rows below one another, such as those of an address or a receipt."""
    boxes = [[page.lines[number].box for number in block.lines] for block in (above, below)]
    first, second = (Box.around(side) for side in boxes)
    height = min(first.height, second.height)
    is_row = all(side[0].height > 0.5 * box.height for side, box in zip(boxes, (first, second), strict=True))
    return is_row and -0.5 * height <= second.top - first.bottom <= MAX_GAP * height


def _is_of_lines(page: OcrPage) -> bool:
    """Return whether the text has the letters of the lines, which blanks and hyphens may separate otherwise."""
    return _letters(page.text) == _letters("".join(line.text for line in page.lines))


def _letters(text: str) -> str:
    return "".join(text.replace("-", "").split())
