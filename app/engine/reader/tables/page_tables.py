"""Finds the tables among a deskewed page's words and rules."""

from collections.abc import Sequence
from statistics import median

from app.domain.documents.tables import Table
from app.engine.reader.tables.area import Area, texts_of
from app.engine.reader.tables.areas import ruled_areas
from app.engine.reader.tables.borderless import borderless_areas
from app.engine.reader.tables.open_ends import extended
from app.engine.reader.tables.rules import Rules
from app.engine.reader.tables.structure import Structure, structure_of
from app.engine.reader.tables.text_boxes import Skew, TextBox, joined_box, rows_of

MIN_WORDS = 4
MAX_TRIMS = 3
"""How often titles and notes are cut off an area, each time finding its columns again."""
MAX_OVERLAP = 0.3
"""Share of an area, within another one that is a table, from which it is none of its own."""


def tables_of_words(words: Sequence[TextBox], rules: Rules, skew: Skew) -> list[Table]:
    """Return the tables, from top to bottom."""
    if len(words) < MIN_WORDS:
        return []
    height = median(word.height for word in words)
    found: list[tuple[Area, Structure]] = []
    for area in ruled_areas(words, rules, height):
        if any(area.overlap(other) > MAX_OVERLAP for other, _ in found):
            continue
        structure = _structure(words, rules, area)
        if (structure is None or not structure.has_body) and (longer := extended(area, words, rules.level, height)):
            area, structure = longer, _structure(words, rules, longer) or structure  # noqa: PLW2901
        if structure:
            found.append((area, structure))
    rest = [word for word in words if not any(area.holds(word) for area, _ in found)]
    texts = [joined_box(text) for row in rows_of(rest) for text in texts_of(row)]
    others = ((area, _structure(rest, rules, area)) for area in borderless_areas(texts))
    found += [(area, structure) for area, structure in others if structure]
    return sorted((structure.table(skew) for _, structure in found), key=lambda table: table.box.top)


def _structure(words: Sequence[TextBox], rules: Rules, area: Area) -> Structure | None:
    structure = structure_of(words, rules, area)
    for _ in range(MAX_TRIMS):
        trimmed = structure.trimmed(area) if structure else None
        if trimmed is None:
            break
        structure = structure_of(words, rules, trimmed)
    return structure if structure and structure.is_table() else None
