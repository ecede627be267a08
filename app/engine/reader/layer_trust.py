"""Decides which lines of a page's text layer are believed: those that are seen, and agree with what the picture shows.

Fonts may have no table that maps glyphs to characters, or a wrong one, and scans may carry poor text of other software.
The text alone does not show it, so one or two lines of each font are read in the picture, and as many with its figures:
a table may be wrong for these alone.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from operator import eq

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.engine.imaging.pdf_characters import UNKNOWN
from app.engine.imaging.pdf_fields import FIELD_FONT, NOT_TICKED
from app.engine.imaging.pdf_text import PdfLine, PdfWord
from app.engine.reader.recognise import Quad
from app.engine.reader.rotation import LineReader

MIN_CONTRAST = 12
"""Minimum difference of grey levels within a word's box: less is no ink, such as white text on white."""

MAX_FONTS, MAX_SAMPLES = 4, 2
"""Number of fonts that are tried, those with the most letters first, and of lines for each."""

MIN_LETTERS, MAX_LETTERS = 4, 60
"""Length of a sample: a shorter one says little, a longer one takes time."""

MIN_HEIGHT = 9.0
"""Minimum height of a sample in pixels; smaller text is not read well."""

MIN_AGREEMENT, MIN_HIDDEN_AGREEMENT = 0.6, 0.9
"""Minimum similarity of a sample with what is read; hidden text was read by other software, perhaps less well."""

MIN_FIGURES, MIN_SAME_FIGURES = 3, 0.5
"""Number of digits from which a sample tells whether figures are right, and minimum fraction of them that agree.

A sample of which another number of digits is read tells nothing: a letter may have been taken for one.
"""

MIN_SCORE = 0.85
"""Minimum score of what is read for it to be evidence."""

MIN_SHARE = 0.35
"""Minimum fraction of letters and digits in a text; lists of numbers and source code have more than half."""

MAX_ODD = 0.3
"""Maximum fraction of a line's characters that no font names."""

_ODD = {"Cc", "Cn", "Co", "Cs"}

_Font = tuple[str, bool]
"""A font by its name, and whether its text is hidden."""


def seen_lines(lines: Sequence[PdfLine], picture: Image.Image) -> list[PdfLine]:
    """Return the lines without the words that have no ink on the RGB picture; boxes without a tick need none."""
    grey = np.asarray(picture.convert("L"))
    kept = []
    for line in lines:
        words = [word for word in line.words if _is_seen(grey, line, word)]
        if words:
            kept.append(line if len(words) == len(line.words) else replace(line, words=words))
    return kept


@dataclass(frozen=True, slots=True)
class Trust:
    """The `lines` of a text layer that are believed, and whether lines with wrong figures are not among them."""

    lines: list[PdfLine]
    has_wrong_figures: bool = False


def trusted_lines(lines: Sequence[PdfLine], picture: Image.Image, reader: LineReader) -> Trust:
    """Return the lines whose fonts agree with the RGB picture in samples, as far as the reader knows their script."""
    named = [line for line in lines if not _is_odd(line.text)]
    letters: Counter[_Font] = Counter()
    samples: dict[_Font, list[_Sample]] = defaultdict(list)
    for line in named:
        for sample in _samples(line):
            key = (sample.words[0].font, line.is_hidden)
            letters[key] += len(sample.text)
            samples[key].append(sample)
    usual = [key for key, _ in letters.most_common(MAX_FONTS)]
    refuted = {key for key in usual if _is_refuted(samples[key], picture, reader, is_hidden=key[1])}
    named = [line for line in named if not any((word.font, line.is_hidden) in refuted for word in line.words)]
    wrong = {key for key in usual if key not in refuted and _has_wrong_figures(samples[key], picture, reader)}
    believed = [line for line in named if not _has_figures_of(line, wrong)]
    return Trust(believed, has_wrong_figures=len(believed) < len(named))


