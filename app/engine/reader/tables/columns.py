"""Finds the columns of a table: gaps between words that run through its lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
import numpy.typing as npt

from app.engine.reader.text_boxes import TextBox

STEP = 0.05
"""Resolution of the coverage along x, in text heights."""
MIN_WIDTHS = ((6, 0.3), (4, 0.4), (3, 0.45), (2, 0.8), (1, 1.5))
"""Minimum width of a gap, in text heights, by the number of lines with text on both sides: chance aligns few."""
MAX_CROSSED = 0.34
"""Maximum number of lines whose text crosses a gap, such as headings, as a fraction of the lines it separates."""
WORD_SPACE = 0.5
"""Gap in text heights below which words on both sides of a gutter are one text."""
MISSING_RULE = 0.75
"""The same where the gutter is a vertical rule that is not drawn beside the words."""
SAME_LEFT = 0.3
"""Distance in text heights within which texts of a column begin at the same x."""
MIN_SAME_LEFT = 3
WIDER_GAP = 1.2
"""Minimum ratio of the gap between two columns' texts on a line to the usual gap between their words."""
MAX_STEPS = 20_000
"""Maximum number of steps along x, so that a box of any width costs bounded memory."""


@dataclass(frozen=True, slots=True)
class Gutter:
    """A gap between two columns, in pixels; a ruled one has no width and is `drawn` between these y.

    One that is `through` is drawn over nearly all the table: where it is missing, a cell spans both columns.
    """

    left: float
    right: float
    drawn: tuple[tuple[float, float], ...] = ()
    through: bool = False

    def is_drawn_at(self, y: float) -> bool:
        """Return whether a vertical rule is drawn at `y`."""
        return any(begin <= y <= end for begin, end in self.drawn)

    def is_spanned_at(self, y: float) -> bool:
        """Return whether a rule that is drawn over nearly all the table leaves out `y`."""
        return self.through and not self.is_drawn_at(y)

    @property
    def middle(self) -> float:
        """The x of the boundary between the columns."""
        return (self.left + self.right) / 2

    @property
    def width(self) -> float:
        """The width in pixels."""
        return self.right - self.left


def find_gutters(lines: Sequence[Sequence[TextBox]], height: float, strictness: float = 1.0) -> list[Gutter]:
    """Return the gaps between columns of lines of words, from left to right; `height` is that of text in pixels.

    A gap may be crossed by a few lines, as headings over several columns do, if many more have text on both sides.
    `strictness` multiplies the width that a gap must have.
    """
    words = [word for line in lines for word in line]
    if len(words) < 2:
        return []
    left, right = min(word.left for word in words), max(word.right for word in words)
    step = max(STEP * height, (right - left) / MAX_STEPS, 1e-3)
    covered = np.zeros((len(lines), int((right - left) / step) + 2), dtype=bool)
    for number, line in enumerate(lines):
        for word in line:
            covered[number, int((word.left - left) / step) : int(np.ceil((word.right - left) / step)) + 1] = True
    counts = covered.sum(axis=0)
    found: list[tuple[int, int]] = []
    for crossed in range(int(MAX_CROSSED * len(lines)) + 1):
        for begin, end in _runs(counts <= crossed):
            if any(begin < other_end and other_begin < end for other_begin, other_end in found):
                continue
            before = max((other_end for _, other_end in found if other_end <= begin), default=0)
            after = min((other_begin for other_begin, _ in found if other_begin >= end), default=covered.shape[1])
            separated, crossing = _support(covered, before, begin, end, after)
            width = (end - begin) * step / height
            if crossing <= MAX_CROSSED * separated and _is_wide(width, separated, strictness):
                found.append((begin, end))
    return [Gutter(left + begin * step, left + end * step) for begin, end in sorted(found)]


