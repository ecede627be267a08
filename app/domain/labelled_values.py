"""Names and values that stand beside each other on a page: "Total: 12.50", "Date   01.02.2025"."""

import re
from dataclasses import dataclass

from app.domain.page_rows import page_rows
from app.domain.pages import Page
from app.domain.regions import Box

LONGEST_NAME = 40
"""Letters; what is longer is a sentence that has a colon in it."""
_PAIR = re.compile(r"^\s*([^:：]{2,40}?)\s*[:：]\s*(\S.*?)\s*$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_TIME = re.compile(r"\d$")


@dataclass(frozen=True, slots=True)
class LabelledValue:
    """A pair, and the places of its parts on the page, in pixels; a doubtful value has none that bears it out."""

    name: str
    value: str
    boxes: tuple[Box, ...]
    is_doubtful: bool = False


def labelled_values(page: Page) -> tuple[LabelledValue, ...]:
    """The pairs in order of reading: a colon between them, or a colon that ends a piece with another beside it."""
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
    """Whether it can be a name: it has a word, is short, and is not the hour of a time."""
    return len(text) <= LONGEST_NAME and bool(_WORD.search(text)) and not _TIME.search(text.strip())
