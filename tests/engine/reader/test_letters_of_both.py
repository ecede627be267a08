"""Two readings of one line, joined letter by letter: by letters at places of a line, ten of its heights long."""

import numpy as np
import pytest

from app.domain.text.scripts import OTHER_SCRIPTS
from app.engine.reader.ctc_decoding import Letter
from app.engine.reader.letters_of_both import uncovered, with_known_letters
from app.engine.reader.recognise import OcrLine

KOREAN = next(script for script in OTHER_SCRIPTS if script.pack == "kor")
QUAD = np.array([[0, 0], [200, 0], [200, 20], [0, 20]], np.float64)


def line(*parts: tuple[str, float, float, float]) -> OcrLine:
    """Return a line whose parts are letters, each with the place of its first, their pitch, and their score."""
    letters = [
        Letter(letter, place + number * pitch, place + number * pitch + 0.6 * pitch, score)
        for text, place, pitch, score in parts
        for number, letter in enumerate(text)
    ]
    return OcrLine("".join(letter.text for letter in letters), QUAD, 0.9, tuple(letters))


@pytest.mark.parametrize(
    ("korean", "known", "joined"),
    [
        ([("스0", 0.0, 0.06, 0.2), ("부터", 0.14, 0.1, 0.9)], [("A0", 0.01, 0.06, 0.95)], "A0부터"),
        ([("4 ", 0.04, 0.06, 0.6), ("용지는", 0.2, 0.1, 0.9)], [("A4", 0.01, 0.06, 0.95)], "A4 용지는"),
        (
            [("0001", 0.0, 0.04, 0.3), (" ", 0.18, 0.02, 1), ("단위", 0.22, 0.1, 0.9)],
            [("mm", 0.02, 0.06, 0.9)],
            "mm 단위",
        ),
        ([("1", 0.0, 0.06, 0.9), ("이고", 0.06, 0.1, 0.92)], [("1", 0.0, 0.06, 0.9), ("0", 0.08, 0.06, 0.86)], "1이고"),
        ([("길이", 0.0, 0.1, 0.9)], [("]", 0.08, 0.05, 0.6)], "길이"),
        (
            [("값", 0.0, 0.1, 0.9), ("A3CD", 0.14, 0.06, 0.5)],
            [("A", 0.14, 0.06, 0.9), ("B", 0.2, 0.06, 0.5), ("CD", 0.26, 0.06, 0.9)],
            "값ABCD",
        ),
    ],
)
def test_latin_is_of_the_network_that_knows_it(
    korean: list[tuple[str, float, float, float]], known: list[tuple[str, float, float, float]], joined: str
) -> None:
    assert with_known_letters(line(*korean), line(*known), KOREAN).text == joined


def test_letters_that_were_read_as_nothing_are_counted() -> None:
    korean = line(("은", 0.0, 0.1, 0.9), ("297", 0.2, 0.05, 0.6), ("이다", 0.4, 0.1, 0.9), ("왜", 0.8, 0.1, 0.3))
    known = line(("297", 0.2, 0.05, 0.95))
    assert uncovered(korean, known, KOREAN) == 3
    assert uncovered(korean, line(("是", 0.0, 0.1, 0.9), ("297年了", 0.2, 0.1, 0.9)), KOREAN) == 0


def test_a_line_that_pp_ocr_reads_nothing_of_stays() -> None:
    korean = line(("조사해 보자", 0.0, 0.1, 0.9))
    assert with_known_letters(korean, line(), KOREAN) == korean
    assert with_known_letters(line(), line(("A4", 0.0, 0.1, 0.9)), KOREAN) == line()
