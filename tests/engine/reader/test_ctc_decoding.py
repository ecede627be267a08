"""Decoding of the recognition network's columns, and words from the places of letters."""

import numpy as np
import pytest

from app.domain.images.geometry import Box
from app.engine.reader.confused_signs import with_signs_put_right
from app.engine.reader.ctc_decoding import Letter, decoded, text_of, trimmed, with_forms_joined
from app.engine.reader.line_words import words_of
from app.engine.reader.recognise import OcrLine
from app.engine.reader.word_confidence import word_score

CHARACTERS = ("blank", "a", "b", " ")


def columns(path: str, score: float = 0.9) -> np.ndarray:
    probabilities = np.full((len(path), len(CHARACTERS)), (1 - score) / 3, np.float32)
    for column, letter in enumerate(path):
        probabilities[column, 0 if letter == "-" else CHARACTERS.index(letter)] = score
    return probabilities


def line(text: str, first: float = 0.0, last: float = 1.0) -> OcrLine:
    width = (last - first) / len(text)
    letters = tuple(
        Letter(letter, first + number * width, first + (number + 1) * width, 0.9 - 0.1 * number)
        for number, letter in enumerate(text)
    )
    return OcrLine(text, np.array([(0, 0), (100, 0), (100, 20), (0, 20)], np.float64), 0.9, letters)


def test_repeated_letters_are_one_unless_a_blank_is_between() -> None:
    letters = decoded(columns("-aa-ab--"), CHARACTERS)

    assert text_of(letters) == "aab"
    assert [(letter.start, letter.end) for letter in letters] == [(1 / 8, 3 / 8), (4 / 8, 5 / 8), (5 / 8, 6 / 8)]
    assert letters[0].score == pytest.approx(0.9)


def test_two_forms_of_one_sign_are_as_probable_as_both_together() -> None:
    found = np.array([[0.1, 0.5, 0.4, 0.0], [0.6, 0.1, 0.3, 0.0]], np.float32)

    joined = with_forms_joined(found, [1, 2])

    assert joined == pytest.approx(np.array([[0.1, 0.9, 0.0, 0.0], [0.6, 0.0, 0.4, 0.0]], np.float32))


def test_nothing_is_decoded_from_blanks() -> None:
    assert decoded(columns("----"), CHARACTERS) == []
    assert decoded(np.zeros((0, 4), np.float32), CHARACTERS) == []


def test_white_space_at_both_ends_is_dropped() -> None:
    assert text_of(trimmed(decoded(columns(" a-b "), CHARACTERS))) == "ab"
    assert trimmed(decoded(columns(" - "), CHARACTERS)) == []


def test_words_have_boxes_side_by_side_and_scores_by_their_least_certain_letter() -> None:
    words = words_of(line("ab cde"), (200, 200))

    assert [word.text for word in words] == ["ab", "cde"]
    assert [word.score for word in words] == pytest.approx([word_score(0.8, 0.65), word_score(0.4, 0.65)])
    assert words[0].box.left == 0
    assert words[0].box.right <= words[1].box.left
    assert words[1].box == Box(words[1].box.left, 0, 100, 20)


def test_words_of_a_tall_line_run_from_top_to_bottom() -> None:
    upright = line("ab cde")
    tall = OcrLine(upright.text, np.array([(0, 0), (20, 0), (20, 100), (0, 100)], np.float64), 0.9, upright.letters)

    first, second = words_of(tall, (200, 200))

    assert first.box.bottom <= second.box.top
    assert (first.box.left, first.box.right) == (0, 20)


def test_a_line_of_another_text_than_its_letters_has_no_words() -> None:
    whole = line("ab cde")
    assert words_of(OcrLine("other", whole.quad, whole.score, whole.letters), (200, 200)) == ()


def test_a_words_score_rises_with_its_letters_and_its_line() -> None:
    scores = [word_score(least, mean) for least, mean in ((0, 0), (0.3, 0.9), (0.9, 0.9), (0.9, 0.999), (1, 1))]
    assert scores == sorted(scores)
    assert 0 < scores[0] < 0.3
    assert 0.99 < scores[-1] < 1


def put_right(text: str, score: float = 0.9) -> str:
    letters = [Letter(letter, n / len(text), (n + 1) / len(text), score) for n, letter in enumerate(text)]
    return text_of(with_signs_put_right(letters))


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("a∥b", "a||b"),
        ("a ∥|b", "a ||b"),
        ("AB∥CD", "AB∥CD"),
        ("平行∥线", "平行∥线"),
        ("√ Milk", "✓ Milk"),
        ("→ next √ done", "→ next ✓ done"),
        ("√2", "√2"),
        ("y = √ x and ∛8", "y = √ x and ∛8"),
        ("½ cup, ∛ tsp", "½ cup, ¾ tsp"),
        ("1∛ cups", "1¾ cups"),
        ("10−³ mol, 5 m-²", "10⁻³ mol, 5 m⁻²"),
        ("notes¹-³ and 3-2", "notes¹-³ and 3-2"),
        ("RMO.08", "RM0.08"),
        ("1O.00", "10.00"),
        ("NO.53", "NO.53"),
        ("ポ°ット", "ポット"),
        ("20°", "20°"),
        ("02 X RM 9.40", "@2 X RM 9.40"),
        ("Total Incl. GST06%", "Total Incl. GST@6%"),
        ("GST 06% RM 1.20", "GST @6% RM 1.20"),
        ("_init_.py (_str__)", "__init__.py (__str__)"),
        ("__init__ _name_ my_init_", "__init__ _name_ my_init_"),
        ("INV0ICE", "INVOICE"),
        ("DR1VER", "DRIVER"),
        ("AB0CD 5GZ2 02-11", "AB0CD 5GZ2 02-11"),
    ],
)
def test_signs_of_the_same_form_are_told_apart(read: str, right: str) -> None:
    assert put_right(read) == right


@pytest.mark.parametrize("text", ["02 X RM 9.40", "GST 06%", "INV0ICE"])
def test_what_was_read_surely_is_kept(text: str) -> None:
    assert put_right(text, 0.995) == text
