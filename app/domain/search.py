"""Finding words in chats."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

EXCERPT = 90
"""Characters of an excerpt."""
BEFORE = 24
"""Characters of it before the first word that was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A message that has all the words, or a chat whose title has them, which has no `message_id`.

    `excerpt` is a line of it around the first word found; `matches` are the places [start, end) of words in that line.
    """

    conversation_id: str
    message_id: str | None
    excerpt: str
    matches: tuple[tuple[int, int], ...]


def search_words(query: str) -> tuple[str, ...]:
    """What must all be found, in any order."""
    return tuple(dict.fromkeys(query.split()))


def excerpt_of(text: str, words: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A line of `text` around the first of `words`, and where words stand in it."""
    line = " ".join(text.split())
    pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
    first = pattern.search(line)
    start = max(0, first.start() - BEFORE) if first else 0
    shown = line[start : start + EXCERPT]
    if start:
        shown = f"…{shown}"
    if start + EXCERPT < len(line):
        shown = f"{shown}…"
    return shown, tuple(match.span() for match in pattern.finditer(shown))
