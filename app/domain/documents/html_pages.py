"""Serialises an OCR page as HTML, in which nothing is executed or fetched."""

import html
from itertools import groupby

from app.domain.documents.blocks import BlockKind
from app.domain.documents.page_parts import Part, item_parts, page_parts
from app.domain.documents.pages import OcrPage
from app.domain.documents.table_formats import as_html
from app.domain.images.codes import with_codes

HTML_HEAD = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Text of images</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body { font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 } td { border: 1px solid #bbb; padding: .2rem .5rem }</style>
</head><body>
"""
HTML_TAIL = "</body></html>\n"
MAX_HEADING = 6
_TAGS = {
    BlockKind.CAPTION: ["figure", "figcaption"],
    BlockKind.CODE: ["pre"],
    BlockKind.HEADER: ["header"],
    BlockKind.FOOTER: ["footer"],
    BlockKind.FOOTNOTE: ["p", "small"],
}
"""The elements of kinds of blocks, the outer one first; others are paragraphs."""


def titled_html(page: OcrPage, title: str) -> str:
    """Return the page below a heading, if there is a title; it is to be put between HTML_HEAD and HTML_TAIL."""
    head = f"<h2>{html.escape(title)}</h2>\n" if title else ""
    codes = f"\n<p>{_lines(tuple(with_codes('', page.codes).splitlines()))}</p>" if page.codes else ""
    return f"{head}{page_as_html(page, above=2 if title else 0)}{codes}\n"


def page_as_html(page: OcrPage, above: int = 0) -> str:
    """Return the page's text for the body; `above` is the level of the heading that it is below."""
    made: list[str] = []
    for is_list, parts in groupby(page_parts(page), lambda part: part.kind is BlockKind.LIST_ITEM):
        found = [*parts]
        made += [_list(found)] if is_list else [_as_html(part, above) for part in found]
    return "\n".join(made)


def _as_html(part: Part, above: int) -> str:
    if part.table:
        return as_html(part.table)
    text = html.escape("\n".join(part.texts)) if part.kind is BlockKind.CODE else _lines(part.texts)
    tags = _TAGS.get(part.kind, ["p"])
    if part.kind is BlockKind.HEADING:
        tags = [f"h{min(part.level + above, MAX_HEADING)}"]
    return "".join(f"<{tag}>" for tag in tags) + text + "".join(f"</{tag}>" for tag in reversed(tags))


def _list(parts: list[Part]) -> str:
    """Return a list, nested ones within the items above them; the numbers of its items are those of the page."""
    level = min(part.level for part in parts)
    nested: list[list[Part]] = []
    own: list[Part] = []
    for part in parts:
        if part.level == level or not own:
            own.append(part)
            nested.append([])
        else:
            nested[-1].append(part)
    items = [item_parts(" ".join(" ".join(part.texts).split())) for part in own]
    tag = "ol" if all(number for number, _ in items) else "ul"
    made = []
    for (number, text), below in zip(items, nested, strict=True):
        value = f' value="{number}"' if tag == "ol" else ""
        shown = html.escape(text if tag == "ol" or not number else f"{number}. {text}")
        made.append(f"<li{value}>{shown}{_list(below) if below else ''}</li>")
    return f"<{tag}>{''.join(made)}</{tag}>"


def _lines(texts: tuple[str, ...]) -> str:
    return "<br>".join(html.escape(line) for line in texts)
