"""Builds the words and lines of a PDF page's text layer from its characters.

The content of a page has its characters in any order, and in pieces as small as one letter. Those that follow one
another on a baseline form words and segments; segments that touch are joined, such as a superscript drawn later.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from unicodedata import bidirectional

from app.domain.images.geometry import Box, Point
from app.engine.imaging.pdf_characters import UNKNOWN, Character, Direction

WORD_GAP = 0.12
"""Gap between two characters that separates words, as a fraction of the font size; a blank is 0.2 to 0.3."""

SEGMENT_GAP, SEGMENT_GAP_RATIO = 0.9, 2.5
"""Gap that separates segments, in font sizes and in multiples of the page's usual gap between words."""

JOIN_GAP = 0.45
"""Maximum gap between segments that are drawn apart and still belong together, in font sizes."""

MIN_OVERLAP = 0.35
"""Minimum overlap of two characters' heights, as a fraction of the lower one's, to be on one line."""

Quad = tuple[Point, Point, Point, Point]


@dataclass(slots=True)
class PdfWord:
    """Characters without a blank between them, in pixels along and across their direction."""

    text: str
    start: float
    end: float
    top: float
    bottom: float
    size: float
    font: str
    is_hyphenated: bool = False


@dataclass(slots=True)
class PdfLine:
    """Words on one baseline: a line of a column, or the text in a cell; `is_hidden` if none of it is drawn."""

    words: list[PdfWord]
    direction: Direction
    is_hidden: bool

    @property
    def text(self) -> str:
        """The words with blanks between them."""
        return " ".join(word.text for word in self.words)

    @property
    def quad(self) -> Quad:
        """The corners on the picture, clockwise from the line's own top left."""
        return self.corners(self.words)

    def corners(self, words: Sequence[PdfWord]) -> Quad:
        """Return the corners of some of its words."""
        start, end = min(word.start for word in words), max(word.end for word in words)
        top, bottom = min(word.top for word in words), max(word.bottom for word in words)
        first, second, third, fourth = (
            self._point(along, across) for along, across in ((start, top), (end, top), (end, bottom), (start, bottom))
        )
        return first, second, third, fourth

    def box(self, word: PdfWord) -> Box:
        """Return a word's bounding box on the picture."""
        return Box.around_points(self.corners([word]))

    @property
    def ends_divided(self) -> bool:
        """Whether its last word goes on in the next line."""
        return self.words[-1].is_hyphenated

    def _point(self, along: float, across: float) -> Point:
        direction = self.direction
        return Point(direction.x * along - direction.y * across, direction.y * along + direction.x * across)


def lines_of(characters: Iterable[Character]) -> list[PdfLine]:
    """Return the lines in the order of the page's content."""
    words = _words(characters)
    gaps = [
        _gap(first.word, second.word) / max(second.word.size, 1e-6)
        for first, second in pairwise(words)
        if _is_same_line(first, second)
    ]
    usual = median([gap for gap in gaps if gap < SEGMENT_GAP] or [0.0])
    return _joined(_segments(words, max(SEGMENT_GAP, SEGMENT_GAP_RATIO * usual)))


@dataclass(slots=True)
class _Placed:
    """A word with what decides which line it belongs to."""

    word: PdfWord
    direction: Direction
    is_hidden: bool


def _words(characters: Iterable[Character]) -> list[_Placed]:
    words: list[_Placed] = []
    previous: Character | None = None
    for character in characters:
        if not character.text:
            previous = None
            continue
        if previous is None or not _continues(previous, character):
            use = character.use
            word = PdfWord("", character.start, character.end, character.top, character.bottom, use.size, use.font)
            words.append(_Placed(word, use.direction, use.is_hidden))
        word = words[-1].word
        word.text += character.text
        word.start, word.end = min(word.start, character.start), max(word.end, character.end)
        word.top, word.bottom = min(word.top, character.top), max(word.bottom, character.bottom)
        word.size = max(word.size, character.use.size)
        word.is_hyphenated = character.is_hyphen
        words[-1].is_hidden &= character.use.is_hidden
        previous = character
    for placed in words:
        placed.word.text = placed.word.text.replace("\xad", "")
    return [placed for placed in words if placed.word.text and placed.word.text.strip(UNKNOWN) + UNKNOWN]


def _continues(previous: Character, character: Character) -> bool:
    """Return whether a character belongs to the same word as the one before it."""
    first, second = previous.use, character.use
    if first.direction.degrees != second.direction.degrees or first.is_hidden != second.is_hidden:
        return False
    if _overlap(previous.top, previous.bottom, character.top, character.bottom) < MIN_OVERLAP:
        return False
    gap = max(character.start - previous.end, previous.start - character.end)
    size = max(first.size, second.size)
    return -size < gap < WORD_GAP * size


def _segments(words: Sequence[_Placed], max_gap: float) -> list[PdfLine]:
    lines: list[PdfLine] = []
    previous: _Placed | None = None
    for placed in words:
        if (
            previous
            and _is_same_line(previous, placed)
            and _gap(previous.word, placed.word) < max_gap * placed.word.size
        ):
            lines[-1].words.append(placed.word)
        else:
            lines.append(PdfLine([placed.word], placed.direction, placed.is_hidden))
        previous = placed
    for line in lines:
        if not _is_right_to_left(line.text):  # Those are in logical order.
            line.words.sort(key=lambda word: word.start)
    return lines


