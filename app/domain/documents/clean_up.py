"""Clean-up of a page's text for further use: paragraphs instead of lines, no hyphens, no page numbers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.domain.documents.blocks import BlockKind
from app.domain.documents.line_joins import is_hyphenated
from app.domain.documents.page_blocks import page_blocks, without_lines
from app.domain.documents.page_parts import block_rows, joined_texts
from app.domain.documents.page_rows import indented_rows, text_of_lines
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Clean-up options. `ignored` are areas of a page whose lines are left out, in fractions of its sides.

    `is_main_text` leaves out headers, footers and page numbers.
    """

    joins_lines: bool = False
    strips_hyphens: bool = False
    ignored: tuple[Box, ...] = ()
    is_main_text: bool = False


def kept_page(page: OcrPage, how: CleanUp) -> OcrPage:
    """Return the page with the lines and tables that are kept."""
    kept = without_ignored(page, how.ignored)
    return main_text(kept) if how.is_main_text else kept


def main_text(page: OcrPage) -> OcrPage:
    """Return the page without its headers, footers and page numbers."""
    outside = {BlockKind.HEADER, BlockKind.FOOTER}
    left_out = {number for block in page_blocks(page) if block.kind in outside for number in block.lines}
    return _with_lines(page, [number for number in range(len(page.lines)) if number not in left_out])


def without_ignored(page: OcrPage, ignored: Sequence[Box]) -> OcrPage:
    """Return the page without the lines and tables whose centre is in an ignored area (fractions of its sides)."""
    if not ignored:
        return page
    tables = tuple(table for table in page.tables if not _is_in(table.box, page, ignored))
    left_out = ignored_lines(page, ignored)
    kept = [number for number in range(len(page.lines)) if number not in left_out]
    return _with_lines(replace(page, tables=tables), kept)


def ignored_lines(page: OcrPage, ignored: Sequence[Box]) -> frozenset[int]:
    """Return the numbers of the lines whose centre is in an ignored area."""
    return frozenset(number for number, line in enumerate(page.lines) if _is_in(line.box, page, ignored))


def _with_lines(page: OcrPage, kept: Sequence[int]) -> OcrPage:
    """Return the page with these of its lines, by their numbers."""
    text = text_of_lines(page, {number: page.lines[number].text for number in kept})
    lines, blocks = tuple(page.lines[number] for number in kept), without_lines(page.blocks, kept)
    return replace(page, lines=lines, text=text, blocks=blocks)


def cleaned_text(page: OcrPage, how: CleanUp) -> str:
    """Return the cleaned-up text of a page; rows of tables are never joined."""
    kept = kept_page(page, how)
    if not kept.lines or not (how.joins_lines or how.strips_hyphens):
        return kept.text
    if how.joins_lines:
        found = (joined_texts(kept, *part, strips_hyphens=how.strips_hyphens) for part in block_rows(kept))
        return "\n".join(text for texts in found for text in texts)
    code = [number for block in kept.blocks if block.kind is BlockKind.CODE for number in block.lines]
    return _without_hyphens(kept.text.splitlines(), frozenset(indented_rows(kept, code)))


def _without_hyphens(texts: Sequence[str], code: Collection[str]) -> str:
    """Keep the lines, except that the rest of a hyphenated word moves up to the line where the word begins.

    The lines of `code` stay as they are.
    """
    lines = [*texts[:1]]
    for text in texts[1:]:
        if is_hyphenated(lines[-1], text) and text not in code:
            rest, _, others = text.partition(" ")
            lines[-1] = lines[-1][:-1] + rest
            if others:
                lines.append(others)
        else:
            lines.append(text)
    return "\n".join(lines)


def _is_in(box: Box, page: OcrPage, parts: Sequence[Box]) -> bool:
    x, y = box.centre.x / max(page.width, 1), box.centre.y / max(page.height, 1)
    return any(part.left <= x <= part.right and part.top <= y <= part.bottom for part in parts)
