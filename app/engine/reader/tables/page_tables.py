"""Finds the tables among a deskewed page's words and rules."""

import re
from collections.abc import Callable, Sequence
from statistics import median

from app.domain.documents.tables import Table
from app.engine.reader.tables.area import Area, texts_of
from app.engine.reader.tables.areas import ruled_areas
from app.engine.reader.tables.borderless import borderless_areas
from app.engine.reader.tables.open_ends import around, extended, with_labels
from app.engine.reader.tables.rules import Rule, Rules
from app.engine.reader.tables.skew import Skew
from app.engine.reader.tables.structure import Structure, structure_of
from app.engine.reader.text_boxes import TextBox, joined_box, rows_of

MIN_WORDS = 4
MAX_TRIMS = 3
"""How often titles and notes are cut off an area, each time finding its columns again."""
MIN_RULE = 12.0
"""Minimum length in text heights of a rule that may be a table's only one."""
MAX_OVERLAP = 0.3
"""Share of an area, within another one that is a table, from which it is none of its own."""
MIN_WITHIN, MAX_PART = 0.8, 0.6
"""Minimum share of a known area within a ruled one, and maximum fraction of its size: it is the table there."""

_TYPED_RULE = re.compile(r"[-–—_=─━]{5,}")


def tables_of_words(
    words: Sequence[TextBox],
    rules: Rules,
    skew: Skew,
    is_prose: Callable[[Table], bool] = lambda _: False,
    find_known: Callable[[], Sequence[Area]] = tuple,
) -> list[tuple[Table, bool]]:
    """Return the tables that are not prose, from top to bottom, and whether all cells of each are drawn.

    `find_known` gives the areas of tables that the layout model sees. Within an area that is no table there may be
    one, such as that in a column of a page with lines between its columns.
    """
    if len(words) < MIN_WORDS:
        return []
    height = median(word.height for word in words)
    words, rules = _without_typed_rules(words, rules)
    found: list[tuple[Area, Structure]] = []
    ruled = ruled_areas(words, rules, height)
    for area in [*_within_others(find_known(), ruled), *ruled] if ruled else []:
        if any(area.overlap(other) > MAX_OVERLAP for other, _ in found):
            continue
        structure = _structure(words, rules, area)
        if (structure is None or not structure.has_body) and (longer := extended(area, words, rules.level, height)):
            area, structure = longer, _structure(words, rules, longer) or structure  # noqa: PLW2901
        if structure and (structure.is_grid or not is_prose(structure.table(skew))):
            found.append((area, structure))
    for rule in rules.level:
        if rule.length >= MIN_RULE * height and not any(area.overlap(_strip(rule)) for area, _ in found):
            area_around = around(rule, words, rules.level, height)
            structure = _structure(words, rules, area_around) if area_around else None
            if area_around and structure and structure.columns > 2 and not is_prose(structure.table(skew)):
                found.append((area_around, structure))
    found = _labelled(found, words, rules, height)
    rest = [word for word in words if not any(area.holds(word) for area, _ in found)]
    texts = [joined_box(text) for row in rows_of(rest) for text in texts_of(row)]
    others = [_structure(rest, rules, area) for area in borderless_areas(texts)]
    tables = [(structure.table(skew), structure.is_grid) for _, structure in found]
    borderless = [structure.table(skew) for structure in others if structure]
    tables += [(table, False) for table in borderless if not is_prose(table)]
    return sorted(tables, key=lambda pair: pair[0].box.top)


def _labelled(
    found: Sequence[tuple[Area, Structure]], words: Sequence[TextBox], rules: Rules, height: float
) -> list[tuple[Area, Structure]]:
    """Return the tables, with the labels of their rows where these stand beside the rules."""
    wider: list[tuple[Area, Structure]] = []
    for area, structure in found:
        longer = None if structure.is_grid else with_labels(area, words, height)
        is_free = longer and not any(longer.overlap(other) > MAX_OVERLAP for other, _ in found if other != area)
        labelled = _structure(words, rules, longer) if longer and is_free else None
        wider.append((longer, labelled) if longer and labelled else (area, structure))
    return wider


def _within_others(known: Sequence[Area], ruled: Sequence[Area]) -> list[Area]:
    """Return the known areas that are small parts of ruled ones, such as of a page with lines at its top and bottom."""
    return [
        area
        for area in known
        if any(area.size < MAX_PART * other.size and area.overlap(other) > MIN_WITHIN for other in ruled)
        and not any(area.size >= MAX_PART * other.size and area.overlap(other) > MAX_OVERLAP for other in ruled)
    ]


def _strip(rule: Rule) -> Area:
    return Area(rule.begin, rule.position - 0.5, rule.end, rule.position + 0.5)


def _structure(words: Sequence[TextBox], rules: Rules, area: Area) -> Structure | None:
    structure = structure_of(words, rules, area)
    for _ in range(MAX_TRIMS):
        trimmed = structure.trimmed(area) if structure else None
        if trimmed is None:
            break
        structure = structure_of(words, rules, trimmed)
    return structure if structure and structure.is_table() else None


def _without_typed_rules(words: Sequence[TextBox], rules: Rules) -> tuple[list[TextBox], Rules]:
    """Take rows of dashes, as typewriters draw rules, for rules."""
    typed = [word for word in words if _TYPED_RULE.fullmatch(word.text)]
    kept = [word for word in words if not _TYPED_RULE.fullmatch(word.text)]
    level = [*rules.level, *(Rule(word.middle, word.left, word.right) for word in typed)]
    return kept, Rules(tuple(sorted(level, key=lambda rule: rule.position)), rules.upright)
