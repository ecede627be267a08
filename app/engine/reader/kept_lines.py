"""Decides what becomes of lines that were detected but not read well: nothing that looks like text vanishes."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from app.domain.documents.pages import UNCERTAIN_SCORE, UNREAD
from app.domain.images.geometry import quad_sides
from app.engine.reader.recognise import OcrLine
from app.engine.reader.rotation import FIRST_CJK

MIN_GUESS_SCORE, MIN_GUESS_LETTERS = 0.3, 2
"""Minimum score and length of a text that is shown although it is uncertain; UNREAD takes the place of others."""

MIN_LINE_SHAPE = 3.2
"""Minimum ratio of length to height of an unread line; logos and pictures are taken for text in boxes that are not."""

SIMILAR_HEIGHT = 1.8
"""Maximum ratio of its height to that of the page's other lines, or of theirs to its own."""

RULE_SIGNS = frozenset("*=-_.:…~·一二三ニ木本水京ネ ")
"""What rows of stars, dashes and double dashes that part a page are read as."""

MAX_RULE_SCORE, MIN_RULE_LETTERS, MAX_KINDS = 0.75, 10, 0.5
"""Score below which a line may be such a row; long ones may have other signs, but few kinds of them (a fraction)."""

MAX_DRAWN_SIGNS, SURE_SIGN_SCORE, MIN_TEXT_SIGNS = 3, 0.97, 4
"""Maximum number of Chinese signs that a drawing is read as, and score below which they may be one, unless the page has
a line with a higher score, or with so many signs, in Chinese or Japanese.
"""

MIN_SIGN_SHAPE = 0.75
"""Minimum ratio of height to length of a line of one sign, which is as wide as it is high."""

DOUBTED_SCORE = 0.45
"""Maximum score of signs that may be a drawing."""

_HANGUL = "\uac00"
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""ASCII of the full-width forms of Unicode."""


def kept_lines(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """Return the lines that were read, and among them those that were not but look like the others; else noise.

    Rows of stars or dashes that were read as Chinese, on a page that has none, are left out, and what is drawn and was
    read as Chinese signs is left out or uncertain. Full-width signs on such a page are those of ASCII.
    """
    read_heights = [min(quad_sides(line.quad)) for line in lines if is_read(line)]
    if not read_heights:
        return []
    usual = max(median(read_heights), 1.0)
    has_cjk = any(map(_has_cjk, lines))
    has_signs = any(map(_has_sure_signs, lines))
    kept = []
    for line in lines if has_cjk else map(_narrowed, lines):
        if not has_cjk and _is_rule(line):
            continue
        if is_read(line):
            if has_signs or not _may_be_drawn(line):
                kept.append(line)
            elif len(line.text) > 1 or _shape(line) >= MIN_SIGN_SHAPE:
                kept.append(_doubted(line))
        elif _looks_like_text(line, usual):
            is_guess = line.score >= MIN_GUESS_SCORE and len(line.text) >= MIN_GUESS_LETTERS
            kept.append(line if is_guess else replace(line, text=UNREAD, letters=()))
    return kept


def _narrowed(line: OcrLine) -> OcrLine:
    letters = tuple(replace(letter, text=letter.text.translate(_NARROW)) for letter in line.letters)
    return replace(line, text=line.text.translate(_NARROW), letters=letters)


def is_read(line: OcrLine) -> bool:
    """Return whether a line has a text that is likely right."""
    return bool(line.text) and line.score >= UNCERTAIN_SCORE


def _is_rule(line: OcrLine) -> bool:
    if line.score >= MAX_RULE_SCORE or not line.text or (len(line.text) == 1 and not _is_cjk(line.text)):
        return False
    kinds = set(line.text)
    is_row = len(line.text) >= MIN_RULE_LETTERS and len(kinds) <= MAX_KINDS * len(line.text)
    return kinds <= RULE_SIGNS or (is_row and all(letter in RULE_SIGNS or _is_cjk(letter) for letter in kinds))


def _has_cjk(line: OcrLine) -> bool:
    """Return whether a line surely has letters of Chinese, Japanese or Korean.

    A full-width colon proves nothing, nor does one letter that may be a sign such as "=".
    """
    letters = sum(_is_cjk(letter) and letter.isalpha() for letter in line.text)
    return letters > 0 and line.score >= (MAX_RULE_SCORE if letters > 1 else SURE_SIGN_SCORE)


def _has_sure_signs(line: OcrLine) -> bool:
    """Return whether a line is surely Chinese or Japanese: by its score, or as no drawing gives so many signs."""
    signs = sum(map(_is_sign, line.text))
    return signs > 0 and line.score >= (MAX_RULE_SCORE if signs >= MIN_TEXT_SIGNS else SURE_SIGN_SCORE)


def _may_be_drawn(line: OcrLine) -> bool:
    return len(line.text) <= MAX_DRAWN_SIGNS and all(map(_is_sign, line.text)) and line.score < SURE_SIGN_SCORE


def _doubted(line: OcrLine) -> OcrLine:
    letters = tuple(replace(letter, score=min(letter.score, DOUBTED_SCORE)) for letter in line.letters)
    return replace(line, letters=letters, score=min(line.score, DOUBTED_SCORE))


def _shape(line: OcrLine) -> float:
    height, length = sorted(quad_sides(line.quad))
    return height / max(length, 1e-6)


def _is_sign(letter: str) -> bool:
    return FIRST_CJK <= letter < _HANGUL


def _is_cjk(letter: str) -> bool:
    return letter >= FIRST_CJK


def _looks_like_text(line: OcrLine, usual: float) -> bool:
    height, length = sorted(quad_sides(line.quad))
    return usual / SIMILAR_HEIGHT <= height <= usual * SIMILAR_HEIGHT and length >= MIN_LINE_SHAPE * height
