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

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from tesserocr import OEM, PSM, RIL, PyTessBaseAPI, iterate_level

from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.recognise import OcrLine, Quad, read_from
from app.paths import RESOURCES

PACKS = RESOURCES / "tessdata"
MAX_OPEN = 4
"""Maximum number of packs that are open; each takes up to 15 MB."""

MIN_HEIGHT, MAX_HEIGHT, MAX_WIDTH = 40, 80, 12_000
"""Heights in pixels between which lines are passed on as they are: the networks scale them to 36 or 48.

The width bounds memory.
"""

CUT_MARGIN, MARGIN = 0.15, 0.05
"""Margin at each end of a line within which its text is looked for, and the one that its text gets, by its height.

Wider ones are read as dashes and points.
"""

MIN_CONTRAST = 20
"""Minimum difference between the grey levels of text and ground."""

DIRECTING = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
"""Marks that Tesseract puts around words of the other direction; those that join and part letters are text."""

MICRO_SIGN, GREEK_MU = "\u00b5", "\u03bc"
"""The Greek pack writes the sign of micrometres for the letter, under which no search finds a word."""

RESOLUTION = 300
"""In dots per inch: it only keeps Tesseract from estimating it."""


def read_in(pack: str, image: Image.Image, quad: Quad) -> OcrLine:
    """Recognise the line inside these corners of an RGB image with a language pack ("rus"); text is in logical order.

    Its score is the mean of the words' confidence, by their length. A line without text has score 0.
    """
    crop, first, last = _crop(image, quad)
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


def _crop(image: Image.Image, quad: Quad) -> tuple[Image.Image, float, float]:
    """Return a line's text, rectified and grey, and where it begins and ends as fractions of the line's length."""
    quad = read_from(np.clip(np.nan_to_num(quad), 0, image.size))
    along, height = quad[1] - quad[0], max(1.0, float(np.hypot(*(quad[3] - quad[0]))))
    length = max(1.0, float(np.hypot(*along)))
    margin = CUT_MARGIN * height * along / length
    corners = np.clip(quad + np.stack([-margin, margin, margin, -margin]), 0, image.size)
    first, last = (float((corner - quad[0]) @ along) / length**2 for corner in corners[:2])
    scale = min(max(MIN_HEIGHT, height), MAX_HEIGHT) / height
    size = min(MAX_WIDTH, max(1, round((last - first) * length * scale))), round(height * scale)
    # Pillow expects the corners anticlockwise.
    data = corners[[0, 3, 2, 1]].ravel().tolist()
    crop = image.convert("L").transform(size, Image.Transform.QUAD, data, Image.Resampling.BICUBIC)
    start, end = _text_columns(np.asarray(crop))
    pixel = (last - first) / crop.width
    return crop.crop((start, 0, end, crop.height)), first + start * pixel, first + end * pixel


def _text_columns(grey: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """Return the first column of the text's crop and the one after its last; none if there is no contrast."""
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    is_dark = grey <= threshold
    is_text = is_dark if is_dark.mean() <= 0.5 else ~is_dark
    if not is_text.any() or abs(float(grey[is_text].mean()) - float(grey[~is_text].mean())) < MIN_CONTRAST:
        return 0, 0
    columns = np.flatnonzero(is_text.any(axis=0))
    margin = round(MARGIN * grey.shape[0])
    return max(0, int(columns[0]) - margin), min(grey.shape[1], int(columns[-1]) + 1 + margin)


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
    for word in words:
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


def _space(before: Letter, after: Letter) -> Letter:
    start, end = sorted((min(before.end, after.end), max(before.start, after.start)))
    return Letter(" ", start, end, 1.0)
