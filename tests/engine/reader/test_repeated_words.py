"""Digits within words are put right where the page has the same word with letters, again and again."""

import numpy as np

from app.engine.reader.ctc_decoding import Letter
from app.engine.reader.recognise import OcrLine
from app.engine.reader.repeated_words import with_repeated_words


def line(text: str) -> OcrLine:
    letters = tuple(Letter(sign, float(place), place + 1.0, 0.9) for place, sign in enumerate(text))
    return OcrLine(text, np.zeros((4, 2)), 0.9, letters)


def texts(*found: str) -> list[str]:
    return [read.text for read in with_repeated_words([line(text) for text in found])]


def test_a_digit_is_the_letter_of_a_word_that_is_repeated() -> None:
    assert texts("no", "yes no", "no", "n0 n0", "al1")[3:] == ["no no", "al1"]
    lines = with_repeated_words([line(text) for text in ("no", "no", "no", "n0")])
    assert "".join(letter.text for letter in lines[3].letters) == "no"


def test_rare_words_numbers_and_names_with_digits_stay() -> None:
    assert texts("no", "no", "n0") == ["no", "no", "n0"]
    assert texts("o", "o", "o", "0", "10", "O2", "v1.0")[3:] == ["0", "10", "O2", "v1.0"]


def test_a_line_whose_letters_are_unknown_stays() -> None:
    bare = OcrLine("n0", np.zeros((4, 2)), 0.9)
    assert with_repeated_words([line("no"), line("no"), line("no"), bare])[3] is bare