def _runs(is_free: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the beginnings and ends of runs of true values that touch neither end."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_free.astype(np.int8), [0])))).tolist()
    runs = list(zip(edges[::2], edges[1::2], strict=True))
    return [(begin, end) for begin, end in runs if begin > 0 and end < len(is_free)]


def _support(covered: npt.NDArray[np.bool_], before: int, begin: int, end: int, after: int) -> tuple[int, int]:
    """Return how many lines have text on both sides of a gap and none in it, and how many cross it.

    A line whose text ends in its outer quarters makes the gap narrower, but does not cross it.
    """
    on_left, on_right = covered[:, before:begin].any(axis=1), covered[:, end:after].any(axis=1)
    inset = (end - begin) // 4
    crosses = covered[:, begin + inset : end - inset].any(axis=1)
    return int((on_left & on_right & ~crosses).sum()), int(crosses.sum())


def _is_wide(width: float, separated: int, strictness: float) -> bool:
    return any(separated >= lines and width >= strictness * minimum for lines, minimum in MIN_WIDTHS)


@dataclass(frozen=True, slots=True)
class Fragment:
    """Words of one line that are one text, in columns `first` to `last`."""

    words: tuple[TextBox, ...]
    first: int
    last: int

    @property
    def left(self) -> float:
        """The left end in pixels."""
        return self.words[0].left

    @property
    def right(self) -> float:
        """The right end in pixels."""
        return max(word.right for word in self.words)

    @property
    def text(self) -> str:
        """The words, joined with spaces."""
        return " ".join(word.text for word in self.words)


def column_of(x: float, gutters: Sequence[Gutter]) -> int:
    """Return the number of the column at `x`."""
    return sum(gutter.middle <= x for gutter in gutters)


def fragments_of(line: Sequence[TextBox], gutters: Sequence[Gutter], height: float) -> list[Fragment]:
    """Split a line of words at the gutters; a text that runs over a gutter stays whole."""
    fragments: list[Fragment] = []
    y = sum(word.middle for word in line) / max(len(line), 1)
    for word in line:
        first, last = column_of(word.left + 0.1 * height, gutters), column_of(word.right - 0.1 * height, gutters)
        if first != last:
            first, last = _narrowed(word, first, last, gutters, y)
        first, last = min(first, last), max(first, last)
        if fragments and _is_one(fragments[-1], word, first, gutters, height, y):
            fragments[-1] = Fragment((*fragments[-1].words, word), fragments[-1].first, max(fragments[-1].last, last))
        else:
            fragments.append(Fragment((word,), first, last))
    return _over_missing_rules(fragments, gutters, y)


def _over_missing_rules(fragments: Sequence[Fragment], gutters: Sequence[Gutter], y: float) -> list[Fragment]:
    """Let texts span the empty columns beside them where the vertical rule between is missing."""
    taken = {column for f in fragments for column in range(f.first, f.last + 1)}
    missing = {n for n, gutter in enumerate(gutters) if gutter.is_spanned_at(y)}
    spanning = []
    for fragment in fragments:
        first, last = fragment.first, fragment.last
        while last in missing and last + 1 not in taken and _is_centred(fragment, first, last, last + 1, gutters):
            last += 1
        while (
            first - 1 in missing and first - 1 not in taken and _is_centred(fragment, first, last, first - 1, gutters)
        ):
            first -= 1
        taken |= set(range(first, last + 1))
        spanning.append(Fragment(fragment.words, first, last))
    return spanning


def _is_centred(fragment: Fragment, first: int, last: int, added: int, gutters: Sequence[Gutter]) -> bool:
    """Return whether a text is nearer to the middle of its columns if another one is added."""
    edges = [gutter.middle for gutter in gutters]

    def off(first: int, last: int) -> float:
        left, right = edges[max(first - 1, 0)], edges[min(last, len(edges) - 1)]
        is_inner = first > 0 and last < len(edges)
        return abs(left + right - fragment.left - fragment.right) if is_inner else float("inf")

    return off(min(first, added), max(last, added)) <= off(first, last)


def _narrowed(word: TextBox, first: int, last: int, gutters: Sequence[Gutter], y: float) -> tuple[int, int]:
    """Return the columns of a word that reaches over a gutter's middle: only those that it reaches well into."""
    middle = column_of((word.left + word.right) / 2, gutters)
    while first < middle and (gutters[first].left < word.left or gutters[first].is_drawn_at(y)):
        first += 1
    while last > middle and (word.right < gutters[last - 1].right or gutters[last - 1].is_drawn_at(y)):
        last -= 1
    return first, last


def _is_one(fragment: Fragment, word: TextBox, first: int, gutters: Sequence[Gutter], height: float, y: float) -> bool:
    """Return whether a word goes on the fragment before it."""
    if first <= fragment.last:
        return True
    between = gutters[fragment.last : first]
    if len(between) > 1 or between[0].is_drawn_at(y):
        return False
    gap = word.left - fragment.right
    return gap < (MISSING_RULE * height if between[0].drawn else min(0.8 * between[0].width, WORD_SPACE * height))


def split_at_sides(
    lines: Sequence[Sequence[Fragment]], gutters: Sequence[Gutter], height: float
) -> list[list[Fragment]]:
    """Split texts over several columns where a word begins at the left side that a column's texts have in common.

    Where a vertical rule leaves out a text's row, its cell spans the columns, wherever its words begin.
    """
    sides: dict[int, list[float]] = {}
    for line in lines:
        for fragment in line:
            if fragment.first == fragment.last and fragment.first:
                sides.setdefault(fragment.first, []).append(fragment.left)

    def is_side(x: float, column: int) -> bool:
        lefts = sides.get(column, [])
        near = sum(abs(left - x) < SAME_LEFT * height for left in lefts)
        return near >= MIN_SAME_LEFT and near >= 0.5 * len(lefts)

    split: list[list[Fragment]] = []
    for line in lines:
        split.append([])
        for fragment in line:
            parts = [[fragment.words[0]]]
            gaps = [after.left - before.right for before, after in pairwise(fragment.words)]
            usual = median(gaps) if gaps else 0.0
            for word, gap in zip(fragment.words[1:], gaps, strict=True):
                column = column_of(word.left + 0.1 * height, gutters)
                is_apart = gap >= WIDER_GAP * usual and column > column_of(parts[-1][0].left, gutters)
                if is_apart and is_side(word.left, column) and not gutters[column - 1].is_spanned_at(word.middle):
                    parts.append([word])
                else:
                    parts[-1].append(word)
            if fragment.first == fragment.last or len(parts) == 1:
                split[-1].append(fragment)
            else:
                firsts = [fragment.first, *(column_of(part[0].left + 0.1 * height, gutters) for part in parts[1:])]
                lasts = [*(first - 1 for first in firsts[1:]), max(fragment.last, firsts[-1])]
                split[-1] += [Fragment(tuple(p), f, max(f, z)) for p, f, z in zip(parts, firsts, lasts, strict=True)]
    return split


def bands_of(fragments: Sequence[Sequence[Fragment]], columns: int) -> list[tuple[float, float]]:
    """Return the left and right ends of the text that stands in each column alone."""
    ends: list[list[float]] = [[] for _ in range(columns)]
    begins: list[list[float]] = [[] for _ in range(columns)]
    for line in fragments:
        for fragment in line:
            if fragment.first == fragment.last:
                begins[fragment.first].append(fragment.left)
                ends[fragment.first].append(fragment.right)
    return [
        (min(left), max(right)) if left else (float("nan"), float("nan"))
        for left, right in zip(begins, ends, strict=True)
    ]


def united_gutters(gutters: Sequence[Gutter], ruled: Sequence[Gutter], height: float) -> list[Gutter]:
    """Return the gutters with those at vertical rules, one for each boundary, from left to right."""
    reach = 0.3 * height
    free = [g for g in gutters if not any(g.left - reach <= rule.middle <= g.right + reach for rule in ruled)]
    ordered = sorted([*ruled, *free], key=lambda gutter: gutter.middle)
    return [
        gutter
        for number, gutter in enumerate(ordered)
        if not number or gutter.middle - ordered[number - 1].middle > 0.3 * height
    ]


def middles(gutters: Sequence[Gutter], left: float, right: float) -> list[float]:
    """Return the columns' boundaries, both sides of the table included."""
    inner = [gutter.middle for gutter in gutters]
    edges = [min([left, *inner]), *inner, max([right, *inner])]
    return [max(edge, before) for before, edge in pairwise([edges[0], *edges])]
