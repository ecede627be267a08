"""Reads the words of a line in another script that are in none: numbers and Latin names, which PP-OCR reads better.

The other network knows no Latin letter. It reads Latin words as whatever looks like them, without confidence, while it
is sure of words in its script: "Программа Гогдпейе". What PP-OCR reads at such places counts if that is surely Latin.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from statistics import fmean, median

import numpy as np
from PIL import Image

from app.domain.text.scripts import LOOK_ALIKES, Script
from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.recognise import OcrLine, Quad, read_from
from app.engine.reader.rotation import LineReader

MIN_SCORE = 0.8
"""Minimum score of a word without letters of the script as PP-OCR reads it; it must also be above the other's."""

MAX_MORE = 1
"""Number of letters that such a word may have more than the other network saw: else it includes its neighbour's."""

MARGIN = 0.15
"""Margin that a word's box gets at each end, as a fraction of the line's height."""

OWN_SCORE, MIN_OWN = 0.8, 2
"""Confidence from which a word is surely in the script, and minimum number of its letters."""

DOUBT = 0.95
"""A word is in doubt below this fraction of the median confidence of such words: 0.97 in Cyrillic, 0.92 in Hebrew."""

MIN_LATIN_SCORE, MIN_LATIN = 0.9, 2
"""Minimum mean score of a Latin word where the other network is in doubt, and its minimum number of letters."""

MIN_HINT_SCORE = 0.6
"""Minimum score of a letter that PP-OCR reads on the whole line where a Latin word may be."""

MIN_KNOWN_SCORE, MIN_KNOWN = 0.8, 4
"""The same for words that PP-OCR reads on the whole line: of another script it reads a few letters now and then."""

Word = list[Letter]
Span = tuple[float, float]


def with_known_words(line: OcrLine, known: OcrLine, script: Script, image: Image.Image, reader: LineReader) -> OcrLine:
    """Return a line, its words without letters of the script read again by PP-OCR where that is sure of them.

    So are its Latin words, if the line has others of which the script's network is sure. PP-OCR's reading of the whole
    line, `known`, has letters of them, but not among letters that look like Latin ones.
    """
    words = _words(line.letters)
    own = [_score(word) for word in words if _is_own(word, script)]
    if own:
        doubt = DOUBT * median(own)
        hints = None if script in LOOK_ALIKES else [of.centre for of in known.letters if _is_hint(of)]
        words = [
            word
            for run in _runs(words, doubt)
            for word in (
                _with_latin(run, line.quad, script, image, reader) if _may_be_latin(run, doubt, hints) else run
            )
        ]
        if script.is_right_to_left:
            words = _with_latin_from_left(words)
    words = [_known(word, line.quad, image, reader) if _is_foreign(word, script) else word for word in words]
    letters = _joined(words)
    score = sum(letter.score for letter in letters) / max(1, len(letters))
    return OcrLine(text_of(letters), line.quad, score, tuple(letters))


def outside_latin(line: OcrLine, known: OcrLine) -> OcrLine:
    """Return a reading in another script without what PP-OCR surely reads as Latin words on the same line."""
    spans = [_span(word) for word in _words(known.letters) if _is_latin(word, MIN_KNOWN_SCORE, MIN_KNOWN)]
    letters = [of for of in line.letters if not any(start <= of.centre <= end for start, end in spans)]
    if len(letters) == len(line.letters):
        return line
    printed = [letter.score for letter in letters if letter.text != " "]
    return OcrLine(text_of(letters), line.quad, fmean(printed) if printed else 0.0, tuple(letters))


def without_latin(line: OcrLine) -> OcrLine:
    """Return a line without its words of Latin letters, which tell nothing of its script."""
    words = [word for word in _words(line.letters) if not _is_latin(word, 0.0, MIN_LATIN)]
    letters = _joined(words)
    printed = [letter.score for word in words for letter in word]
    return OcrLine(text_of(letters), line.quad, fmean(printed) if printed else 0.0, tuple(letters))


def has_more(line: OcrLine, known: OcrLine, script: Script, least: int) -> bool:
    """Return whether a line has so many letters in words of which the script's network is sure, and PP-OCR is not.

    PP-OCR reads nothing there, or letters that it takes the script's for.
    """
    if not known.letters:
        return False
    own = [word for word in _words(line.letters) if _is_own(word, script)]
    spans = [_span(word) for word in own]
    scores = [of.score for of in known.letters if any(start <= of.centre <= end for start, end in spans)]
    return sum(map(len, own)) >= least and (not scores or fmean(scores) < MIN_LATIN_SCORE)


def _words(letters: Sequence[Letter]) -> list[Word]:
    return [list(group) for is_space, group in groupby(letters, lambda letter: letter.text == " ") if not is_space]


def _joined(words: Sequence[Word]) -> Word:
    """Return words with spaces between them."""
    letters: Word = []
    for word in words:
        if letters:
            start, end = sorted((min(letters[-1].end, word[0].end), max(letters[-1].start, word[0].start)))
            letters.append(Letter(" ", start, end, 1.0))
        letters += word
    return letters


