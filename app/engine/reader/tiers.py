"""Orders the columns of a vertical page, whose tiers lie below one another as those of newspapers do.

All boxes are on the page turned so that columns are rows: a column's top is its left, a tier's first column, at the
right of the page, its topmost. Columns beside each other that begin alike are parts of one tier. Of two parts that
stand above each other on the page the upper one is read first, of two beside each other the right one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice

import numpy as np

from app.engine.reader.layout.line_boxes import LineBox
from app.engine.reader.tuning import TALL

MIN_OVERLAP = 0.6
"""Minimum overlap of the pieces of a column, as a fraction of the narrower."""

MAX_BREAK, MAX_PITCH = 1.5, 1.2
"""Maximum gap within a column, and between the columns of a tier, as a multiple of the narrower one's width."""

BESIDE, ALIKE = 2.5, 0.7
"""Distance of the columns that tell whether one is broken, and how far apart the tops of a tier's columns are then."""

MAX_INDENT, MAX_GROWTH = 2.5, 1.8
"""Maximum difference of the tops of neighbouring columns of a tier, and maximum ratio of their widths."""

SMALL = 0.65
"""Maximum width of the kana beside a column, as a fraction of the median column's."""

MAX_APART = 3.0
"""Maximum gap between horizontal lines below one another, in line heights: rows of tables are that far apart."""

OVERHANG = 0.5
"""Maximum overlap of two parts that are still above or beside each other, in widths of the median column."""

Order = Callable[[Sequence[LineBox]], list[list[LineBox]]]


@dataclass(eq=False, slots=True)
class _Part:
    """A column with its pieces, a tier with its columns, or horizontal lines that belong together."""

    rows: list[list[LineBox]]
    left: float = field(init=False)
    top: float = field(init=False)
    right: float = field(init=False)
    bottom: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = min(box.left for box in self.boxes)
        self.top = min(box.top for box in self.boxes)
        self.right = max(box.right for box in self.boxes)
        self.bottom = max(box.bottom for box in self.boxes)

    @property
    def boxes(self) -> list[LineBox]:
        return [box for row in self.rows for box in row]

    @property
    def width(self) -> float:
        return self.bottom - self.top

    @property
    def length(self) -> float:
        return self.right - self.left

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def order_tiers(boxes: Sequence[LineBox], order_horizontal: Order) -> list[list[LineBox]]:
    """Return boxes in rows of reading order; `order_horizontal` orders those of horizontal lines."""
    columns = [box for box in boxes if box.width > TALL * box.height]
    if not columns:
        return order_horizontal(boxes)
    usual = float(np.median([box.height for box in columns]))
    columns += [box for box in boxes if box.height <= TALL * box.width and _ends_beside(box, columns)]
    taken = set(columns)
    parts = _tiers(_whole_columns(columns), usual)
    groups = _horizontal([box for box in boxes if box not in taken], columns)
    parts += [_Part(order_horizontal(group)) for group in groups]
    return [row for part in _sorted(parts, OVERHANG * usual) for row in part.rows]


def _ends_beside(box: LineBox, columns: Sequence[LineBox]) -> bool:
    """Return whether a box of one or two characters is the end of a paragraph: it begins as a column beside it does."""
    return box.width <= TALL * box.height and any(
        abs(box.left - other.left) <= box.height
        and max(box.top, other.top) - min(box.bottom, other.bottom) <= MAX_PITCH * min(box.height, other.height)
        and max(box.height, other.height) <= MAX_GROWTH * min(box.height, other.height)
        for other in columns
    )


def _whole_columns(boxes: Sequence[LineBox]) -> list[_Part]:
    """Join the pieces of columns: the columns beside them go on where they end, so that no tier ends there."""
    pieces = [_Part([[box]]) for box in boxes]
    near = _near_pairs(pieces, BESIDE)
    beside: dict[_Part, list[_Part]] = {piece: [] for piece in pieces}
    below: list[tuple[_Part, _Part]] = []
    for one, other in near:
        if _overlap_across(one, other) < MIN_OVERLAP * min(one.width, other.width):
            beside[one].append(other)
            beside[other].append(one)
        else:
            below.append((one, other) if one.left < other.left else (other, one))

    def is_broken(upper: _Part, lower: _Part) -> bool:
        unit = min(upper.width, lower.width)
        if not -unit < lower.left - upper.right < MAX_BREAK * unit:
            return False
        around = {*beside[upper], *beside[lower]}
        crossing = sum(
            part.left < lower.left - ALIKE * unit < lower.left + ALIKE * unit < part.right for part in around
        )
        return crossing > sum(abs(part.left - lower.left) <= ALIKE * unit for part in around)

    groups = _groups(pieces, [pair for pair in below if is_broken(*pair)])
    return [
        _Part([sorted((box for piece in group for box in piece.boxes), key=lambda box: box.left)]) for group in groups
    ]


