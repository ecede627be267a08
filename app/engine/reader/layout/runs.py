"""Runs of lines below one another, and which of them are prose, unlike the columns of a table or a receipt."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from app.engine.reader.layout.line_boxes import LineBox

MAX_GAP = 0.9
"""Maximum gap between two lines of a run, in heights of the smaller one."""

MAX_GROWTH = 1.5
"""Maximum ratio of the heights of two lines of a run."""

MIN_COVER, MIN_TOUCH = 0.5, 0.3
"""Minimum overlap of two lines of a run, and of two lines of which one hides the other, in widths of the narrower."""

MIN_PROSE_ROWS = 3
MIN_PROSE_LETTERS, WINDOW = 12, 5
"""Minimum number of lines of prose, and of letters in the median of so many lines."""

SENTENCE_WORTH = 1.5
"""What a letter counts of a line that begins in lower case: it goes on with a sentence, which no cell does."""

SHORT_RUN, SHORT_FILL = 5, 0.85
"""Number of lines below which the median line must fill the run to this fraction, as those of an address do not."""

MIN_JUMP = 3.0
"""Minimum distance of the starts of two lines of which one is in another column, in heights; no indent is as large."""

MIN_FILL, WIDE_LINES = 0.6, 90
"""Minimum width of the median line of longer runs, as a fraction of this percentile of the widths."""


def prose_runs(boxes: Sequence[LineBox], *, also_beside: bool = False) -> list[list[LineBox]]:
    """Return the runs, or parts of runs, that are prose.

    With `also_beside` so are parts whose lines jump aside from those above them, which cells of tables do, too.
    """
    parts = [part for run in _runs(boxes) for part in _long_parts(run)]
    prose = [part for part in parts if _is_prose(part)]
    if also_beside:
        prose += [inner for part in parts if not _is_prose(part) for inner in _columns_in(part)]
    return prose


def _columns_in(run: Sequence[LineBox]) -> list[list[LineBox]]:
    """Return what is prose of a run whose lines jump aside, as from a headline over two columns into one of them."""
    height = float(np.median([box.height for box in run])) if run else 0.0
    steps = np.abs(np.diff([box.left for box in run]))
    jumps = (np.flatnonzero(steps > MIN_JUMP * height) + 1).tolist()
    parts = [list(run[first:last]) for first, last in pairwise([0, *jumps, len(run)])]
    return [part for part in parts if _is_prose(part)]


def _runs(boxes: Sequence[LineBox]) -> list[list[LineBox]]:
    """Group boxes into runs from top to bottom: each line and the next are nearest to each other and alike."""
    if not boxes:
        return []
    following = _following(boxes)
    runs = []
    for first in sorted(set(range(len(boxes))) - set(following.values())):
        run = [first]
        while run[-1] in following:
            run.append(following[run[-1]])
        runs.append([boxes[number] for number in run])
    return runs


def _following(boxes: Sequence[LineBox]) -> dict[int, int]:
    """Return for each box the next of its run, both by their numbers."""
    left, top, right, bottom = np.array([(box.left, box.top, box.right, box.bottom) for box in boxes]).T
    height, width, middle = bottom - top, right - left, (top + bottom) / 2
    is_next = np.zeros(len(boxes), np.bool_)
    below, above = np.zeros(len(boxes), np.intp), np.zeros(len(boxes), np.intp)
    nearest = np.full(len(boxes), np.inf)
    for number in range(len(boxes)):
        narrower, smaller = np.minimum(width, width[number]), np.minimum(height, height[number])
        overlap = np.minimum(right, right[number]) - np.maximum(left, left[number])
        down = middle - middle[number]
        distance = np.where((overlap > MIN_TOUCH * narrower) & (down > 0.5 * smaller), down, np.inf)
        is_nearer = distance < nearest
        above[is_nearer], nearest[is_nearer] = number, distance[is_nearer]
        other = below[number] = distance.argmin()
        is_next[number] = (
            np.isfinite(distance[other])
            and top[other] - bottom[number] <= MAX_GAP * smaller[other]
            and overlap[other] >= MIN_COVER * narrower[other]
            and max(height[other], height[number]) <= MAX_GROWTH * smaller[other]
        )
    return {int(one): int(below[one]) for one in np.flatnonzero(is_next) if above[below[one]] == one}


def _long_parts(run: Sequence[LineBox]) -> list[list[LineBox]]:
    """Return the parts of a run whose lines are long by the median over WINDOW lines: not the cells under a text."""
    letters = [box.letters * (SENTENCE_WORTH if box.found.text[:1].islower() else 1) for box in run]
    parts: list[list[LineBox]] = [[]]
    for number, box in enumerate(run):
        window = letters[max(0, number - WINDOW // 2) : number + WINDOW // 2 + 1]
        if float(np.median(window)) >= MIN_PROSE_LETTERS:
            parts[-1].append(box)
        elif parts[-1]:
            parts.append([])
    return parts


def _is_prose(run: Sequence[LineBox]) -> bool:
    """Return whether the lines of a run begin below one another and mostly fill its width."""
    if len(run) < MIN_PROSE_ROWS:
        return False
    widths = [box.width for box in run]
    median = float(np.median(widths))
    if len(run) < SHORT_RUN:
        return median >= SHORT_FILL * (max(box.right for box in run) - min(box.left for box in run))
    steps = np.abs(np.diff([box.left for box in run]))
    is_aligned = float(np.median(steps)) < float(np.median([box.height for box in run]))
    return is_aligned and median >= MIN_FILL * float(np.percentile(widths, WIDE_LINES))