def _span(word: Word) -> Span:
    return min(letter.start for letter in word), max(letter.end for letter in word)


def _is_in(script: Script, word: Word) -> bool:
    return any(script.has(letter.text) for letter in word)


def _is_foreign(word: Word, script: Script) -> bool:
    return any(letter.text.isalnum() for letter in word) and not _is_in(script, word)


def _score(word: Word) -> float:
    return fmean(letter.score for letter in word)


def _is_own(word: Word, script: Script) -> bool:
    return _is_in(script, word) and len(word) >= MIN_OWN and _score(word) >= OWN_SCORE


def _is_latin(word: Word, min_score: float, least: int) -> bool:
    """Return whether a word of PP-OCR's has Latin letters alone, and signs and digits among them."""
    is_latin = all(
        not letter.text.isalpha() or unicodedata.name(letter.text[0], "").startswith("LATIN") for letter in word
    )
    alphabetic = sum(letter.text.isalpha() for letter in word)
    return is_latin and alphabetic >= least and _score(word) >= min_score


def _runs(words: Sequence[Word], doubt: float) -> Iterator[list[Word]]:
    """Yield the words in runs: those whose score is below `doubt` together, each other one by itself."""
    for is_in_doubt, group in groupby(words, lambda word: _score(word) < doubt):
        if is_in_doubt:
            yield list(group)
        else:
            yield from ([word] for word in group)


def _is_hint(letter: Letter) -> bool:
    return letter.text.isascii() and letter.text.isalpha() and letter.score >= MIN_HINT_SCORE


def _may_be_latin(run: Sequence[Word], doubt: float, hints: Sequence[float] | None) -> bool:
    """Return whether a run is in doubt, and at the place of Latin letters, if these say anything."""
    if _score(run[0]) >= doubt or not any(letter.text.isalnum() for word in run for letter in word):
        return False
    start, end = _span([letter for word in run for letter in word])
    return hints is None or sum(start <= hint <= end for hint in hints) >= MIN_LATIN


def _with_latin(run: Sequence[Word], quad: Quad, script: Script, image: Image.Image, reader: LineReader) -> list[Word]:
    """Return a run of words in doubt, those that are Latin as PP-OCR reads them."""
    start, end = _span([letter for word in run for letter in word])
    part, first, last = _part(quad, start, end)
    known = [
        [replace(of, start=first + (last - first) * of.start, end=first + (last - first) * of.end) for of in word]
        for word in _words(reader.read(image, part).letters)
    ]
    latin = [word for word in known if _is_latin(word, MIN_LATIN_SCORE, MIN_LATIN) and not _is_alike(word, script)]
    words: list[Word] = []
    used: list[int] = []
    for word in run:
        numbers = [n for n, other in enumerate(latin) if _is_covered(_span(word), _span(other))]
        if not numbers:
            words.append(word)
        for number in numbers:
            if number not in used:
                words.append(latin[number])
                used.append(number)
    return words


def _is_alike(word: Word, script: Script) -> bool:
    """Return whether all letters of a word look like those of the script, so that it may be one of both."""
    return {letter.text for letter in word if letter.text.isalpha()} <= LOOK_ALIKES.get(script, set())


def _is_covered(word: Span, other: Span) -> bool:
    shared = min(word[1], other[1]) - max(word[0], other[0])
    return shared >= 0.5 * min(word[1] - word[0], other[1] - other[0])


def _with_latin_from_left(words: Sequence[Word]) -> list[Word]:
    """Return words of a line that is written to the left; Latin words run to the right, with numbers beside them."""
    ordered: list[Word] = []
    for is_level, group in groupby(words, lambda word: all(letter.text.isascii() for letter in word)):
        run = list(group)
        has_latin = any(letter.text.isalpha() for word in run for letter in word)
        ordered += sorted(run, key=lambda word: _span(word)[0]) if is_level and has_latin else run
    return ordered


def _known(word: Word, quad: Quad, image: Image.Image, reader: LineReader) -> Word:
    start, end = _span(word)
    known = reader.read(image, _part(quad, start, end)[0])
    text = "".join(known.text.split())
    if known.score < max(MIN_SCORE, word[0].score) or not 0 < len(text) <= len(word) + MAX_MORE:
        return word
    pitch = (end - start) / len(text)
    return [
        Letter(letter, start + number * pitch, start + (number + 1) * pitch, known.score)
        for number, letter in enumerate(text)
    ]


def _part(quad: Quad, start: float, end: float) -> tuple[Quad, float, float]:
    """Return the corners of a part of a line with a margin, and where it begins and ends on the line."""
    quad = read_from(quad)
    along, height = quad[1] - quad[0], float(np.hypot(*(quad[3] - quad[0])))
    margin = MARGIN * height / max(1.0, float(np.hypot(*along)))
    start, end = max(0.0, start - margin), min(1.0, end + margin)
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    part = np.array([quad[0] + start * top, quad[0] + end * top, quad[3] + end * bottom, quad[3] + start * bottom])
    return part, start, end
