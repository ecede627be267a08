"""Checks that the numbers of a chat from a file are ones that Lorgnette itself could have written.

The code that shows a chat trusts them: it divides by an image's width, and creates a table of as many rows.
"""

import dataclasses
from datetime import datetime
from typing import Any

from app.domain.chat.chat import MAX_INSTRUCTIONS, Conversation, Message, Role
from app.domain.documents.pages import OcrPage
from app.domain.documents.tables import Table
from app.domain.images.attachments import Attachment, ImageCrop
from app.domain.models.answer_stats import AnswerStats
from app.domain.text.confidence import LowConfidenceSpan
from app.domain.text.thoughts import Thought

MAX_SIDE = 1_000_000
"""Maximum width and height of an image, in pixels."""
MAX_PIXEL_BUDGET = 2**31
MAX_FRAMES = 10_000_000
MAX_SECONDS = 10_000_000.0
"""Maximum duration of a video, or of an answer."""
MAX_CELLS = 1_000_000
"""Maximum number of cells of a table, including empty ones."""
MAX_NUMBER = 2**53
"""Maximum of any number: other JSON parsers represent integers exactly up to it."""
YEARS = range(1971, 9999)
"""Years of dates that can be represented in any time zone."""
_HEX = frozenset("0123456789abcdef")


def is_sound(value: Any) -> bool:  # noqa: ANN401 - a chat, or any part of one
    """Return whether all numbers, dates and digests in a part of a chat are within bounds."""
    match value:
        case bool() | str() | bytes() | None:
            return True
        case int() | float():
            return -MAX_NUMBER <= value <= MAX_NUMBER  # False for NaN.
        case datetime():
            return value.tzinfo is not None and value.year in YEARS
        case tuple():
            return all(map(is_sound, value))
        case _:
            fields = (getattr(value, field.name) for field in dataclasses.fields(value))
            return all(map(is_sound, fields)) and _fits_together(value)


def _fits_together(part: object) -> bool:
    """Return whether the fields of one dataclass, each sound by itself, are consistent with each other."""
    match part:
        case Attachment():
            fits = (
                _is_digest(part.digest)
                and 1 <= part.width <= MAX_SIDE
                and 1 <= part.height <= MAX_SIDE
                and 1 <= part.frames <= MAX_FRAMES
                and 0 <= part.seconds <= MAX_SECONDS
                and part.byte_size >= 0
                and (part.pixel_budget is None or 1 <= part.pixel_budget <= MAX_PIXEL_BUDGET)
            )
        case ImageCrop():
            fits = (
                _is_digest(part.digest)
                and 0 <= part.left < part.right <= MAX_SIDE
                and 0 <= part.top < part.bottom <= MAX_SIDE
                and 0 <= part.turns <= 3
            )
        case Conversation():
            fits = len(part.instructions) <= MAX_INSTRUCTIONS
        case Message():
            fits = part.role is not Role.SYSTEM
        case OcrPage():
            sides = (part.width, part.height)
            fits = all(0 <= side <= MAX_SIDE for side in sides) and part.rotation in {0, 90, 180, 270}
        case Table():
            fits = _holds_its_cells(part)
        case LowConfidenceSpan():
            fits = 0 <= part.start <= part.end
        case Thought():
            fits = 0 <= part.seconds <= MAX_SECONDS
        case AnswerStats():
            fits = all(0 <= number <= MAX_NUMBER for number in dataclasses.astuple(part))
        case _:
            fits = True
    return fits


def _holds_its_cells(table: Table) -> bool:
    return (
        table.rows >= 0
        and table.columns >= 0
        and table.rows * table.columns <= MAX_CELLS
        and max(table.rows, table.columns) <= MAX_CELLS
        and all(
            0 <= cell.row < cell.row + cell.row_span <= table.rows
            and 0 <= cell.column < cell.column + cell.column_span <= table.columns
            for cell in table.cells
        )
    )


def _is_digest(text: str) -> bool:
    """Return whether a text is a lower-case hex sha256, as used in file names."""
    return len(text) == 64 and set(text) <= _HEX
