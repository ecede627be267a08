"""Finds where a table ends that has rules around its header alone, or over its values alone."""

from collections.abc import Sequence

from app.engine.reader.tables.area import Area, texts_of
from app.engine.reader.tables.rows import is_value
from app.engine.reader.tables.rules import Rule
from app.engine.reader.text_boxes import TextBox, joined_box, rows_of

MAX_STEP = 1.9
"""Maximum distance in text heights between the middles of two lines of a table without rules between them."""
MAX_LONE = 2
"""Maximum number of successive lines with a single text, such as a heading and a wrapped label."""
MIN_ROWS = 2
MAX_HEADER_LINES = 4
MIN_LABELS, LABELLED, INDENT = 3, 0.55, 3.0
"""Minimum number of labels left of a table's values, fraction of rows that have one, and maximum indent in heights."""
LONE_WIDTH = 0.5
"""Fraction of the table's width from which a single text below a table is no row of it."""


def extended(area: Area, words: Sequence[TextBox], level: Sequence[Rule], height: float) -> Area | None:
    """Return the area with the lines of several texts that follow below it; None if there are too few."""
    following = [rule.position for rule in level if rule.position > area.bottom + height and _is_over(rule, area)]
    end = min(following, default=float("inf"))
    below = [w for w in words if area.bottom < w.middle < end and area.left <= (w.left + w.right) / 2 <= area.right]
    middle, bottom, rows, lone = area.bottom + 0.5 * height, area.bottom, 0, 0
    width = area.right - area.left
    for row in rows_of(below):
        y = sum(word.middle for word in row) / len(row)
        texts = texts_of(row)
        if y - middle > MAX_STEP * height or any(_width(text) > LONE_WIDTH * width for text in texts):
            break
        middle = y
        if len(texts) > 1:
            rows, lone, bottom = rows + 1, 0, max(word.bottom for word in row)
        elif (lone := lone + 1) > MAX_LONE:
            break
    return Area(area.left, area.top, area.right, bottom) if rows >= MIN_ROWS else None


def around(rule: Rule, words: Sequence[TextBox], level: Sequence[Rule], height: float) -> Area | None:
    """Return the area of a table that has one rule, below its header; None if there is none."""
    area = extended(Area(rule.begin - height, rule.position, rule.end + height, rule.position), words, level, height)
    if area is None:
        return None
    above = [w for w in words if w.middle < rule.position and area.left <= (w.left + w.right) / 2 <= area.right]
    middle, top = rule.position - 0.5 * height, rule.position
    for row in rows_of(above)[: -MAX_HEADER_LINES - 1 : -1]:
        y = sum(word.middle for word in row) / len(row)
        texts = texts_of(row)
        if middle - y > MAX_STEP * height or any(_width(text) > LONE_WIDTH * (rule.end - rule.begin) for text in texts):
            break
        middle = y
        if len(texts) > 1 or texts[0][0].left > rule.begin + 0.2 * rule.length:
            top = min(word.top for word in row)
    return Area(area.left, top, area.right, area.bottom) if top < rule.position else None


def with_labels(area: Area, words: Sequence[TextBox], height: float) -> Area | None:
    """Return the area with the labels of its rows, which stand left of it where rules are over the values alone.

    What stands above these rules, in the middle of the columns, belongs to it as well. None if rows have no labels.
    """
    rows = rows_of([word for word in words if area.top <= word.middle <= area.bottom])
    labels: list[TextBox] = []
    filled = 0
    for row in rows:
        inside = [word for word in row if area.holds(word)]
        texts = texts_of([word for word in row if word.right < area.left + height and word not in inside])
        if not inside:
            continue
        filled += 1
        if len(texts) == 1 and is_value(texts_of(inside)[0][0].text):
            labels.append(joined_box(texts[0]))
    if len(labels) < max(MIN_LABELS, LABELLED * filled):
        return None
    left, right = min(label.left for label in labels), max(label.right for label in labels)
    begin_alike = sum(label.left < left + INDENT * height for label in labels)
    end_alike = sum(label.right > right - height for label in labels)
    if begin_alike < len(labels) or end_alike > 0.5 * len(labels):  # Prose ends alike.
        return None
    above = [w for w in words if area.top - MAX_STEP * height < w.middle < area.top and area.is_over(w)]
    is_head = bool(above) and len(rows_of(above)) == 1 and _width(above) < LONE_WIDTH * (area.right - area.left)
    return Area(left - height, min(w.top for w in above) if is_head else area.top, area.right, area.bottom)


def _is_over(rule: Rule, area: Area) -> bool:
    return rule.covers(area.left, area.right) > 0.3


def _width(text: Sequence[TextBox]) -> float:
    return text[-1].right - text[0].left
