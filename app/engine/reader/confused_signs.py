"""Puts right signs that the recogniser confuses with others of the same form, where the letters beside them tell."""

import re
from collections.abc import Sequence

from app.engine.reader.ctc_decoding import Letter, text_of

_CONFUSED = (
    # Two bars are an operator of programs; the sign for parallels stands between the names of lines: AB∥CD.
    (re.compile(r"\|?∥\||\|∥|(?<![A-Z\u2e80-\uffff])∥(?![A-Z\u2e80-\uffff])"), "||"),
    # A root has its number at once; a tick stands before an item of a list.
    (re.compile(r"^√(?= [^\W\d_])"), "✓"),
    # An amount has no letter: "RMO.08", "O.50", "1O.00".
    (re.compile(r"(?:(?<=\bRM)|(?<=[€$£])|(?<!\S)|(?<=\d))O(?=[.,]\d\d(?!\d))"), "0"),
    # The mark of half-width kana is a letter of its own in the picture, and joined with the kana in the text.
    (re.compile(r"(?<=[パピプペポ])[°゜ﾟ]"), ""),
)


def with_signs_put_right(letters: Sequence[Letter]) -> list[Letter]:
    """Return the letters, with such signs replaced; the places and scores of the replaced ones are kept."""
    found = list(letters)
    for pattern, signs in _CONFUSED:
        for match in reversed(list(pattern.finditer(text_of(found)))):
            first, last = found[match.start()], found[match.end() - 1]
            width = (last.end - first.start) / max(1, len(signs))
            score = min(letter.score for letter in found[match.start() : match.end()])
            found[match.start() : match.end()] = [
                Letter(sign, first.start + n * width, first.start + (n + 1) * width, score)
                for n, sign in enumerate(signs)
            ]
    return found
