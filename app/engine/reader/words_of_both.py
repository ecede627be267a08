"""Reads the words of a line in another script that are in none: numbers and Latin names, which PP-OCR reads better."""

from itertools import groupby

import numpy as np
from PIL import Image

from app.domain.text.scripts import Script
from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.recognise import OcrLine, Quad, read_from
from app.engine.reader.rotation import LineReader

MIN_SCORE = 0.8
"""Minimum score of such a word as PP-OCR reads it; it must also be above that of the other network."""

MAX_MORE = 1
"""Number of letters that such a word may have more than the other network saw: else it includes its neighbour's."""

MARGIN = 0.15
"""Margin that a word's box gets at each end, as a fraction of the line's height."""


def with_known_words(line: OcrLine, script: Script, image: Image.Image, reader: LineReader) -> OcrLine:
    """Return a line, its words without letters of the script read again by PP-OCR where that is sure of them."""
    letters: list[Letter] = []
    for is_space, group in groupby(line.letters, lambda letter: letter.text == " "):
        word = list(group)
        is_foreign = not is_space and any(letter.text.isalnum() for letter in word) and not _is_in(script, word)
        letters += _known(word, line.quad, image, reader) if is_foreign else word
    score = sum(letter.score for letter in letters) / max(1, len(letters))
    return OcrLine(text_of(letters), line.quad, score, tuple(letters))


def _is_in(script: Script, word: list[Letter]) -> bool:
    return any(script.has(letter.text) for letter in word)


def _known(word: list[Letter], quad: Quad, image: Image.Image, reader: LineReader) -> list[Letter]:
    start, end = min(letter.start for letter in word), max(letter.end for letter in word)
    known = reader.read(image, _part(quad, start, end))
    text = "".join(known.text.split())
    if known.score < max(MIN_SCORE, word[0].score) or not 0 < len(text) <= len(word) + MAX_MORE:
        return word
    pitch = (end - start) / len(text)
    return [
        Letter(letter, start + number * pitch, start + (number + 1) * pitch, known.score)
        for number, letter in enumerate(text)
    ]


def _part(quad: Quad, start: float, end: float) -> Quad:
    quad = read_from(quad)
    along, height = quad[1] - quad[0], float(np.hypot(*(quad[3] - quad[0])))
    margin = MARGIN * height / max(1.0, float(np.hypot(*along)))
    start, end = max(0.0, start - margin), min(1.0, end + margin)
    top, bottom = quad[1] - quad[0], quad[2] - quad[3]
    return np.array([quad[0] + start * top, quad[0] + end * top, quad[3] + end * bottom, quad[3] + start * bottom])
