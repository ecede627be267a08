"""The blocks of a page: headings, paragraphs, lists and what else its lines form."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.images.geometry import Box


class BlockKind(StrEnum):
    """What a block is; VERTICAL are columns of Chinese or Japanese that are read from top to bottom."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    CAPTION = "caption"
    FIGURE = "figure"
    TABLE = "table"
    FORMULA = "formula"
    HEADER = "header"
    FOOTER = "footer"
    FOOTNOTE = "footnote"
    CODE = "code"
    VERTICAL = "vertical"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a page that belong together, by their numbers, in reading order; `box` is in pixels.

    `level` is that of a heading, from 1 for the largest to MAX_LEVEL, and 0 for all others. A figure may have no lines.
    """

    kind: BlockKind
    box: Box
    lines: tuple[int, ...]
    level: int = 0


MAX_LEVEL = 4


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a page as a layout model sees it; `score` is its confidence, 0..1."""

    kind: BlockKind
    box: Box
    score: float
