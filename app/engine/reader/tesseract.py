"""Reads lines with Tesseract's LSTM networks, in this process; the only module that uses tesserocr.

Packs are in resources/tessdata. Each is opened when it is first needed and stays open, a few at a time, since opening
one costs more than reading a line. A reader process has one thread, which Tesseract's objects require.
"""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, pairwise
from statistics import median

from PIL import Image
from tesserocr import OEM, PSM, RIL, PyTessBaseAPI, iterate_level

from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.line_crop import crop_line
from app.engine.reader.recognise import OcrLine, Quad
from app.paths import RESOURCES

PACKS = RESOURCES / "tessdata"
MAX_OPEN = 4
"""Maximum number of packs that are open; each takes up to 15 MB."""

SURE_SCORE, TRIM = 0.93, 0.07
"""Score below which a line is read a second time, and what is then cut off above and below, by its height.

The networks scale a line to one height: the crop then has less of the lines around it and larger letters.
"""

DIRECTING = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
"""Marks that Tesseract puts around words of the other direction; those that join and part letters are text."""

MICRO_SIGN, GREEK_MU = "\u00b5", "\u03bc"
"""The Greek pack writes the sign of micrometres for the letter, under which no search finds a word."""

MAX_WIDTH = 3.0
"""Maximum width of a letter as a multiple of the median of its word."""

RESOLUTION = 300
"""In dots per inch: it only keeps Tesseract from estimating it."""


def read_surely(pack: str, image: Image.Image, quad: Quad) -> OcrLine:
    """Recognise a line as `read_in` does, a second time if its score is low: the better reading is returned."""
    line = read_in(pack, image, quad)
    if line.score >= SURE_SCORE:
        return line
    trimmed = read_in(pack, image, quad, TRIM)
    return trimmed if trimmed.score > line.score else line


def read_in(pack: str, image: Image.Image, quad: Quad, trim: float = 0.0) -> OcrLine:
    """Recognise the line inside these corners of an RGB image with a language pack ("rus"); text is in logical order.

    Its score is the mean of the words' confidence, by their length. A line without text has score 0. `trim` is cut off
    above and below, as a fraction of the line's height.
    """
    crop, first, last = crop_line(image, quad, trim)
    if not crop.width:
        return OcrLine("", quad, 0.0)
    api = _opened(pack)
    api.SetImageBytes(crop.tobytes(), *crop.size, 1, crop.width)
    api.SetSourceResolution(RESOLUTION)
    try:
        letters = _letters(api)
    except RuntimeError:  # It found nothing, or gave up.
        return OcrLine("", quad, 0.0)
    finally:
        api.Clear()
    extent = (last - first) / crop.width
    letters = [replace(of, start=first + extent * of.start, end=first + extent * of.end) for of in letters]
    printed = [letter for letter in letters if letter.text != " "]
    score = sum(letter.score for letter in printed) / max(1, len(printed))
    return OcrLine(text_of(letters), quad, score, tuple(letters))


@lru_cache(maxsize=MAX_OPEN)
def _opened(pack: str) -> PyTessBaseAPI:
    api = PyTessBaseAPI(path=str(PACKS), lang=pack, psm=PSM.RAW_LINE, oem=OEM.LSTM_ONLY)
    api.SetVariable("debug_file", os.devnull)
    return api


def _visible(text: str) -> str:
    """Return a word without white space and marks that only direct the writing."""
    kept = "".join(letter for letter in text if not letter.isspace() and letter not in DIRECTING)
    return kept.replace(MICRO_SIGN, GREEK_MU)


def _letters(api: PyTessBaseAPI) -> list[Letter]:
    """Return the letters that were recognised, in the order in which they are read, in columns of the crop."""
    # Texts of single words have the order in which they are seen, the whole text that in which it is read.
    texts = [word for word in map(_visible, api.GetUTF8Text().split()) if word]
    symbols = [symbol for symbol in _found(api, RIL.SYMBOL) if _visible(symbol.text)]
    if "".join(_visible(symbol.text) for symbol in symbols) == "".join(texts):
        spread = [letter for symbol in symbols for letter in _spread(replace(symbol, text=_visible(symbol.text)))]
        ends = accumulate(map(len, texts))
        words = [spread[end - len(text) : end] for end, text in zip(ends, texts, strict=True)]
    else:
        found = [word for word in _found(api, RIL.WORD) if _visible(word.text)]
        words = [_spread(replace(word, text=text)) for text, word in zip(texts, found, strict=False)]
    letters: list[Letter] = []
    for word in map(_bounded, words):
        letters += [_space(letters[-1], word[0]), *word] if letters else word
    return letters


def _found(api: PyTessBaseAPI, level: int) -> Iterator[Letter]:
    """Yield the words or symbols that were recognised, with the confidence of their words."""
    for part in iterate_level(api.GetIterator(), level):
        text, box = part.GetUTF8Text(level), part.BoundingBox(level)
        if text and box:
            yield Letter(text, box[0], box[2], min(1.0, max(0.0, part.Confidence(RIL.WORD) / 100)))


def _spread(word: Letter) -> list[Letter]:
    """Return a word's letters, evenly spread over its place; one that is written to the left begins at its end."""
    count = len(word.text)
    edges = [word.start + (word.end - word.start) * number / count for number in range(count + 1)]
    places = list(pairwise(edges))
    if unicodedata.bidirectional(word.text[0]) in {"R", "AL"}:
        places.reverse()
    return [Letter(letter, *place, word.score) for letter, place in zip(word.text, places, strict=True)]


def _bounded(word: list[Letter]) -> list[Letter]:
    """Return a word's letters; the box of one may reach to the end of the line."""
    widest = MAX_WIDTH * median(letter.end - letter.start for letter in word)
    return [replace(letter, end=min(letter.end, letter.start + widest)) for letter in word]


def _space(before: Letter, after: Letter) -> Letter:
    start, end = sorted((min(before.end, after.end), max(before.start, after.start)))
    return Letter(" ", start, end, 1.0)
