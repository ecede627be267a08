"""Serialises an OCR page as text, Markdown, HTML, JSON, TSV or CSV."""

import html
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum

from app.domain.documents.page_fields import page_fields
from app.domain.documents.page_rows import GAP, page_rows
from app.domain.documents.pages import OcrPage
from app.domain.documents.table_formats import as_csv, as_html, as_markdown, harmless
from app.domain.documents.tables import Table
from app.domain.images.codes import with_codes
from app.domain.images.geometry import Box, TextLine
from app.domain.text.markdown import plain_as_markdown, without_html
from app.domain.text.visible_text import as_json


class PageFormat(StrEnum):
    """An output format; the value is also the suffix of a file."""

    TEXT = "txt"
    MARKDOWN = "md"
    HTML = "html"
    JSON = "json"
    TSV = "tsv"
    CSV = "csv"


TSV_HEAD = "file\tleft\ttop\tright\tbottom\tscore\ttext"
HTML_HEAD = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Text of images</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body { font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 } td { border: 1px solid #bbb; padding: .2rem .5rem }</style>
</head><body>
"""
HTML_TAIL = "</body></html>\n"


def formatted(page: OcrPage, name: str, form: PageFormat) -> str:
    """Serialise the page of the file called `name`, ending with a line break.

    JSON has one object: `file`; `width`, `height`, `rotation`, `notice`, `script` and `text` of the page; `lines`, each
    with its `text`, `score`, `box` (left, top, right, bottom), the four corners `quad` clockwise from the line's own
    top left, in pixels of the upright image, and `words`, each with `text`, `box` and `score`; `tables`, each with
    `rows`, `columns`, `box`, `is_ruled` and `cells`, which have `row` and `column` from 0, `row_span`, `column_span`,
    `text` and `box`; `codes` with `kind`, `text` and `box`; and `values`, its labelled values, with `name`, `value` and
    `box`. TSV has a row for each line, without a header. CSV has only the tables, an empty line between them. HTML is a
    fragment, to be put between HTML_HEAD and HTML_TAIL. Text, Markdown and HTML list the codes at the end.
    """
    match form:
        case PageFormat.JSON:
            return as_json({"file": name, **page_fields(page)}) + "\n"
        case PageFormat.TSV:
            named = harmless(_flat(name))
            rows = [[named, *_numbers(line), harmless(_flat(line.text))] for line in page.lines]
            return "".join("\t".join(row) + "\n" for row in rows)
        case PageFormat.CSV:
            return "\r\n".join(as_csv(table) for table in page.tables)
        case PageFormat.MARKDOWN:
            return without_html(f"## {_flat(name)}\n\n{with_codes(page_as_markdown(page), page.codes)}\n")
        case PageFormat.HTML:
            codes = f"\n{_paragraph(with_codes('', page.codes))}" if page.codes else ""
            return f"<h2>{html.escape(_flat(name))}</h2>\n{page_as_html(page)}{codes}\n"
        case PageFormat.TEXT:
            return with_codes(page.text, page.codes).rstrip("\n") + "\n"


def page_as_markdown(page: OcrPage) -> str:
    """Return the text as Markdown, with Markdown tables."""
    parts = _parts(page)
    return "\n\n".join(
        as_markdown(part).rstrip() if isinstance(part, Table) else plain_as_markdown(part) for part in parts
    )


def page_as_html(page: OcrPage) -> str:
    """Return the text with its tables for the body of an HTML page; nothing in it is executed or fetched."""
    return "\n".join(as_html(part) if isinstance(part, Table) else _paragraph(part) for part in _parts(page))


def _paragraph(text: str) -> str:
    return f"<p>{'<br>'.join(html.escape(line) for line in text.splitlines())}</p>"


def _parts(page: OcrPage) -> list[str | Table]:
    """Return texts and tables in reading order; a table is placed at its first line.

    Lines beside a table, or within it but in none of its cells, become text: nothing is left out.
    """
    if not page.tables:
        return [page.text]
    parts: list[str | Table] = []
    letters = ["".join("".join(cell.text.split()) for cell in table.cells) for table in page.tables]
    emitted: set[int] = set()
    for numbers in page_rows(page):
        outside: list[str] = []
        for line in (page.lines[number] for number in numbers):
            number = next((n for n, table in enumerate(page.tables) if _is_in(line, table.box)), None)
            if number is not None and number not in emitted:
                emitted.add(number)
                _append_text(parts, outside)
                outside = []
                parts.append(page.tables[number])
            if number is None or not all(word in letters[number] for word in line.text.split()):
                outside.append(line.text)
        _append_text(parts, outside)
    return parts


def _append_text(parts: list[str | Table], pieces: Sequence[str]) -> None:
    """Append a row of text to the last text."""
    if not pieces:
        return
    text = GAP.join(pieces)
    if parts and isinstance(last := parts[-1], str):
        parts[-1] = f"{last}\n{text}"
    else:
        parts.append(text)


def _is_in(line: TextLine, box: Box) -> bool:
    centre = line.box.centre
    return box.left <= centre.x <= box.right and box.top <= centre.y <= box.bottom


def _numbers(line: TextLine) -> list[str]:
    return [*(f"{edge:.0f}" for edge in asdict(line.box).values()), f"{line.score:.3f}"]


def _flat(text: str) -> str:
    return " ".join(text.split())
