"""What was read on pages, prepared to be looked through: claims by their values, and all letters with their places."""

import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.fuzz import partial_ratio_alignment

from app.domain.documents.dates import date_values
from app.domain.documents.pages import OcrPage
from app.domain.images.geometry import Box, TextLine
from app.domain.proofs.claims import Claim, ClaimKind, claims_in, is_count, number_value, time_value
from app.domain.text.word_spans import letter_edges

MAX_LETTERS = 200_000
"""Maximum number of letters of all pages together; what follows is not looked through."""

MIN_SIMILARITY = 80.0
"""Minimum similarity of letters, 0..100, of a name or quotation to what was read."""
MIN_SHARED_TRIGRAMS = 0.4
"""Minimum fraction of a name's runs of three letters that must be somewhere on the page, before it is searched for."""
MAX_KEPT = 4000
"""Maximum number of searches whose results are kept."""

Value = tuple[ClaimKind, object]
"""The kind of a claim and what it says, however it is printed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place on a page: `page` counts from 0; the boxes, one a line, are in the page's pixels."""

    page: int
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class PrintedClaim:
    """A claim that was read: where it is within the text of its line, its words as printed, and the line's number.

    A short, bare number is a count, which says little: it is on any page by chance.
    """

    claim: Claim
    text: str
    line: int
    is_count: bool


class PageText:
    """The text of several pages. `letters` are the letters and digits of all lines in one case, and nothing else."""

    def __init__(self, pages: Sequence[OcrPage]) -> None:
        self.pages = pages
        self._lines: list[tuple[int, TextLine]] = []
        self._starts: list[int] = []
        """Where the letters of each line begin in `letters`."""
        self._sources: list[int] = []
        """For each letter, its position in the text of its line."""
        letters: list[str] = []
        for number, page in enumerate(pages):
            for line in page.lines:
                if len(letters) > MAX_LETTERS:
                    break
                self._lines.append((number, line))
                self._starts.append(len(letters))
                signs = folded(line.text)
                letters += [letter for _, letter in signs]
                self._sources += [position for position, _ in signs]
        self.letters = "".join(letters)
        self._similar: dict[str, tuple[int, int] | None] = {}

    @cached_property
    def claims(self) -> dict[Value, list[PrintedClaim]]:
        """The claims that were read, by all values that they may have."""
        found: dict[Value, list[PrintedClaim]] = defaultdict(list)
        for number, (_, line) in enumerate(self._lines):
            for claim in claims_in(line.text, is_read=True):
                text = line.text[claim.start : claim.end]
                is_bare = claim.kind is ClaimKind.NUMBER and is_count(line.text, claim.start, claim.end)
                printed = PrintedClaim(claim, text, number, is_bare)
                for value in _printed_values(claim.kind, text):
                    found[value].append(printed)
        return found

    @cached_property
    def trigrams(self) -> frozenset[str]:
        """All runs of three letters."""
        return frozenset(trigrams_of(self.letters))

    def similar(self, needle: str) -> tuple[int, int] | None:
        """Return the start and end of the letters most like `needle`; None if less than MIN_SIMILARITY are.

        Results are kept, since an answer that is being written is looked through again and again.
        """
        if needle not in self._similar:
            if len(self._similar) >= MAX_KEPT:
                self._similar.clear()
            own = frozenset(trigrams_of(needle))
            is_possible = len(own & self.trigrams) >= MIN_SHARED_TRIGRAMS * len(own)
            found = partial_ratio_alignment(needle, self.letters, score_cutoff=MIN_SIMILARITY) if is_possible else None
            is_found = found is not None and found.dest_end > found.dest_start
            self._similar[needle] = (found.dest_start, found.dest_end) if found and is_found else None
        return self._similar[needle]

    def words_of(self, line: int) -> frozenset[str]:
        """Return the words on the row of a line, in one case."""
        page, (_, own) = self._lines[line][0], self._lines[line]
        beside = (
            other.text
            for number, other in self._lines[max(0, line - 3) : line + 4]
            if number == page and other.box.top < own.box.centre.y < other.box.bottom
        )
        return frozenset(words_in(" ".join(beside)))

    def place_of_claim(self, printed: PrintedClaim) -> Place:
        """Return where a claim was read."""
        page, line = self._lines[printed.line]
        return Place(page, (box_of(line, printed.claim.start, printed.claim.end),))

    def line_at(self, letter: int) -> int:
        """Return the line of a letter."""
        return bisect_right(self._starts, letter) - 1

    def place_of_letters(self, start: int, end: int) -> Place:
        """Return the place of the letters [start, end); of those of several pages, the first page's."""
        first, last = self.line_at(start), self.line_at(end - 1)
        page = self._lines[first][0]
        boxes = []
        for number in range(first, last + 1):
            if self._lines[number][0] != page:
                break
            begin = max(start, self._starts[number])
            stop = min(end, self._starts[number + 1] if number + 1 < len(self._starts) else len(self.letters))
            if begin < stop:
                boxes.append(box_of(self._lines[number][1], self._sources[begin], self._sources[stop - 1] + 1))
        return Place(page, tuple(boxes))

    def printed(self, start: int, end: int) -> str:
        """Return the letters [start, end) as they are printed, lines joined by spaces."""
        first, last = self.line_at(start), self.line_at(end - 1)
        parts = []
        for number in range(first, last + 1):
            begin = max(start, self._starts[number])
            stop = min(end, self._starts[number + 1] if number + 1 < len(self._starts) else len(self.letters))
            if begin < stop:
                parts.append(self._lines[number][1].text[self._sources[begin] : self._sources[stop - 1] + 1])
        return " ".join(parts)

    def whole_numbers(self, start: int, end: int) -> tuple[int, int]:
        """Return [start, end) with the rest of a number that it cuts."""
        return self._whole(start, end, str.isdigit)

    def whole_words(self, start: int, end: int) -> tuple[int, int]:
        """Return [start, end) with the rest of words and numbers that it cuts, in scripts that have spaces."""
        return self._whole(start, end, lambda letters: all(map(_is_of_words, letters)))

    def _whole(self, start: int, end: int, is_one: Callable[[str], bool]) -> tuple[int, int]:
        while start > 0 and is_one(self.letters[start - 1 : start + 1]) and self._are_together(start - 1):
            start -= 1
        while end < len(self.letters) and is_one(self.letters[end - 1 : end + 1]) and self._are_together(end - 1):
            end += 1
        return start, end

    def _are_together(self, letter: int) -> bool:
        is_same_line = self.line_at(letter) == self.line_at(letter + 1)
        return is_same_line and self._sources[letter + 1] == self._sources[letter] + 1


