"""Puts right signs that the recogniser confuses with others of the same form, where the letters beside them tell."""

import re
from collections.abc import Sequence

from app.engine.reader.ctc_decoding import Letter, text_of

_DOUBLED = ("init", "str", "repr", "len", "eq", "iter", "getattr", "setattr", "getitem", "setitem", "dict", "pycache")
"""Names of Python between double underscores, of which one is often read; no words that may be set in _italics_."""

_CONFUSED = (
    # Two bars are an operator of programs; the sign for parallels stands between the names of lines: AB∥CD.
    (re.compile(r"\|?∥\||\|∥|(?<![A-Z\u2e80-\uffff])∥(?![A-Z\u2e80-\uffff])"), "||"),
    # A root has its number at once; a tick stands before an item of a list, or a word.
    (re.compile(r"^√(?= [^\W\d_])|(?<=\s)√(?= [^\W\d_]{2})"), "✓"),
    # So has a cube root; three quarters stand before a unit, or after a number.
    (re.compile(r"∛(?= [^\W\d_]{2})|(?<=\d)∛(?=\s)"), "¾"),
    # The minus of an exponent is as high as its figures.
    (re.compile(r"(?<=[^\W_⁰¹²³⁴-⁹])[-−](?=[⁰¹²³⁴-⁹])"), "⁻"),
    # An amount has no letter: "RMO.08", "O.50", "1O.00".
    (re.compile(r"(?:(?<=\bRM)|(?<=[€$£])|(?<!\S)|(?<=\d))O(?=[.,]\d\d(?!\d))"), "0"),
    (re.compile(rf"(?<!\w)_(?=(?:{'|'.join(_DOUBLED)})_{{1,2}}(?!\w))"), "__"),
    (re.compile(rf"(?:{'|'.join(f'(?<=__{name})' for name in _DOUBLED)})_(?!\w)"), "__"),
    # The mark of half-width kana is a letter of its own in the picture, and joined with the kana in the text.
    (re.compile(r"(?<=[パピプペポ])[°゜ﾟ]"), ""),
)

_CONFUSED_IF_UNSURE = (
    # Neither a count before a price nor a rate of tax begins with a zero: "@2 X RM 9.40", "GST @6%".
    (re.compile(r"(?<!\S)0(?=\d{1,2} ?[xX] ?[A-Z€$£])|(?<=[A-Za-z])0(?=\d{1,2}%)|(?<=[A-Za-z] )0(?=\d{1,2}%)"), "@"),
    # A long word in capitals has no figure: "INV0ICE", "DR1VER". Codes have more figures, or fewer letters.
    (re.compile(r"(?:(?<=\b[A-Z]{3})|(?<=\b[A-Z]{4}))0(?=[A-Z]{3,}\b)"), "O"),
    (re.compile(r"(?<=\b[A-Z]{2})1(?=[A-Z]{3,}\b)"), "I"),
)

SURE_SCORE = 0.99
"""Score from which a sign of the second list is what it was read as."""


def with_signs_put_right(letters: Sequence[Letter]) -> list[Letter]:
    """Return the letters, with such signs replaced; the places and scores of the replaced ones are kept."""
    found = list(letters)
    rules = [*((*rule, 1.0) for rule in _CONFUSED), *((*rule, SURE_SCORE) for rule in _CONFUSED_IF_UNSURE)]
    for pattern, signs, max_score in rules:
        for match in reversed(list(pattern.finditer(text_of(found)))):
            first, last = found[match.start()], found[match.end() - 1]
            width = (last.end - first.start) / max(1, len(signs))
            score = min(letter.score for letter in found[match.start() : match.end()])
            if score > max_score:
                continue
            found[match.start() : match.end()] = [
                Letter(sign, first.start + n * width, first.start + (n + 1) * width, score)
                for n, sign in enumerate(signs)
            ]
    return found
