"""Puts right digits within words that the page has without them elsewhere: "n0" in a table of yes and no."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from app.engine.reader.ctc_decoding import text_of
from app.engine.reader.recognise import OcrLine

MIN_REPEATED = 3
"""Minimum number of times that the page has the word with a letter."""

_LETTER_OF = {"0": "o", "1": "l"}
_WORD = re.compile(r"(?<!\S)[^\W\d_]{2,}(?!\S)")
_MIXED = re.compile(r"(?<![\w.,])[^\W\d_]*[01][^\W\d_]*(?!\w)")


def with_repeated_words(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """Return the lines of a page with such digits as the letters that look like them."""
    known = Counter(word for line in lines for word in _WORD.findall(line.text))
    return [_put_right(line, known) for line in lines]


def _put_right(line: OcrLine, known: Counter[str]) -> OcrLine:
    letters = list(line.letters)
    if text_of(letters) != line.text or len(letters) != len(line.text):
        return line
    for match in _MIXED.finditer(line.text):
        word = "".join(_LETTER_OF.get(sign, sign) for sign in match[0])
        if len(word) > 1 and known[word] >= MIN_REPEATED:
            places = range(match.start(), match.end())
            letters[match.start() : match.end()] = [
                replace(letters[place], text=sign) for place, sign in zip(places, word, strict=True)
            ]
    return line if text_of(letters) == line.text else replace(line, text=text_of(letters), letters=tuple(letters))
