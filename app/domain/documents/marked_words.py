"""Boxes of words on a page that were searched for."""

import re
from collections.abc import Iterator, Sequence

from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, TextLine


def boxes_of(words: Sequence[str], page: OcrPage) -> tuple[Box, ...]:
    """Return the boxes, in pixels of the page, of the words on `page` that contain one of `words`, in any case.

    A line whose own words have no boxes, such as a corrected one, is marked as a whole. Without `words` none is marked.
    """
    if not words:
        return ()
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    return tuple(box for line in page.lines for box in _boxes(pattern, line))


def _boxes(pattern: re.Pattern[str], line: TextLine) -> Iterator[Box]:
    spans = [match.span() for match in pattern.finditer(line.text)]
    if not spans:
        return
    if " ".join(word.text for word in line.words) != line.text:
        yield line.box
        return
    start = 0
    for word in line.words:
        end = start + len(word.text)
        if any(first < end and start < last for first, last in spans):
            yield word.box
        start = end + 1
