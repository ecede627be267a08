"""Serialises an OCR page as Markdown: headings, paragraphs, lists and tables in their places."""

import re

from app.domain.documents.blocks import BlockKind
from app.domain.documents.page_parts import Part, item_parts, page_parts
from app.domain.documents.pages import OcrPage
from app.domain.documents.table_formats import as_markdown
from app.domain.images.codes import with_codes
from app.domain.text.markdown import inert, plain_as_markdown, without_html

MAX_HEADING = 6
LIST_INDENT = "    "
"""Indentation of a nested list: at least the width of a sign or number, and less than that of code below it."""

_BACKTICKS = re.compile("`+")


def titled_markdown(page: OcrPage, title: str) -> str:
    """Return the page below a heading, and its own headings smaller; without a heading if the title is empty."""
    head = f"## {inert(title)}\n\n" if title else ""
    return without_html(f"{head}{with_codes(page_as_markdown(page, above=2 if title else 0), page.codes)}\n")


def page_as_markdown(page: OcrPage, above: int = 0) -> str:
    """Return the page's text; `above` is the level of the heading that it is below."""
    return "\n\n".join(_as_markdown(part, above) for part in page_parts(page))


def _as_markdown(part: Part, above: int) -> str:
    if part.table:
        return as_markdown(part.table).rstrip()
    text = "\n".join(part.texts)
    line = " ".join(text.split())
    match part.kind:
        case BlockKind.HEADING:
            return f"{'#' * min(part.level + above, MAX_HEADING)} {inert(line)}"
        case BlockKind.LIST_ITEM:
            number, rest = item_parts(line)
            indent = LIST_INDENT * part.level
            return f"{indent}{number}. {inert(rest)}" if number else f"{indent}- {inert(rest)}"
        case BlockKind.CAPTION:
            return f"*{inert(line)}*" if line and "*" not in line else inert(line)
        case BlockKind.CODE:
            fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
            return f"{fence}\n{text}\n{fence}"
        case _:
            return plain_as_markdown(text)
