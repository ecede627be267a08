"""Finds the areas of a page that may be tables: between its rules."""

import re
from collections.abc import Sequence
from itertools import pairwise

from app.engine.reader.tables.area import Area, texts_of
from app.engine.reader.tables.rows import is_value
from app.engine.reader.tables.rules import Rule, Rules
from app.engine.reader.text_boxes import TextBox, rows_of

PROSE_WORDS = 6
"""Number of words in each text of a line from which it may be prose."""
PROSE_WIDTH = 0.65
"""Fraction of an area's width that prose covers."""
MAX_PROSE = 0.35
"""Maximum fraction of prose among the lines between two rules of one table."""
MIN_PARTIAL = 0.5
"""Minimum length of a rule over the columns that a header spans, as a fraction of the longest rule of the table."""
SAME_SIDE = 1.5
"""Distance in text heights within which the ends of horizontal rules count as aligned."""
SAME_LINE = 0.12
"""Maximum distance in text heights between parts of one rule; those of two columns are further apart."""
MAX_GAP = 4.0
"""Maximum distance in text heights between parts of one bordered table."""
WHOLE = 0.9
"""Minimum length of a rule over the whole table, as a fraction of its longest one."""
MAX_HEAD, MIN_HEADS = 4.5, 3
"""Maximum height of a header in text heights, and minimum number of texts in one of its lines."""

_TITLE = re.compile(
    r"(?:table|tab\.|tabelle|tableau|tabla|tabela|tabella|tabel|таблица|表)\s*(?:\d+|[IVXLC]+\b)", re.IGNORECASE
)
"""The beginning of a table's title, which numbers it."""

Edges = tuple[float, float, float, float]
"""The left, top, right and bottom edges of a rule."""


def ruled_areas(words: Sequence[TextBox], rules: Rules, height: float) -> list[Area]:
    """Return the areas enclosed by rules that touch, or lying between aligned horizontal rules."""
    lattices = _stacked(_lattices(rules, height), words, height)
    free = _whole([rule for rule in rules.level if not any(_is_in(rule, area, height) for area in lattices)], height)
    lattices = [_with_rules_beside(area, free, words, height) for area in lattices]
    free = [rule for rule in free if not any(_is_in(rule, area, height) for area in lattices)]
    return [*lattices, *_between(free, words, height)]


def _with_rules_beside(area: Area, rules: Sequence[Rule], words: Sequence[TextBox], height: float) -> Area:
    """Return an area with the lines of cells above and below it up to rules as wide as it."""
    for rule in reversed(rules):
        side = Rule(area.top, area.left, area.right)
        is_near = 0 < area.top - rule.position < MAX_GAP * height
        if is_near and _is_aligned(rule, side, height) and _holds_cells(words, rule, side, height):
            area = Area(area.left, rule.position, area.right, area.bottom)
    for rule in rules:
        side = Rule(area.bottom, area.left, area.right)
        is_near = 0 < rule.position - area.bottom < MAX_GAP * height
        if is_near and _is_aligned(rule, side, height) and _holds_cells(words, side, rule, height):
            area = Area(area.left, area.top, area.right, rule.position)
    return area


def _is_in(rule: Rule, area: Area, height: float) -> bool:
    inside = area.top - 0.5 * height <= rule.position <= area.bottom + 0.5 * height
    return inside and area.left - height <= rule.begin and rule.end <= area.right + height


def _lattices(rules: Rules, height: float) -> list[Area]:
    """Return the bounding boxes of horizontal and vertical rules that touch one another."""
    boxes = [(r.begin, r.position, r.end, r.position) for r in rules.level]
    boxes += [(r.position, r.begin, r.position, r.end) for r in rules.upright]
    parents = list(range(len(boxes)))

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    reach = 0.5 * height
    for number, rule in enumerate(rules.level):
        met = [len(rules.level) + n for n, upright in enumerate(rules.upright) if _touch(rule, upright, reach)]
        if _is_held(rule, [rules.upright[other - len(rules.level)] for other in met], reach):
            for other in met:
                parents[root(number)] = root(other)
    groups: dict[int, list[int]] = {}
    for number in range(len(boxes)):
        groups.setdefault(root(number), []).append(number)
    areas = []
    for group in groups.values():
        level = sum(number < len(rules.level) for number in group)
        if level >= 2 and len(group) - level >= 1:
            area = _around([boxes[n] for n in group if n < len(rules.level)], [boxes[n] for n in group[level:]])
            if area.right - area.left > 3 * height and area.bottom - area.top > 2 * height:
                areas.append(area)
    return areas


