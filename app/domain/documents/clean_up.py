"""Clean-up of a page's text for further use: paragraphs instead of lines, no hyphens, no page numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.documents.line_joins import is_hyphenated
from app.domain.documents.page_blocks import without_lines
from app.domain.documents.page_parts import block_rows, joined_texts
from app.domain.documents.page_rows import page_rows, text_of_rows
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Clean-up options. `ignored` are areas of a page whose lines are left out, in fractions of its sides."""

    joins_lines: bool = False
    strips_hyphens: bool = False
    ignored: tuple[Box, ...] = ()


def without_ignored(page: OcrPage, ignored: Sequence[Box]) -> OcrPage:
    """Return the page without the lines and tables whose centre is in an ignored area (fractions of its sides)."""
    if not ignored:
        return page
    kept = [number for number, line in enumerate(page.lines) if not _is_in(line.box, page, ignored)]
    rows = [[number for number in row if number in set(kept)] for row in page_rows(page)]
    text = text_of_rows(page, [row for row in rows if row])
    tables = tuple(table for table in page.tables if not _is_in(table.box, page, ignored))
    lines, blocks = tuple(page.lines[number] for number in kept), without_lines(page.blocks, kept)
    return replace(page, lines=lines, text=text, tables=tables, blocks=blocks)


def cleaned_text(page: OcrPage, how: CleanUp) -> str:
    """Return the cleaned-up text of a page; rows of tables are never joined."""
    kept = without_ignored(page, how.ignored)
    if not kept.lines or not (how.joins_lines or how.strips_hyphens):
        return kept.text
    if how.joins_lines:
        found = (joined_texts(kept, *part, strips_hyphens=how.strips_hyphens) for part in block_rows(kept))
        return "\n".join(text for texts in found for text in texts)
    return _without_hyphens(kept.text.splitlines())


def _without_hyphens(texts: Sequence[str]) -> str:
    """Keep the lines, except that the rest of a hyphenated word moves up to the line where the word begins."""
    lines = [texts[0]]
    for text in texts[1:]:
        if is_hyphenated(lines[-1], text):
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