def _printed_values(kind: ClaimKind, text: str) -> Iterator[Value]:
    """Yield what a claim that was read proves: a time with seconds also the one without, and one of either half."""
    yield from values_of(kind, text)
    if kind is ClaimKind.TIME and (time := time_value(text)):
        hour, minute, second = time
        hours = {hour} if text[-1:].isalpha() or hour > 12 else {hour, (hour + 12) % 24}
        for either in hours:
            yield kind, (either, minute, second)
            yield kind, (either, minute, "")


def values_of(kind: ClaimKind, text: str) -> Iterator[Value]:
    """Yield what a claim may say, however it is printed."""
    match kind:
        case ClaimKind.NUMBER:
            for value in number_value(text):
                yield kind, value
        case ClaimKind.DATE:
            for date in date_values(text) or {text}:
                yield kind, date
        case ClaimKind.TIME:
            if time := time_value(text):
                yield kind, time
        case _:
            yield ClaimKind.CODE, letters_of(text)


def box_of(line: TextLine, start: int, end: int) -> Box:
    """Return the box of [start, end) of a line's text, in the page's pixels.

    Words have boxes of their own on pages that were read lately; otherwise the widths of letters are estimated.
    """
    if line.words and " ".join(word.text for word in line.words) == line.text:
        position, boxes = 0, []
        for word in line.words:
            first, last = max(start, position), min(end, position + len(word.text))
            if first < last:
                boxes.append(_part(word.box, word.text, first - position, last - position))
            position += len(word.text) + 1
        if boxes:
            return Box.around(boxes)
    return _part(line.box, line.text, start, end)


def _part(box: Box, text: str, start: int, end: int) -> Box:
    """Return the part of a box that some of its letters take: across, or down where the line is upright."""
    if (start, end) == (0, len(text)):
        return box
    edges = letter_edges(text)
    first, last = edges[start], edges[end]
    if box.height > 2 * box.width and len(text) > 2:
        return Box(box.left, box.top + first * box.height, box.right, box.top + last * box.height)
    return Box(box.left + first * box.width, box.top, box.left + last * box.width, box.bottom)


def folded(text: str) -> list[tuple[int, str]]:
    """Return the letters and digits of a text in one case and form (NFKC), each with its position in the text."""
    if text.isascii():
        return [(position, sign) for position, sign in enumerate(text.lower()) if sign.isalnum()]
    return [
        (position, letter)
        for position, sign in enumerate(text)
        for letter in (sign.lower() if sign.isascii() else unicodedata.normalize("NFKC", sign).casefold())
        if letter.isalnum()
    ]


def letters_of(text: str) -> str:
    """Return the letters and digits of a text in one case and form, without anything between them."""
    return "".join(letter for _, letter in folded(text))


def words_in(text: str) -> Iterator[str]:
    """Yield the words of a text in one case, without signs."""
    for word in text.split():
        if plain := letters_of(word):
            yield plain


def _is_of_words(letter: str) -> bool:
    return letter.isdigit() or letter.lower() != letter.upper()


def trigrams_of(letters: str) -> Iterator[str]:
    """Yield the runs of three letters."""
    for start in range(len(letters) - 2):
        yield letters[start : start + 3]