def _touch(level: Rule, upright: Rule, reach: float) -> bool:
    across = level.begin - reach <= upright.position <= level.end + reach
    return across and upright.begin - reach <= level.position <= upright.end + reach


def _is_held(level: Rule, uprights: Sequence[Rule], reach: float) -> bool:
    """Return whether a horizontal rule crosses a vertical one, or ends at vertical ones on both sides.

    One that merely ends at a vertical rule parts the texts of a column beside a line between the page's columns.
    """
    ends = [min(abs(u.position - level.begin), abs(u.position - level.end)) <= reach for u in uprights]
    return not all(ends) or len(ends) > 1


def _around(level: Sequence[Edges], upright: Sequence[Edges]) -> Area:
    """Return the area of a lattice; one vertical rule that is longer than all others, such as a fold, ends in it."""
    lefts, tops, rights, bottoms = zip(*level, *upright, strict=True)
    begins, ends = sorted(top for _, top, _, _ in upright), sorted(bottom for _, _, _, bottom in upright)
    if len(upright) > 1:
        top = min(begins[1], *(y for _, y, _, _ in level))
        bottom = max(ends[-2], *(y for _, y, _, _ in level))
    else:
        top, bottom = min(tops), max(bottoms)
    return Area(min(lefts), top, max(rights), bottom)


def _stacked(areas: Sequence[Area], words: Sequence[TextBox], height: float) -> list[Area]:
    """Unite areas of the same width that lie close below one another with nothing but cells between them."""
    stacked: list[Area] = []
    for area in sorted(areas, key=lambda area: area.top):
        for number, other in enumerate(stacked):
            above = Rule(other.bottom, other.left, other.right)
            below = Rule(area.top, area.left, area.right)
            is_near = area.top - other.bottom < MAX_GAP * height
            if is_near and _is_aligned(above, below, height) and _holds_cells(words, above, below, height):
                stacked[number] = Area(
                    min(area.left, other.left), other.top, max(area.right, other.right), max(area.bottom, other.bottom)
                )
                break
        else:
            stacked.append(area)
    return stacked


def _whole(rules: Sequence[Rule], height: float) -> list[Rule]:
    """Join rules at the same y, since a rule may have a gap between columns; returns them from top to bottom."""
    whole: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (rule.position, rule.begin)):
        for number, other in enumerate(whole):
            if abs(other.position - rule.position) < SAME_LINE * height and rule.begin - other.end < 3 * height:
                whole[number] = Rule(other.position, min(rule.begin, other.begin), max(rule.end, other.end))
                break
        else:
            whole.append(rule)
    return sorted(whole, key=lambda rule: rule.position)


def _between(rules: Sequence[Rule], words: Sequence[TextBox], height: float) -> list[Area]:
    """Return the areas of chains of aligned horizontal rules with tabular text between them.

    Those of chains that begin at rules of longer ones come last: a rule above a table may be the page's.
    """
    areas, parts = [], []
    used: set[int] = set()
    for number in range(len(rules)):
        others = rules[number:] if number in used else [r for n, r in enumerate(rules) if n >= number and n not in used]
        chain = _chain(others, words, height)
        if len(chain) < 2:
            continue
        sides = _own_rules(chain, height)
        left, right = min(r.begin for r in sides), max(r.end for r in sides)
        area = Area(left - height, chain[0].position, right + height, chain[-1].position)
        if number in used:
            parts.append(area)
            continue
        used |= {n for n, other in enumerate(rules) if _is_in(other, area, height)}
        tops = [chain[0].position, *_second_headers(chain, words, height)]
        bottoms = [*tops[1:], chain[-1].position]
        areas += [Area(area.left, top, area.right, bottom) for top, bottom in zip(tops, bottoms, strict=True)]
    return areas + parts


