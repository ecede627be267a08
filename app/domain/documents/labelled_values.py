"""Pairs of names and values on a page: "Total: 12.50", "Date   01.02.2025"."""

import re
from dataclasses import dataclass

from app.domain.documents.page_rows import page_rows
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box

MAX_NAME_CHARS = 40
"""Maximum length of a name, in characters; a longer text is a sentence that contains a colon."""
_PAIR = re.compile(r"^\s*([^:：]{2,40}?)\s*[:：]\s*(\S.*?)\s*$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_TIME = re.compile(r"\d$")


@dataclass(frozen=True, slots=True)
class LabelledValue:
    """A pair, and the boxes of its parts on the page in pixels; an unverified value has no box as evidence."""

    name: str
    value: str
    boxes: tuple[Box, ...]
    is_unverified: bool = False


def labelled_values(page: OcrPage) -> tuple[LabelledValue, ...]:
    """Return the pairs in reading order: a colon separates them, or ends a line that has another line beside it."""
    found = []
    for row in page_rows(page):
        lines = [page.lines[number] for number in row]
        index = 0
        while index < len(lines):
            text = lines[index].text.strip()
            following = lines[index + 1] if index + 1 < len(lines) else None
            if text.endswith((":", "：")) and following and _is_name(text[:-1]):
                found.append(
                    LabelledValue(text[:-1].strip(), following.text.strip(), (lines[index].box, following.box))
                )
                index += 1
            elif (match := _PAIR.match(text)) and _is_name(match[1]):
                found.append(LabelledValue(match[1].strip(), match[2], (lines[index].box,)))
            index += 1
    return tuple(found)


def _is_name(text: str) -> bool:
    """Return whether `text` can be a name: it contains a word, is short, and is not the hour of a time."""
    return len(text) <= MAX_NAME_CHARS and bool(_WORD.search(text)) and not _TIME.search(text.strip())
