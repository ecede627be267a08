"""What was read on an image, for people and for programs."""

import html
import json
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum

from app.domain.codes import with_codes
from app.domain.markdown import plain_as_markdown
from app.domain.page_rows import GAP, page_rows
from app.domain.pages import Page
from app.domain.regions import Box, TextLine
from app.domain.table_formats import as_csv, as_html, as_markdown
from app.domain.tables import Table


class PageFormat(StrEnum):
    """The value is also the suffix of a file."""

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


def formatted(page: Page, name: str, form: PageFormat) -> str:
    """The page of the file called `name`, ending with a line break.

    JSON has one object: `file`; `width`, `height`, `rotation`, `notice`, `script` and `text` of the page; `lines`, each
    with its `text`, `score` and `box` (left, top, right, bottom) and the four corners `quad` clockwise from the line's
    own top left, in pixels of the upright image; `tables`, each with `rows`, `columns`, `box`, `is_ruled` and `cells`,
    which have `row` and `column` from 0, `row_span`, `column_span`, `text` and `box`; and `codes` with `kind`, `text`
    and `box`. TSV has a row for each line, without a head. CSV has the tables alone, an empty line between them. HTML
    is a part of a page, to be put between HTML_HEAD and HTML_TAIL. Text, Markdown and HTML list the codes at the end.
    """
    match form:
        case PageFormat.JSON:
            return json.dumps({"file": name, **asdict(page)}, ensure_ascii=False) + "\n"
        case PageFormat.TSV:
            rows = [
                [name, *(f"{edge:.0f}" for edge in asdict(line.box).values()), f"{line.score:.3f}", _flat(line.text)]
                for line in page.lines
            ]
            return "".join("\t".join(row) + "\n" for row in rows)
        case PageFormat.CSV:
            return "\r\n".join(as_csv(table) for table in page.tables)
        case PageFormat.MARKDOWN:
            return f"## {_flat(name)}\n\n{with_codes(page_as_markdown(page), page.codes)}\n"
        case PageFormat.HTML:
            codes = f"\n{_paragraph(with_codes('', page.codes))}" if page.codes else ""
            return f"<h2>{html.escape(_flat(name))}</h2>\n{page_as_html(page)}{codes}\n"
        case PageFormat.TEXT:
            return with_codes(page.text, page.codes).rstrip("\n") + "\n"


def page_as_markdown(page: Page) -> str:
    """The text with its tables as tables."""
    parts = _parts(page)
    return "\n\n".join(
        as_markdown(part).rstrip() if isinstance(part, Table) else plain_as_markdown(part) for part in parts
    )


def page_as_html(page: Page) -> str:
    """The text with its tables as tables, for the body of a web page; nothing in it is run or fetched."""
    return "\n".join(as_html(part) if isinstance(part, Table) else _paragraph(part) for part in _parts(page))


def _paragraph(text: str) -> str:
    return f"<p>{'<br>'.join(html.escape(line) for line in text.splitlines())}</p>"


def _parts(page: Page) -> list[str | Table]:
    """Texts and tables in the order of reading; a table stands where its first line does.

    What stands beside a table, or within it but in none of its cells, is told as text: nothing is left out.
    """
    if not page.tables:
        return [page.text]
    parts: list[str | Table] = []
    letters = ["".join("".join(cell.text.split()) for cell in table.cells) for table in page.tables]
    said: set[int] = set()
    for numbers in page_rows(page):
        outside: list[str] = []
        for line in (page.lines[number] for number in numbers):
            number = next((n for n, table in enumerate(page.tables) if _is_in(line, table.box)), None)
            if number is not None and number not in said:
                said.add(number)
                _say(parts, outside)
                outside = []
                parts.append(page.tables[number])
            if number is None or not all(word in letters[number] for word in line.text.split()):
                outside.append(line.text)
        _say(parts, outside)
    return parts


def _say(parts: list[str | Table], pieces: Sequence[str]) -> None:
    """Add a row of text to the text at the end."""
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


def _flat(text: str) -> str:
    return " ".join(text.split())
