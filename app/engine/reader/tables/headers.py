"""Finds the columns that header texts span."""

from collections.abc import Sequence
from itertools import pairwise

from app.engine.reader.tables.columns import Fragment, Gutter
from app.engine.reader.tables.rows import Line, goes_on, is_value
from app.engine.reader.tables.rules import Rule

CENTRED = 0.8
"""Distance in text heights within which a header is centred over the columns that it spans."""
RULE_BELOW = 1.2
"""Distance in text heights below a header within which a rule shows the columns that it spans."""
MAX_HEADING = 0.6
"""Maximum width of a heading between the drawn sides of a table, as a fraction of the table's; titles are longer."""

Band = tuple[float, float]


def expand_headers(lines: Sequence[Line], bands: Sequence[Band], level: Sequence[Rule], height: float) -> None:
    """Let header texts span the columns over which they are centred, whose rule is below, or whose headers repeat."""
    for line, below in pairwise(lines):
        by_rule = [_under_rule(f, line, bands, level, height) for f in line.fragments]
        if any(by_rule):
            line.fragments = _without_overlaps(line.fragments, by_rule)
        elif groups := _groups(line, below, bands, height) or _repeated(line, below, len(bands)):
            line.fragments = [Fragment(f.words, *group) for f, group in zip(line.fragments, groups, strict=True)]


def expand_subheadings(lines: Sequence[Line], bands: Sequence[Band], height: float) -> None:
    """Let a text alone on a line of the body span all columns but the first if it is centred over them."""
    last = len(bands) - 1
    for line in lines:
        if last > 1 and len(line.fragments) == 1 and line.fragments[0].first and not is_value(line.fragments[0].text):
            fragment = line.fragments[0]
            off = (bands[1][0] + bands[last][1] - fragment.left - fragment.right) / 2
            if abs(off) <= 2 * CENTRED * height:
                line.fragments = [Fragment(fragment.words, 1, last)]


def is_drawn_heading(line: Line, sides: Sequence[Gutter], gutters: Sequence[Gutter]) -> bool:
    """Return whether a line is a short text in the middle between both drawn sides, with no rules at its own sides."""
    y = line.middle
    if len(line.fragments) != 1 or not sides or not all(side.is_drawn_at(y) for side in sides):
        return False
    text, (left, right) = line.fragments[0], (side.middle for side in sides)
    is_centred = abs(left + right - text.left - text.right) / 2 <= CENTRED * (line.bottom - line.top)
    is_short = text.right - text.left <= MAX_HEADING * (right - left)
    return is_centred and is_short and not any(gutter.is_drawn_at(y) for gutter in gutters)


def _under_rule(
    fragment: Fragment, line: Line, bands: Sequence[Band], level: Sequence[Rule], height: float
) -> tuple[int, int] | None:
    """Return the columns of the rule below a text that is shorter than the table and longer than the text's column."""
    for rule in level:
        if not line.middle < rule.position < line.bottom + RULE_BELOW * height:
            continue
        if rule.begin > fragment.left + height or rule.end < fragment.right - height:
            continue
        if any(f is not fragment and rule.begin < (f.left + f.right) / 2 < rule.end for f in line.fragments):
            continue
        covered = [number for number, band in enumerate(bands) if rule.covers(*band) >= 0.5]
        if 1 < len(covered) < len(bands) and abs(rule.begin + rule.end - fragment.left - fragment.right) < (
            0.2 * rule.length + 2 * height
        ):
            return min(covered[0], fragment.first), max(covered[-1], fragment.last)
    return None


def _without_overlaps(fragments: Sequence[Fragment], spans: Sequence[tuple[int, int] | None]) -> list[Fragment]:
    expanded: list[Fragment] = []
    for number, (fragment, span) in enumerate(zip(fragments, spans, strict=True)):
        first, last = span or (fragment.first, fragment.last)
        if expanded:
            first = max(first, expanded[-1].last + 1)
        if number + 1 < len(fragments):
            last = min(last, fragments[number + 1].first - 1)
        expanded.append(Fragment(fragment.words, min(first, fragment.first), max(last, fragment.last)))
    return expanded


def _groups(line: Line, below: Line, bands: Sequence[Band], height: float) -> list[tuple[int, int]] | None:
    """Return the columns that each text of a line spans if all are centred over groups of the line below."""
    texts = line.fragments
    under = {f.first for f in below.fragments if f.first == f.last}
    if any(goes_on(f.text) for f in below.fragments) or len(under) <= len(texts):
        return None
    groups: list[tuple[int, int]] = []
    first = 0 if texts[0].first == 0 or (0 in under and texts[0].first <= 1 and not _is_stub(below)) else 1
    if texts[0].first == 0:
        groups.append((0, texts[0].last))
        first = texts[0].last + 1
    for number in range(len(groups), len(texts)):
        fragment = texts[number]
        if number + 1 == len(texts):
            last = len(bands) - 1
        else:
            following = texts[number + 1]
            middle = (fragment.left + fragment.right + following.left + following.right) / 4
            inner = range(fragment.last, following.first)
            last = min(inner, key=lambda n: abs(bands[n][1] + bands[n + 1][0] - 2 * middle), default=fragment.last)
        if not first <= fragment.first <= fragment.last <= last:
            return None
        groups.append((first, last))
        first = last + 1
    if all(a == b for a, b in groups):
        return None
    for fragment, (a, b) in zip(texts, groups, strict=True):
        off = (bands[a][0] + bands[b][1] - fragment.left - fragment.right) / 2
        if b > a and not abs(off) <= CENTRED * height:
            return None
        if b > a and cells_under(below, a, b) < 2:
            return None
    return groups


def _repeated(line: Line, below: Line, columns: int) -> list[tuple[int, int]] | None:
    """Return the columns that each text of a line spans if the headers below are the same ones below each of them."""
    texts = [f for f in line.fragments if f.first]
    under = {f.first: f.text for f in below.fragments if f.first == f.last and f.first}
    stub = columns - len(under)
    size = len(under) // max(len(texts), 1)
    if len(texts) < 2 or size < 2 or len(under) % len(texts) or set(under) != set(range(stub, columns)):
        return None
    spans = [(first, first + size - 1) for first in range(stub, columns, size)]
    names = {tuple(under[column] for column in range(first, last + 1)) for first, last in spans}
    is_within = all(first <= f.first and f.last <= last for f, (first, last) in zip(texts, spans, strict=True))
    if len(names) > 1 or not is_within:
        return None
    return [*((f.first, f.last) for f in line.fragments if not f.first), *spans]


def _is_stub(line: Line) -> bool:
    """Return whether a line begins in the first column."""
    return 0 in line.columns


def cells_under(line: Line, first: int, last: int) -> int:
    """Return how many texts of a line stand in these columns alone."""
    return sum(first <= f.first and f.last <= last for f in line.fragments)
