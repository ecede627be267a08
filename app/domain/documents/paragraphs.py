"""Paragraphs of a page, and their translation by a model: the prompt, and the parsing of its answer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from app.domain.documents.fields import MAX_VALUE_CHARS
from app.domain.documents.line_joins import joined
from app.domain.documents.page_parts import APART, block_rows
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, TextLine

MAX_LETTERS = 700
"""Maximum number of characters of the paragraphs in one request: a small model loses count in long lists."""
MAX_PARAGRAPHS = 12
MAX_GROWTH, EXTRA_CHARS = 8, 100
"""Number of characters that one of the text may become, and that any text may have in addition.

A Chinese character is two to three letters of English on average; a lone one, or an abbreviation, may need a phrase.
"""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Consecutive lines that form one text."""

    text: str
    lines: tuple[TextLine, ...]

    @property
    def box(self) -> Box:
        """Bounding box of all its lines, in pixels."""
        return Box.around(line.box for line in self.lines)

    @property
    def line_height(self) -> float:
        """Mean height of its lines, in pixels."""
        return fmean(line.box.height for line in self.lines)


class UnusableAnswer(ValueError):
    """A model's answer is not in the requested form; the message is sent back to the model."""


def paragraphs_of(page: OcrPage) -> tuple[Paragraph, ...]:
    """Join lines that continue one another; return all lines with text, in reading order."""
    groups: list[list[TextLine]] = []
    for block, rows in block_rows(page):
        lines = [page.lines[number] for number in block.lines if page.lines[number].text.strip()]
        continues = len(rows) == len(block.lines) and block.kind not in APART
        groups += [lines] if continues and lines else [[line] for line in lines]
    return tuple(Paragraph(joined([line.text.strip() for line in group]), tuple(group)) for group in groups)


def chunks(paragraphs: Sequence[Paragraph]) -> list[list[int]]:
    """Group the indices of paragraphs that are translated in one request."""
    found: list[list[int]] = []
    letters = 0
    for number, paragraph in enumerate(paragraphs):
        letters += len(paragraph.text)
        if not found or letters > MAX_LETTERS or len(found[-1]) == MAX_PARAGRAPHS:
            found.append([])
            letters = len(paragraph.text)
        found[-1].append(number)
    return found


def translation_prompt(texts: Sequence[str], language: str, complaint: str = "") -> str:
    """Return the prompt for a model; `complaint` describes the error in its previous answer."""
    ask = (
        f"Translate each text of this JSON array into {language}. Keep numbers, names and codes as they are. "
        f"Answer with a JSON array of {len(texts)} strings in the same order, and nothing else.\n\n"
        f"{json.dumps(list(texts), ensure_ascii=False)}"
    )
    return f"{ask}\n\nYour last answer could not be used: {complaint}" if complaint else ask


def translation_schema(texts: Sequence[str]) -> str:
    """Return the JSON schema of the answer to `translation_prompt`.

    A model that repeats itself ends at a length that no translation of the longest text has, in characters.
    """
    max_chars = EXTRA_CHARS + MAX_GROWTH * max(map(len, texts))
    item = {"type": "string", "maxLength": max_chars} if max_chars <= MAX_VALUE_CHARS else {"type": "string"}
    return json.dumps({"type": "array", "items": item, "minItems": len(texts), "maxItems": len(texts)})


def translated_texts(answer: str, count: int) -> tuple[str, ...]:
    """Parse the texts of an answer to `translation_prompt`. Raises UnusableAnswer."""
    start, end = answer.find("["), answer.rfind("]")
    if start < 0 or end < start:
        raise UnusableAnswer("it has no JSON array.")
    try:
        found = json.loads(answer[start : end + 1])
    except (ValueError, RecursionError) as error:
        raise UnusableAnswer(f"it is not JSON: {error}.") from error
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise UnusableAnswer("its array has something else than strings.")
    if len(found) != count:
        raise UnusableAnswer(f"its array has {len(found)} strings, not {count}.")
    return tuple(found)
