"""Letters of Czech, Slovak and Latvian: what the recogniser holds possible is written on pages in these languages."""

import numpy as np
import pytest

from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.marked_letters import with_marked_letters
from app.engine.reader.possible_marks import ASKED, with_possible_marks
from app.engine.reader.recognise import OcrLine

COLUMNS = 20
NUMBERS = {sign: number for number, sign in enumerate(sorted(ASKED), 1)}
CZECH = "Příliš žlutý kůň úpěl a kočka"
LATVIAN = "Rēzekne, šūpoles, mīļš"
QUAD = np.array([(0, 0), (400, 0), (400, 30), (0, 30)], np.float64)


def line(text: str, marked: dict[int, str] | None = None) -> OcrLine:
    """A line whose letters may be `marked`, by their place in the text."""
    count = len(text)
    letters = (
        Letter(sign, number / count, (number + 1) / count, 0.9, (marked or {}).get(number, ""))
        for number, sign in enumerate(text)
    )
    return OcrLine(text, QUAD, 0.9, tuple(letters))


def texts(*lines: OcrLine) -> list[str]:
    found = with_marked_letters(lines)
    assert all(text_of(each.letters) == each.text for each in found)
    return [each.text for each in found]


@pytest.mark.parametrize(
    ("read", "marked", "expected"),
    [
        ("tet", {2: "ť"}, "teť"),
        ("d’ábelské l'udia št'astie vel´ké", {}, "ďábelské ľudia šťastie veľké"),
        ("ťt'", {}, "ťť"),
        ("L'UDIA", {}, "ĽUDIA"),
        ("uhýk, ava", {0: "Ťu", 6: "Ďa"}, "Ťuhýk, Ďava"),
        ("egava", {0: "Ķe"}, "egava"),
        ("d'Artagnan, L'Oréal, cat's", {}, "d'Artagnan, L'Oréal, cat's"),
        ("řekl ‚svět’ a ‘byt'", {}, "řekl ‚svět’ a ‘byt'"),
        ("l'été", {1: ""}, "ľété"),
        ("c'est là", {}, "c'est là"),
    ],
)
def test_a_czech_page_has_its_letters(read: str, marked: dict[int, str], expected: str) -> None:
    assert texts(line(CZECH), line(read, marked)) == [CZECH, expected]


@pytest.mark.parametrize(
    ("read", "marked", "expected"),
    [
        ("ġīmis", {}, "ģīmis"),
        ("ekava un kirsi", {0: "Ķe", 9: "ķ"}, "Ķekava un ķirsi"),
        ("uhums", {0: "Ťu"}, "uhums"),
        ("l'udia", {}, "l'udia"),
    ],
)
def test_a_latvian_page_has_its_letters(read: str, marked: dict[int, str], expected: str) -> None:
    assert texts(line(LATVIAN), line(read, marked)) == [LATVIAN, expected]


@pytest.mark.parametrize(
    "page",
    [
        "It's Dvořák's and Leoš Janáček's world, that's what the people in the concert halls don't forget",
        "Što je život, čaša ljudi",
        "Tokyo, Ōsaka, Kōbe, kūki, mīkan",
        "Il dell'arte d'Italia",
    ],
)
def test_other_languages_keep_what_was_read(page: str) -> None:
    assert texts(line(page), line("tet l'ab ġ", {2: "ť", 4: "ľ"})) == [page, "tet l'ab ġ"]


def test_a_capital_that_was_left_out_is_uncertain() -> None:
    found = with_marked_letters([line(CZECH), line("uhýk", {0: "Ťu"})])[1]
    assert found.letters[0].text == "Ť"
    assert found.letters[0].score < found.letters[1].score


def possible(text: str, places: list[int], shares: dict[tuple[int, str], float]) -> list[str]:
    probabilities = np.zeros((COLUMNS, len(NUMBERS) + 1), np.float32)
    for (column, sign), share in shares.items():
        probabilities[column, NUMBERS[sign]] = share
    letters = [
        Letter(sign, place / COLUMNS, (place + 1) / COLUMNS, 0.9) for sign, place in zip(text, places, strict=True)
    ]
    return [letter.marked for letter in with_possible_marks(letters, probabilities, NUMBERS)]


def test_a_mark_is_possible_near_its_letter() -> None:
    assert possible("at", [2, 5], {(6, "ť"): 0.02}) == ["", "ť"]
    assert possible("at", [2, 5], {(6, "ť"): 0.002}) == ["", ""]
    assert possible("at", [2, 5], {(12, "ť"): 0.2}) == ["", ""]


def test_a_capital_may_be_left_out_at_the_beginning_of_a_word() -> None:
    assert possible("eg", [6, 8], {(3, "ķ"): 0.2, (3, "K"): 0.05}) == ["Ķe", ""]
    assert possible("e u", [2, 5, 10], {(8, "T"): 0.03, (8, "Ž"): 0.1}) == ["", "", "Ťu"]
    assert possible("te", [6, 8], {(3, "ķ"): 0.2, (7, "ť"): 0.1}) == ["Ķť", ""]
    assert possible("eg", [6, 8], {(3, "ķ"): 0.02}) == ["", ""]
    assert possible("eg", [1, 8], {(0, "ķ"): 0.2, (4, "ķ"): 0.2}) == ["", ""]
    assert possible(",g", [6, 8], {(3, "ķ"): 0.2}) == ["", ""]
