"""The words of a deskewed page: as the text layer or the recogniser placed them, or else by gaps in the picture."""

from collections.abc import Sequence
from dataclasses import replace

from app.domain.images.geometry import Box, Point, TextLine, Word
from app.domain.text.word_spans import word_spans
from app.engine.reader.tables.foreground import Foreground
from app.engine.reader.tables.rules import Rules
from app.engine.reader.tables.skew import Skew, deskewed_boxes
from app.engine.reader.text_boxes import TextBox

RULE_SIGNS, AT_RULE = "|¦[]_", 0.6
"""Signs that a recogniser may take a vertical rule for, and the distance in text heights within which one is drawn."""


def page_words(lines: Sequence[TextLine], skew: Skew, rules: Rules, foreground: Foreground | None) -> list[TextBox]:
    """Return the words of lines with their boxes on the deskewed page."""
    words: list[TextBox] = []
    for line in lines:
        if line.words:
            words += [_deskewed(word, line, skew) for word in line.words]
            continue
        for text_box in deskewed_boxes([line], skew):
            parts = foreground.split(text_box, rules.upright) if foreground else [text_box]
            words += [word for part in parts for word in _placed(part)]
    return words


def _deskewed(word: Word, line: TextLine, skew: Skew) -> TextBox:
    """Return a word's box on the deskewed page, as high as its line: words of skewed lines have taller boxes."""
    if not skew.angle:
        return TextBox(word.text, word.box.left, word.box.top, word.box.right, word.box.bottom)
    box = Box.around_points(skew.deskewed(corner) for corner in line.quad)
    left, right = (skew.deskewed(Point(x, word.box.centre.y)).x for x in (word.box.left, word.box.right))
    return TextBox(word.text, left, box.top, right, box.bottom)


def _placed(part: TextBox) -> list[TextBox]:
    """Return the words of a text without gaps, placed by the number of their letters."""
    width = part.right - part.left
    return [
        TextBox(word.text, part.left + word.start * width, part.top, part.left + word.end * width, part.bottom)
        for word in word_spans(part.text)
    ]


def without_rule_signs(words: Sequence[TextBox], rules: Rules) -> list[TextBox]:
    """Return the words without the bars and brackets that a recogniser takes vertical rules for."""
    kept = []
    for word in words:
        near = [r for r in rules.upright if r.covers(word.top, word.bottom) > 0.5]
        at_left = any(abs(rule.position - word.left) < AT_RULE * word.height for rule in near)
        at_right = any(abs(rule.position - word.right) < AT_RULE * word.height for rule in near)
        text = word.text.lstrip(RULE_SIGNS) if at_left else word.text
        text = text.rstrip(RULE_SIGNS) if at_right else text
        if text:
            kept.append(replace(word, text=text))
    return kept
