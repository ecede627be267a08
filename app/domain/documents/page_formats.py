"""Serialises an OCR page as text, Markdown, HTML, JSON, TSV, CSV, hOCR or ALTO."""

from dataclasses import asdict
from enum import StrEnum

from app.domain.documents.alto_pages import ALTO_HEAD, ALTO_TAIL, page_as_alto
from app.domain.documents.hocr_pages import HOCR_HEAD, HOCR_TAIL, page_as_hocr
from app.domain.documents.html_pages import HTML_HEAD, HTML_TAIL, titled_html
from app.domain.documents.markdown_pages import titled_markdown
from app.domain.documents.page_fields import page_fields
from app.domain.documents.pages import OcrPage
from app.domain.documents.table_formats import as_csv, harmless
from app.domain.images.codes import with_codes
from app.domain.images.geometry import TextLine
from app.domain.text.visible_text import as_json


class PageFormat(StrEnum):
    """An output format."""

    TEXT = "txt"
    MARKDOWN = "md"
    HTML = "html"
    JSON = "json"
    TSV = "tsv"
    CSV = "csv"
    HOCR = "hocr"
    ALTO = "alto"

    @property
    def suffix(self) -> str:
        """The suffix of a file of this format."""
        return "alto.xml" if self is PageFormat.ALTO else self.value

    @classmethod
    def of_suffix(cls, suffix: str) -> "PageFormat":
        """Return the format whose files have this suffix."""
        return next(form for form in cls if form.suffix == suffix)


TSV_HEAD = "file\tleft\ttop\tright\tbottom\tscore\ttext"


_MARKUP = {
    PageFormat.MARKDOWN: titled_markdown,
    PageFormat.HTML: titled_html,
}
_WITH_POSITIONS = {
    PageFormat.HOCR: page_as_hocr,
    PageFormat.ALTO: page_as_alto,
}


def around(form: PageFormat) -> tuple[str, str]:
    """Return what comes before and after the pages of a file in this format."""
    match form:
        case PageFormat.TSV:
            return f"{TSV_HEAD}\n", ""
        case PageFormat.HTML:
            return HTML_HEAD, HTML_TAIL
        case PageFormat.HOCR:
            return HOCR_HEAD, HOCR_TAIL
        case PageFormat.ALTO:
            return ALTO_HEAD, ALTO_TAIL
        case _:
            return "", ""


def formatted(page: OcrPage, name: str, form: PageFormat, number: int = 0) -> str:
    """Serialise the page of the file called `name`, ending with a line break; `number` counts its pages from 0.

    JSON has one object: `file`; `width`, `height`, `rotation`, `notice`, `script` and `text` of the page; `lines`, each
    with its `text`, `score`, `box` (left, top, right, bottom), the four corners `quad` clockwise from the line's own
    top left, in pixels of the upright image, and `words`, each with `text`, `box` and `score`; `tables`, each with
    `rows`, `columns`, `box`, `is_ruled` and `cells`, which have `row` and `column` from 0, `row_span`, `column_span`,
    `text` and `box`; `codes` with `kind`, `text` and `box`; `blocks` with `kind`, `box`, `level` and the numbers of
    their `lines`; and `values`, its labelled values, with `name`, `value` and `box`. TSV has a row for each line. CSV
    has only the tables, an empty line between them. What `around` returns goes around the pages. Text, Markdown and
    HTML list the codes at the end; they have `name` as a heading, none if it is empty.
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
        case PageFormat.TEXT:
            return with_codes(page.text, page.codes).rstrip("\n") + "\n"
        case PageFormat.HOCR | PageFormat.ALTO:
            return _WITH_POSITIONS[form](page, _flat(name), number)
        case _:
            return _MARKUP[form](page, _flat(name))


def _numbers(line: TextLine) -> list[str]:
    return [*(f"{edge:.0f}" for edge in asdict(line.box).values()), f"{line.score:.3f}"]


def _flat(text: str) -> str:
    return " ".join(text.split())
