"""Splits a recognised line into words with their boxes, from the places of its letters."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from statistics import fmean, median

import numpy as np

from app.domain.images.geometry import Box, Word
from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.recognise import OcrLine, Quad, read_from
from app.engine.reader.word_confidence import word_score


def words_of(line: OcrLine, size: tuple[int, int]) -> tuple[Word, ...]:
    """Return a line's words in the pixels of an image of this size; none if the places of its letters are unknown.

    Words are parted by white space alone, so that they give the line's text if they are joined by spaces.
    """
    if text_of(line.letters) != line.text:
        return ()
    words = [list(letters) for is_space, letters in groupby(line.letters, _is_space) if not is_space]
    is_mirrored = bool(words) and words[0][0].centre > words[-1][-1].centre
    if is_mirrored:  # It is written from right to left.
        words = [[_mirrored(letter) for letter in letters] for letters in words]
    half = _half_width(words)
    mean = fmean(letter.score for letter in line.letters) if line.letters else 0.0
    quad = read_from(line.quad)
    found = []
    for number, letters in enumerate(words):
        before = words[number - 1][-1] if number else None
        after = words[number + 1][0] if number + 1 < len(words) else None
        start, end = letters[0].centre - half, letters[-1].centre + half
        start = max(start, (before.centre + letters[0].centre) / 2) if before else max(0.0, start)
        end = min(end, (after.centre + letters[-1].centre) / 2) if after else min(1.0, end)
        if is_mirrored:
            start, end = 1 - end, 1 - start
        score = word_score(min(letter.score for letter in letters), mean)
        found.append(Word(text_of(letters), _box(quad, start, end, size), score))
    return tuple(found)


def _mirrored(letter: Letter) -> Letter:
    return replace(letter, start=1 - letter.end, end=1 - letter.start)


def _is_space(letter: Letter) -> bool:
    return letter.text.isspace()


def _half_width(words: Sequence[Sequence[Letter]]) -> float:
    """Return half of the usual distance of letters within words, as a fraction of the line's length."""
    distances = [after.centre - before.centre for letters in words for before, after in pairwise(letters)]
    return median(distances) / 2 if distances else 0.5


def _box(quad: Quad, start: float, end: float, size: tuple[int, int]) -> Box:
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    corners = [quad[0] + start * top, quad[0] + end * top, quad[3] + end * bottom, quad[3] + start * bottom]
    points = np.clip(np.nan_to_num(np.array(corners)), 0, size)
    (left, upper), (right, lower) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Box(left, upper, right, lower)