def _is_right_to_left(text: str) -> bool:
    kinds = [bidirectional(letter) for letter in text]
    return sum(kind in {"R", "AL"} for kind in kinds) > kinds.count("L")


def _is_same_line(first: _Placed, second: _Placed) -> bool:
    """Return whether a word stands on the line of the word that is drawn before it, further along or back."""
    return (
        first.direction.degrees == second.direction.degrees
        and first.is_hidden == second.is_hidden
        and _overlap(first.word.top, first.word.bottom, second.word.top, second.word.bottom) >= MIN_OVERLAP
        and _gap(first.word, second.word) > -0.5 * second.word.size
    )


def _gap(first: PdfWord, second: PdfWord) -> float:
    return max(second.start - first.end, first.start - second.end)


def _overlap(top: float, bottom: float, other_top: float, other_bottom: float) -> float:
    """Return the overlap of two intervals as a fraction of the shorter one."""
    shorter = max(min(bottom - top, other_bottom - other_top), 1e-6)
    return (min(bottom, other_bottom) - max(top, other_top)) / shorter


@dataclass(slots=True)
class _Extent:
    """A segment with its extent, and what it was joined to."""

    line: PdfLine
    start: float
    end: float
    top: float
    bottom: float
    size: float
    order: int


def _joined(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """Join segments that touch on one line, such as superscripts, and parts in other fonts that are drawn later."""
    groups: dict[tuple[int, bool], list[_Extent]] = defaultdict(list)
    for order, line in enumerate(lines):
        words = line.words
        extent = _Extent(
            line,
            min(word.start for word in words),
            max(word.end for word in words),
            min(word.top for word in words),
            max(word.bottom for word in words),
            max(word.size for word in words),
            order,
        )
        groups[line.direction.degrees, line.is_hidden].append(extent)
    kept = [extent for group in groups.values() for extent in _joined_along(group)]
    return [extent.line for extent in sorted(kept, key=lambda extent: extent.order)]


def _joined_along(extents: Sequence[_Extent]) -> list[_Extent]:
    """Join the segments of one direction from left to right."""
    kept: list[_Extent] = []
    cells: dict[int, list[_Extent]] = defaultdict(list)
    unit = max(median(extent.size for extent in extents), 1.0) * 2
    for extent in sorted(extents, key=lambda extent: extent.start):
        near = range(int(extent.top // unit), int(extent.bottom // unit) + 1)
        others = [other for cell in near for other in cells[cell]]
        if outer := next((other for other in others if _fits_gap(other, extent)), None):
            _insert(outer, extent)
            continue
        candidates = [other for other in others if _touch(other, extent)]
        if not candidates:
            kept.append(extent)
            for cell in near:
                cells[cell].append(extent)
            continue
        _append(max(candidates, key=lambda other: other.end), extent)
    return kept


def _touch(left: _Extent, right: _Extent) -> bool:
    size = max(left.size, right.size)
    return (
        -0.3 * size < right.start - left.end < JOIN_GAP * size
        and _overlap(left.top, left.bottom, right.top, right.bottom) >= MIN_OVERLAP
    )


def _fits_gap(outer: _Extent, inner: _Extent) -> bool:
    """Return whether a segment lies between two words of another one, as an exponent that is drawn later."""
    if not outer.start < inner.start < inner.end < outer.end:
        return False
    if _overlap(outer.top, outer.bottom, inner.top, inner.bottom) < MIN_OVERLAP:
        return False
    slack = 0.2 * inner.size
    return all(word.end < inner.start + slack or word.start > inner.end - slack for word in outer.line.words)


def _insert(outer: _Extent, inner: _Extent) -> None:
    words = outer.line.words
    place = next(number for number, word in enumerate(words) if word.start > inner.start)
    before, first = words[place - 1], inner.line.words[0]
    if place and first.start - before.end < WORD_GAP * outer.size:
        before.text += first.text
        before.end = max(before.end, first.end)
        before.top, before.bottom = min(before.top, first.top), max(before.bottom, first.bottom)
        words[place:place] = inner.line.words[1:]
    else:
        words[place:place] = inner.line.words
    outer.top, outer.bottom = min(outer.top, inner.top), max(outer.bottom, inner.bottom)


def _append(left: _Extent, right: _Extent) -> None:
    first, second = left.line.words[-1], right.line.words[0]
    if second.start - first.end < WORD_GAP * left.size and left.order != right.order:
        first.text += second.text
        first.start, first.end = min(first.start, second.start), max(first.end, second.end)
        first.top, first.bottom = min(first.top, second.top), max(first.bottom, second.bottom)
        first.is_hyphenated = second.is_hyphenated
        left.line.words += right.line.words[1:]
    else:
        left.line.words += right.line.words
    left.end = max(left.end, right.end)
    left.top, left.bottom = min(left.top, right.top), max(left.bottom, right.bottom)
    left.size = max(left.size, right.size)
