"""Parts lines that are longer than the recogniser reads at once into overlapping pieces, and joins their letters."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from app.engine.reader.ctc_decoding import Letter

MAX_LENGTH, OVERLAP = 100.0, 10.0
"""Length of a piece, and of what two of them share, in heights of the line: some letters, the outer ones cut."""

MIN_HEIGHT = 8.0
"""Minimum height in pixels of a line that is read in pieces: lower ones have no letters, and would have many pieces."""

SEAM = 0.25, 0.75
"""Where letters of one piece end and those of the next begin, as fractions of what both have."""

Span = tuple[float, float]
"""A piece's start and end, as fractions of the line."""


def pieces(length: float, height: float) -> list[Span]:
    """Return pieces that overlap by OVERLAP heights, and cover a line of this length and height in pixels."""
    count = max(1, int(np.ceil((length / height - OVERLAP) / (MAX_LENGTH - OVERLAP))))
    overlap = OVERLAP * height / length if count > 1 else 0.0
    step = (1 - overlap) / count
    return [(number * step, number * step + step + overlap) for number in range(count)]


def joined(spans: Sequence[Span], read: Sequence[Sequence[Letter]]) -> list[Letter]:
    """Return the letters of a line from those of its pieces, each placed as fractions of its piece."""
    placed = [
        [
            replace(letter, start=first + (last - first) * letter.start, end=first + (last - first) * letter.end)
            for letter in letters
        ]
        for (first, last), letters in zip(spans, read, strict=True)
    ]
    seams = [
        _seam(start, end, [letter.centre for letter in (*left, *right)])
        for ((_, end), (start, _)), (left, right) in zip(pairwise(spans), pairwise(placed), strict=True)
    ]
    limits = [0.0, *seams, 1.0]
    return [
        letter
        for (first, last), letters in zip(pairwise(limits), placed, strict=True)
        for letter in letters
        if first <= letter.centre < last or letter.centre == last == 1.0
    ]


def _seam(start: float, end: float, centres: Sequence[float]) -> float:
    """Return the place in the middle of what two pieces share that is farthest from the letters of both."""
    low, high = (start + (end - start) * share for share in SEAM)
    inner = sorted([low, high, *(centre for centre in centres if low < centre < high)])
    first, last = max(pairwise(inner), key=lambda gap: gap[1] - gap[0])
    return (first + last) / 2
