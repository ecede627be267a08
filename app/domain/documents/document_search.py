"""Looks for words in the pages of a document."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.documents.pages import OcrPage


@dataclass(frozen=True, slots=True, order=True)
class LinePlace:
    """A line of a document: the numbers of its page and of the line on it, both from 0."""

    page: int
    line: int


def lines_with(query: str, pages: Sequence[OcrPage]) -> tuple[LinePlace, ...]:
    """Return the lines that contain `query`, in the order of the pages; case and width of letters do not matter."""
    wanted = _folded(query)
    return tuple(
        LinePlace(page_number, number)
        for page_number, page in enumerate(pages)
        for number, line in enumerate(page.lines)
        if wanted in _folded(line.text)
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