@dataclass(frozen=True, slots=True)
class _Sample:
    """Consecutive words of one font on a line."""

    line: PdfLine
    words: tuple[PdfWord, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def quad(self) -> Quad:
        """Return float64 [4, 2]: its corners in pixels, clockwise from the top left."""
        return np.array([(corner.x, corner.y) for corner in self.line.corners(self.words)])


def _samples(line: PdfLine) -> list[_Sample]:
    groups: list[list[PdfWord]] = []
    for word in line.words:
        is_same = groups and groups[-1][-1].font == word.font
        if is_same and sum(len(other.text) + 1 for other in groups[-1]) < MAX_LETTERS:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [_Sample(line, tuple(group)) for group in groups]


def _is_refuted(samples: Sequence[_Sample], picture: Image.Image, reader: LineReader, *, is_hidden: bool) -> bool:
    """Return whether what is read differs from all samples that can be read."""
    fit = [sample for sample in samples if _can_be_judged(sample)]
    agreements = []
    for sample in sorted(fit, key=lambda sample: -len(sample.text))[:MAX_SAMPLES]:
        read = reader.read(picture, sample.quad)
        letters = sum(letter.isalnum() for letter in read.text)
        if read.score < MIN_SCORE or letters < max(1, MIN_SHARE * len(read.text)):
            continue
        agreements.append(_agreement(sample.text, read.text, is_loose=not is_hidden))
        if agreements[-1] >= (MIN_HIDDEN_AGREEMENT if is_hidden else MIN_AGREEMENT):
            return False
    return bool(agreements)


def _has_wrong_figures(samples: Sequence[_Sample], picture: Image.Image, reader: LineReader) -> bool:
    """Return whether other figures are read in all samples that can be read."""
    fit = [sample for sample in samples if _can_be_judged(sample) and len(_figures(sample.text)) >= MIN_FIGURES]
    agreements = []
    for sample in sorted(fit, key=lambda sample: -len(set(_figures(sample.text))))[:MAX_SAMPLES]:
        told, read = _figures(sample.text), reader.read(picture, sample.quad)
        seen = _figures(read.text)
        if read.score < MIN_SCORE or len(seen) != len(told):
            continue
        agreements.append(sum(map(eq, told, seen)) / len(told))
        if agreements[-1] >= MIN_SAME_FIGURES:
            return False
    return bool(agreements)


def _figures(text: str) -> list[int]:
    """Return the values of the digits of a text."""
    return [unicodedata.decimal(sign) for sign in text if sign.isdecimal()]


def _has_figures_of(line: PdfLine, fonts: Collection[_Font]) -> bool:
    return any((word.font, line.is_hidden) in fonts and _figures(word.text) for word in line.words)


def _can_be_judged(sample: _Sample) -> bool:
    """Return whether a sample is long and large enough, and in a script that the reader knows."""
    signs = [sign for sign in sample.text if not sign.isspace()]
    letters = [sign for sign in signs if sign.isalnum()]
    if max(word.bottom - word.top for word in sample.words) < MIN_HEIGHT:
        return False
    if len(letters) < MIN_SHARE * len(signs):  # Signs that may stand for letters.
        return len(set(signs)) >= MIN_LETTERS
    return len(letters) >= MIN_LETTERS and all(map(_is_known, letters))


def _is_known(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith(
        ("LATIN", "CJK", "HIRAGANA", "KATAKANA", "DIGIT", "FULLWIDTH")
    )


def _agreement(text: str, read: str, *, is_loose: bool) -> float:
    first, second = _plain(text, is_loose=is_loose), _plain(read, is_loose=is_loose)
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


_ALIKE = str.maketrans("0oil|5s8b", "oolll5588")


def _plain(text: str, *, is_loose: bool) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold() if is_loose else text)
    letters = "".join(sign for sign in decomposed if sign.isalnum())
    return letters.translate(_ALIKE) if is_loose and not letters.isdecimal() else letters


def _is_odd(text: str) -> bool:
    signs = [sign for sign in text if not sign.isspace()]
    odd = sum(sign == UNKNOWN or unicodedata.category(sign) in _ODD for sign in signs)
    return odd > MAX_ODD * len(signs)


def _is_seen(grey: npt.NDArray[np.uint8], line: PdfLine, word: PdfWord) -> bool:
    box = line.box(word)
    part = grey[max(0, int(box.top)) : int(box.bottom) + 1, max(0, int(box.left)) : int(box.right) + 1]
    # PDFium draws the appearance of a box that is not ticked without its frame where viewers are to make it anew.
    is_empty_box = word.font == FIELD_FONT and word.text == NOT_TICKED
    return bool(part.size) and (is_empty_box or int(part.max()) - int(part.min()) > MIN_CONTRAST)
