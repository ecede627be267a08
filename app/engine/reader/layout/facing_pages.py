"""Parts the facing pages of an open book: each is read by itself, since their lines stand beside one another by chance.

Two pages are told by their numbers: consecutive ones, the lower one even, at one height and with no text above them,
or none below them. They are at the outer sides of both pages or in their middle.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from app.engine.reader.layout.line_boxes import OVERHANG, LineBox

MIN_LINES = 8
"""Minimum number of lines of each page."""

MAX_BESIDE, MIN_APART = 1, 1.3
"""Maximum number of other texts in the row of a page's number, such as a running title, and minimum distance of the
next row, in heights of the median line: the row is none of a table.
"""

MAX_DIGITS = 4
"""Maximum number of digits of a page's number."""

SAME_ROW = 2.0
"""Maximum distance of the numbers' heights, in heights of the larger one: photographs lean, and books bend."""

OUTER, CENTRE = 0.15, 0.12
"""Maximum distance of a number from its page's outer side, and from its middle, as a fraction of the page's width."""

MAX_OFF, STEPS = 0.12, 41
"""Maximum distance of the fold from the middle between the numbers, as a fraction of what is from one to the other;
number of positions looked at.
"""

MAX_CROSSING, MAX_STRAY = 0.02, 0.03
"""Maximum fraction of lines that run over the fold, as those of two pages that were found as one, and of a page's lines
beyond its number or its sides: around the paper noise is taken for lines.
"""


def facing_pages(boxes: Sequence[LineBox]) -> list[list[LineBox]]:
    """Return the boxes of the left and of the right page of an open book; all of them together if it is none."""
    numbers = [(box, int(box.text)) for box in boxes if _is_number(box.text) and any(_ends(boxes, box))]
    for (one, first), (other, second) in product(numbers, numbers):
        is_row = abs(one.middle - other.middle) <= SAME_ROW * max(one.height, other.height)
        # A leaf's front has an odd number, in books that are read from either side.
        is_pair = abs(second - first) == 1 and min(first, second) % 2 == 0
        if not is_pair or not is_row or one.right >= other.left or (fold := _fold(boxes, one, other)) is None:
            continue
        pages = [[box for box in boxes if box.is_left_of(fold) is is_left] for is_left in (True, False)]
        if all(len(page) >= MIN_LINES for page in pages) and _are_numbered(pages, (one, other)):
            return pages
    return [list(boxes)]


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= MAX_DIGITS


def _ends(boxes: Sequence[LineBox], number: LineBox) -> tuple[bool, bool]:
    """Return whether a number is above and whether it is below all boxes, but for a few."""
    stray = MAX_STRAY * len(boxes)
    above = sum(box.middle < number.top for box in boxes)
    below = sum(box.middle > number.bottom for box in boxes)
    return above <= stray, below <= stray


def _fold(boxes: Sequence[LineBox], one: LineBox, other: LineBox) -> float | None:
    """Return the x that the fewest lines cross, nearest to the middle between two numbers; None if they are many."""
    middle, reach = (one.left + other.right) / 2, MAX_OFF * (other.right - one.left)
    steps = np.linspace(-reach, reach, STEPS)
    positions = middle + steps[np.argsort(np.abs(steps), kind="stable")]
    left = np.array([box.left + OVERHANG * box.height for box in boxes])
    right = np.array([box.right - OVERHANG * box.height for box in boxes])
    crossing = ((left < positions[:, None]) & (right > positions[:, None])).sum(axis=1)
    best = int(crossing.argmin())
    return float(positions[best]) if crossing[best] <= MAX_CROSSING * len(boxes) else None


def _are_numbered(pages: Sequence[Sequence[LineBox]], numbers: tuple[LineBox, LineBox]) -> bool:
    """Return whether these are the numbers of two pages: above or below all other lines, and at the same place."""
    places = []
    for page, number, is_left in zip(pages, numbers, (True, False), strict=True):
        beside = [box for box in page if number.top <= box.middle <= number.bottom and box is not number]
        apart = MIN_APART * float(np.median([box.height for box in page]))
        near = sum(abs(box.middle - number.middle) < apart for box in page) - len(beside) - 1
        if len(beside) > MAX_BESIDE or near > max(1, MAX_STRAY * len(page)):
            return False
        left = float(np.percentile([box.left for box in page], 100 * MAX_STRAY))
        right = float(np.percentile([box.right for box in page], 100 * (1 - MAX_STRAY)))
        from_side = abs(number.left - left if is_left else right - number.right)
        is_central = abs(number.left + number.right - left - right) <= 2 * CENTRE * (right - left)
        places.append((from_side <= OUTER * (right - left), is_central and not beside, *_ends(page, number)))
    is_outer, is_central, is_first, is_last = (all(both) for both in zip(*places, strict=True))
    return (is_outer or is_central) and (is_first or is_last)