def _own_rules(chain: Sequence[Rule], height: float) -> Sequence[Rule]:
    """Return the rules that show a table's width: not a longer one at its end, such as a page's."""
    for others, last in ((chain[:-1], chain[-1]), (chain[1:], chain[0])):
        widest = sorted(others, key=lambda rule: -rule.length)[:2]
        is_longer = last.length > widest[0].length + 2 * SAME_SIDE * height
        if len(widest) > 1 and is_longer and _is_aligned(widest[0], widest[1], height):
            return others
    return chain


def _second_headers(chain: Sequence[Rule], words: Sequence[TextBox], height: float) -> list[float]:
    """Return the y of rules where another table begins below one: with a header between two rules, as the first has."""
    widest = max(rule.length for rule in chain)
    whole = [rule for rule in chain if rule.length >= WHOLE * widest]
    heads = [
        above.position for above, below in pairwise(whole) if _is_head(_inside(words, above, below, height), height)
    ]
    return heads[1:] if heads and heads[0] == whole[0].position else []


def _is_head(words: Sequence[TextBox], height: float) -> bool:
    """Return whether the words between two rules are the heads of several columns, without values."""
    rows = rows_of(words)
    texts = [[" ".join(word.text for word in text) for text in texts_of(row)] for row in rows]
    is_low = bool(rows) and max(w.bottom for w in words) - min(w.top for w in words) <= MAX_HEAD * height
    return is_low and max(map(len, texts)) >= MIN_HEADS and not any(is_value(text) for row in texts for text in row)


def _chain(rules: Sequence[Rule], words: Sequence[TextBox], height: float) -> list[Rule]:
    """Return the first rule and those below it that belong to it, down to text that is not tabular."""
    chain = [rules[0]]
    for other in rules[1:]:
        if _belongs(chain, other, height):
            if not _is_tabular(words, chain[-1], other, height):
                break
            chain.append(other)
    return chain


def _is_aligned(rule: Rule, other: Rule, height: float) -> bool:
    reach = SAME_SIDE * height
    return abs(rule.begin - other.begin) < reach and abs(rule.end - other.end) < reach


def _belongs(chain: Sequence[Rule], rule: Rule, height: float) -> bool:
    """Return whether a rule belongs to those above: as wide as one of them, or within it and at one of its ends."""
    widest = max(chain, key=lambda other: other.length)
    reach = SAME_SIDE * height
    if _is_aligned(widest, rule, height):
        return True
    short, wide = sorted((widest, rule), key=lambda other: other.length)
    is_within = wide.begin - reach < short.begin and short.end < wide.end + reach
    at_end = abs(short.begin - wide.begin) < reach or abs(short.end - wide.end) < reach
    return is_within and at_end and short.length >= MIN_PARTIAL * wide.length


def _is_tabular(words: Sequence[TextBox], above: Rule, below: Rule, height: float) -> bool:
    """Return whether the text between two rules is not prose."""
    rows = rows_of(_inside(words, above, below, height))
    if not rows:
        return True
    if any(_TITLE.match(" ".join(word.text for word in row)) for row in rows):
        return False
    width = max(above.end, below.end) - min(above.begin, below.begin)
    prose = sum(_is_prose(row, width) for row in rows)
    split = sum(len(texts_of(row)) > 1 for row in rows)
    return prose <= MAX_PROSE * len(rows) and (split >= 0.4 * len(rows) or len(rows) <= 2)


def _holds_cells(words: Sequence[TextBox], above: Rule, below: Rule, height: float) -> bool:
    """Return whether there is a line of several texts between two rules, or none at all."""
    rows = rows_of(_inside(words, above, below, height))
    return not rows or (any(len(texts_of(row)) > 1 for row in rows) and _is_tabular(words, above, below, height))


def _inside(words: Sequence[TextBox], above: Rule, below: Rule, height: float) -> list[TextBox]:
    left, right = min(above.begin, below.begin) - height, max(above.end, below.end) + height
    return [w for w in words if above.position < w.middle < below.position and left < (w.left + w.right) / 2 < right]


def _is_prose(row: Sequence[TextBox], width: float) -> bool:
    """Return whether every text of a line has many words and together they fill most of the width."""
    texts = texts_of(row)
    filled = sum(text[-1].right - text[0].left for text in texts)
    return all(len(text) >= PROSE_WORDS for text in texts) and filled >= PROSE_WIDTH * width