def _tiers(columns: Sequence[_Part], usual: float) -> list[_Part]:
    """Group columns that begin alike beside each other; `usual` is their median width."""
    near = _near_pairs(columns, MAX_PITCH)
    below: dict[_Part, list[_Part]] = {column: [] for column in columns}
    beside = []
    for one, other in near:
        if _overlap_across(one, other) >= OVERHANG * min(one.width, other.width):
            upper, lower = (one, other) if one.left < other.left else (other, one)
            below[upper].append(lower)
        else:
            beside.append((one, other))

    def is_tier(one: _Part, other: _Part) -> bool:
        shorter, longer = (one, other) if one.length < other.length else (other, one)
        unit = min(one.width, other.width)
        if _overlap_down(one, other) < OVERHANG * shorter.length:
            return False
        if unit < SMALL * usual and max(one.width, other.width) < MAX_GROWTH * usual:
            return True
        if abs(one.left - other.left) > MAX_INDENT * unit or max(one.width, other.width) > MAX_GROWTH * unit:
            return False
        # A column beside two tiers belongs to neither of them.
        return not any(
            lower.left - shorter.right < MAX_BREAK * unit and lower.left + unit < longer.right
            for lower in below[shorter]
        )

    groups = _groups(columns, [pair for pair in beside if is_tier(*pair)])
    return [
        _Part([row for column in sorted(group, key=lambda column: column.middle) for row in column.rows])
        for group in groups
    ]


def _horizontal(boxes: Sequence[LineBox], columns: Sequence[LineBox]) -> list[list[LineBox]]:
    """Group horizontal lines between which no column stands: one below the other if they are near, or in a row."""
    edges = np.array([(box.left, box.top, box.right, box.bottom) for box in columns])
    lines = [_Part([[box]]) for box in boxes]

    def is_apart(one: _Part, other: _Part) -> bool:
        both = _Part([*one.rows, *other.rows])
        within = (edges[:, 0] < both.right) & (edges[:, 2] > both.left)
        return bool((within & (edges[:, 1] < both.bottom) & (edges[:, 3] > both.top)).any())

    pairs = [
        (one, other)
        for one, other in combinations(lines, 2)
        # The page is turned: the height of a horizontal line is its length.
        if _overlap_down(one, other)
        > (-MAX_APART if _overlap_across(one, other) > 0 else OVERHANG) * min(one.length, other.length)
    ]
    groups = _groups(lines, [pair for pair in pairs if not is_apart(*pair)])
    return [[box for part in group for box in part.boxes] for group in groups]


def _sorted(parts: Sequence[_Part], overhang: float) -> list[_Part]:
    """Return parts in reading order: each after those above it and to its right, and the uppermost first otherwise."""
    following: dict[_Part, set[_Part]] = {part: set() for part in parts}
    waits = dict.fromkeys(parts, 0)
    for one, other in combinations(parts, 2):
        if is_first := _is_first(one, other, overhang):
            before, after = (one, other) if is_first > 0 else (other, one)
            following[before].add(after)
            waits[after] += 1
    rest = sorted(parts, key=lambda part: (part.left, part.top))
    ordered = []
    while rest:
        # In a circle of parts none is free.
        part = next((part for part in rest if not waits[part]), rest[0])
        rest.remove(part)
        ordered.append(part)
        for after in following[part]:
            waits[after] -= 1
    return ordered


def _is_first(one: _Part, other: _Part, overhang: float) -> int:
    """Return 1 if one part is read before another, -1 if after it, 0 if neither follows from where they stand."""
    is_stacked, is_beside = _overlap_across(one, other) > overhang, _overlap_down(one, other) > overhang
    if is_stacked and is_beside:
        # Parts with steps at their ends: what counts is where one is within the other's extent.
        ours = [
            box.left + box.right
            for box in one.boxes
            if box.bottom > other.top + overhang and box.top < other.bottom - overhang
        ]
        theirs = [
            box.left + box.right
            for box in other.boxes
            if box.bottom > one.top + overhang and box.top < one.bottom - overhang
        ]
        if ours and theirs:
            return 1 if np.mean(ours) < np.mean(theirs) else -1
        return 1 if one.middle < other.middle else -1
    if is_stacked:
        return 1 if one.left < other.left else -1
    if is_beside:
        return 1 if one.middle < other.middle else -1
    return 0


def _near_pairs(parts: Sequence[_Part], reach: float) -> list[tuple[_Part, _Part]]:
    """Return pairs whose distance across is within this multiple of the narrower one's width."""
    ordered = sorted(parts, key=lambda part: part.top)
    widest = max(part.width for part in parts)
    pairs = []
    for number, one in enumerate(ordered):
        for other in islice(ordered, number + 1, None):
            if other.top > one.bottom + reach * widest:
                break
            if other.top - one.bottom <= reach * min(one.width, other.width):
                pairs.append((one, other))
    return pairs


def _groups(parts: Sequence[_Part], pairs: Iterable[tuple[_Part, _Part]]) -> list[list[_Part]]:
    """Return the parts in groups: those of a pair are in one."""
    group_of = {part: [part] for part in parts}
    for one, other in pairs:
        first, second = group_of[one], group_of[other]
        if first is not second:
            first += second
            for part in second:
                group_of[part] = first
    return list({id(group): group for group in group_of.values()}.values())


def _overlap_across(one: _Part, other: _Part) -> float:
    return min(one.bottom, other.bottom) - max(one.top, other.top)


def _overlap_down(one: _Part, other: _Part) -> float:
    return min(one.right, other.right) - max(one.left, other.left)
