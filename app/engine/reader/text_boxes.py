"""Texts with their boxes on the deskewed page, and the rows they form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import atan2
from statistics import median
from typing import TypeVar
from unicodedata import east_asian_width

from app.domain.images.geometry import quad_sides

MIN_LENGTH = 3.0
"""Minimum ratio of length to height of a line from which the page's skew is measured."""


@dataclass(frozen=True, slots=True, eq=False)
class TextBox:
    """A line of text, or a part of one, with its bounding box on the deskewed page; no two boxes are equal."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Vertical extent in pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> float:
        """Horizontal extent in pixels."""
        return self.right - self.left

    @property
    def middle(self) -> float:
        """Vertical centre in pixels."""
        return (self.top + self.bottom) / 2


AnyBox = TypeVar("AnyBox", bound=TextBox)


def rows_of(boxes: Sequence[AnyBox], *, parts_stacked: bool = False) -> list[list[AnyBox]]:
    """Group boxes into rows, from top to bottom, each from left to right.

    A box joins the row above if they overlap by half a height or more; not if one of the row's boxes is above it and
    the rows are to be `parts_stacked`: lines' boxes are larger than their text, so that those of two rows may overlap.
    """
    rows: list[list[AnyBox]] = []
    for box in sorted(boxes, key=lambda box: box.middle):
        if rows and _shares_row(rows[-1], box, parts_stacked=parts_stacked):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [sorted(row, key=lambda box: box.left) for row in rows]


def _shares_row(row: Sequence[TextBox], box: TextBox, *, parts_stacked: bool) -> bool:
    top, bottom = median(other.top for other in row), median(other.bottom for other in row)
    if min(bottom, box.bottom) - max(top, box.top) < 0.5 * min(bottom - top, box.height):
        return False
    shared = (min(other.right, box.right) - max(other.left, box.left) for other in row)
    return not parts_stacked or all(width < 0.5 * box.height for width in shared)


def skew_of(quads: Iterable[Sequence[Sequence[float]]]) -> float:
    """Return the page's skew in radians, clockwise: the median over lines that are long enough to measure it."""
    angles = []
    for quad in quads:
        length, height = quad_sides(quad)
        if length > MIN_LENGTH * height:
            angles.append(atan2(quad[1][1] - quad[0][1], quad[1][0] - quad[0][0]))
    return median(angles) if angles else 0.0


def joined_box(words: Sequence[TextBox]) -> TextBox:
    """Return the words of one line as one text box."""
    return TextBox(
        " ".join(word.text for word in words),
        words[0].left,
        min(word.top for word in words),
        max(word.right for word in words),
        max(word.bottom for word in words),
    )


def joined(text_boxes: Sequence[TextBox]) -> str:
    """Return texts row by row, joined with spaces."""
    return " ".join(text_box.text for row in rows_of(text_boxes) for text_box in row)


def letters_in(text: str) -> int:
    """Return the number of letters, wide ones counted twice."""
    return sum(2 if east_asian_width(letter) in {"W", "F"} else 1 for letter in text)
