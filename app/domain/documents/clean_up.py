"""Clean-up of a page's text for further use: paragraphs instead of lines, no hyphens, no page numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.documents.page_rows import GAP, page_rows, text_of_rows
from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Table
from app.domain.images.geometry import Box, TextLine

MAX_GAP = 0.8
"""Maximum gap between two lines of a paragraph, in line heights."""
MAX_GROWTH = 1.35
"""Maximum ratio of the heights of two lines of a paragraph."""
INDENT = 1.2
"""Minimum indent or outdent, in line heights, of a line that begins a paragraph."""
FULL = 0.8
"""Fraction of a paragraph's width; a shorter line ends it."""
_HYPHEN = re.compile(r"(\w)[-\u00ad\u2010]$")
_NO_SPACES = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")


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
    return replace(page, lines=tuple(page.lines[number] for number in kept), text=text, tables=tables)


def cleaned_text(page: OcrPage, how: CleanUp) -> str:
    """Return the cleaned-up text of a page; rows of tables are never joined."""
    kept = without_ignored(page, how.ignored)
    if not kept.lines or not (how.joins_lines or how.strips_hyphens):
        return kept.text
    paragraphs: list[list[Sequence[TextLine]]] = []
    for numbers in page_rows(kept):
        row = [kept.lines[number] for number in numbers]
        if how.joins_lines and paragraphs and _continues(paragraphs[-1], row, kept.tables):
            paragraphs[-1].append(row)
        else:
            paragraphs.append([row])
    texts = [_joined([_text(row) for row in rows], how) for rows in paragraphs]
    return "\n".join(texts) if how.joins_lines else _without_hyphens(texts)


def _continues(paragraph: Sequence[Sequence[TextLine]], row: Sequence[TextLine], tables: Sequence[Table]) -> bool:
    above = paragraph[-1]
    if len(above) > 1 or len(row) > 1:
        return False
    upper, lower = above[0].box, row[0].box
    if any(_is_within(box, table.box) for table in tables for box in (upper, lower)):
        return False
    height = min(upper.height, lower.height)
    if height <= 0 or max(upper.height, lower.height) > MAX_GROWTH * height:
        return False
    if not -0.5 * height <= lower.top - upper.bottom <= MAX_GAP * height:
        return False
    left = min(line.box.left for line, *_ in paragraph)
    right = max([*(line.box.right for line, *_ in paragraph), lower.right])
    is_full = upper.right - left >= FULL * (right - left)
    moved_in = lower.left - left > INDENT * height
    return is_full and not moved_in and lower.left - left > -3 * INDENT * height


def _joined(texts: Sequence[str], how: CleanUp) -> str:
    whole = texts[0]
    for text in texts[1:]:
        if how.strips_hyphens and _is_hyphenated(whole, text):
            whole = whole[:-1] + text
        elif _NO_SPACES.match(whole[-1:]) or _NO_SPACES.match(text[:1]):
            whole += text
        else:
            whole += f" {text}"
    return whole


def _without_hyphens(texts: Sequence[str]) -> str:
    """Keep the lines, except that the rest of a hyphenated word moves up to the line where the word begins."""
    lines = [texts[0]]
    for text in texts[1:]:
        if _is_hyphenated(lines[-1], text):
            rest, _, others = text.partition(" ")
            lines[-1] = lines[-1][:-1] + rest
            if others:
                lines.append(others)
        else:
            lines.append(text)
    return "\n".join(lines)


def _is_hyphenated(above: str, below: str) -> bool:
    """Return whether a word continues below: before a capital or a digit, the hyphen is part of the text."""
    return bool(_HYPHEN.search(above)) and below[:1].islower()


def _text(row: Sequence[TextLine]) -> str:
    return GAP.join(line.text.strip() for line in row)


def _is_in(box: Box, page: OcrPage, parts: Sequence[Box]) -> bool:
    x, y = box.centre.x / max(page.width, 1), box.centre.y / max(page.height, 1)
    return any(part.left <= x <= part.right and part.top <= y <= part.bottom for part in parts)


def _is_within(box: Box, other: Box) -> bool:
    centre = box.centre
    return other.left <= centre.x <= other.right and other.top <= centre.y <= other.bottom
