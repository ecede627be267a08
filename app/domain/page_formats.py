"""What was read on an image, for people and for programs."""

import json
from dataclasses import asdict
from enum import StrEnum

from app.domain.codes import with_codes
from app.domain.markdown import plain_as_markdown
from app.domain.pages import Page


class PageFormat(StrEnum):
    """The value is also the suffix of a file."""

    TEXT = "txt"
    MARKDOWN = "md"
    JSON = "json"
    TSV = "tsv"


TSV_HEAD = "file\tleft\ttop\tright\tbottom\tscore\ttext"


def formatted(page: Page, name: str, form: PageFormat) -> str:
    """The page of the file called `name`, ending with a line break.

    Plain text and Markdown end with the codes on the page, a line each. JSON has one object: `file`; `width`, `height`, `rotation`, `notice` and `text` of the page; `lines`, each with its
    `text`, `score` and `box` (left, top, right, bottom) and the four corners `quad` clockwise from the line's own top
    left, in pixels of the upright image. TSV has a row for each line, without a head.
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
        case PageFormat.MARKDOWN:
            return f"## {_flat(name)}\n\n{plain_as_markdown(with_codes(page.text, page.codes))}\n"
        case PageFormat.TEXT:
            return with_codes(page.text, page.codes).rstrip("\n") + "\n"


def _flat(text: str) -> str:
    return " ".join(text.split())
