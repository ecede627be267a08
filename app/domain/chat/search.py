"""Search for words in chats."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.documents.document_place import DocumentPlace
from app.domain.ids import ConversationId, MessageId
from app.domain.images.attachments import Attachment

EXCERPT = 90
"""Length of an excerpt, in characters."""
BEFORE = 24
"""Number of characters of an excerpt before the first match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A message that contains all the words; a chat whose title does, without a `message_id`; or an image or document.

    `image` is the one on which the words were read, `document` the page if it is not an image's only one. An image's
    chat is the latest that has it, and its message the one in which it was sent: none if it is in the draft. A document
    that is in no chat has no `conversation_id`.

    `excerpt` is one line around the first match; `matches` are the [start, end) of the words in that line.
    """

    conversation_id: ConversationId | None
    message_id: MessageId | None
    excerpt: str
    matches: tuple[tuple[int, int], ...]
    image: Attachment | None = None
    document: DocumentPlace | None = None


def search_words(query: str) -> tuple[str, ...]:
    """Return the distinct words of a query, all of which must be found, in any order."""
    return tuple(dict.fromkeys(query.split()))


def excerpt_of(text: str, words: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return a line of `text` around the first of `words`, and the [start, end) of words in it."""
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
