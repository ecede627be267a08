"""Spaces that the recogniser leaves out, and amounts whose decimal point is faded."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.documents.pages import UNCERTAIN_SCORE
from app.domain.ports import NEVER_CANCELLED
from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.lost_spaces import Columns, ink_of, with_lost_spaces
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import OcrLine, Recogniser
from app.engine.reader.uncertain_amounts import with_marked_amounts

PITCH, WIDTH, INK_WIDTH = 16, 8, 14
"""Distance of letters, width of a column of the network and of a letter's ink, in pixels; a line is 48 high."""


def read(text: str, gap_after: int, gap: int, space: float) -> str:
    """Return what becomes of a text that has a gap, in pixels, and this probability of a space in it."""
    places, x = [], 0
    for index in range(len(text)):
        places.append(x)
        x += PITCH + (gap if index == gap_after else 0)
    ink = np.zeros(x + PITCH, np.bool_)
    spaces = np.full(len(ink) // 8, 1e-6, np.float32)
    letters = []
    for letter, place in zip(text, places, strict=True):
        ink[place : place + INK_WIDTH] = True
        letters.append(Letter(letter, place / len(ink), (place + WIDTH) / len(ink), 0.99))
    spaces[(places[gap_after] + WIDTH) // 8 + 1] = space
    return text_of(with_lost_spaces(letters, Columns(spaces, np.zeros_like(spaces), ink, 48)))


def test_a_wide_gap_is_a_space_if_the_recogniser_held_one_possible() -> None:
    assert read("TAXINVOICE", 2, gap=14, space=0.2) == "TAX INVOICE"
    assert read("TAXINVOICE", 2, gap=0, space=0.2) == "TAXINVOICE"
    assert read("TAXINVOICE", 2, gap=6, space=1e-6) == "TAXINVOICE"


def test_digits_are_not_joined_over_a_gap() -> None:
    assert read("8817", 1, gap=16, space=0.08) == "88 17"
    assert read("8817", 1, gap=0, space=1e-4) == "8817"


@pytest.mark.parametrize("text", ["53.60", "12:30", "03-42"])
def test_no_space_is_put_beside_a_sign_within_a_number(text: str) -> None:
    assert read(text, 2, gap=14, space=0.4) == text


def test_letters_of_scripts_without_spaces_stay_together() -> None:
    assert read("今天天气", 1, gap=16, space=0.4) == "今天天气"


def test_a_narrow_digit_in_a_square_has_no_space_beside_it() -> None:
    pitch = 40
    places = [pitch * number for number in range(4)]
    ink = np.zeros(4 * pitch, np.bool_)
    for place in places:
        ink[place + 14 : place + 24] = True
    letters = [Letter(digit, (x + 16) / 160, (x + 24) / 160, 0.99) for digit, x in zip("2410", places, strict=True)]
    columns = Columns(np.full(20, 0.03, np.float32), np.zeros(20, np.float32), ink, 48)
    assert text_of(with_lost_spaces(letters, columns)) == "2410"


def test_ink_is_seen_in_dark_and_in_light_letters() -> None:
    line = Image.new("RGB", (40, 48), "white")
    ImageDraw.Draw(line).rectangle((10, 10, 19, 40), "black")
    for image in (line, line.point(lambda value: 255 - value)):
        assert np.flatnonzero(ink_of(image, 64)).tolist() == list(range(10, 20))


def line(text: str, score: float = 0.99) -> OcrLine:
    letters = tuple(Letter(letter, n / len(text), (n + 1) / len(text), score) for n, letter in enumerate(text))
    return OcrLine(text, np.array([(0, 0), (99, 0), (99, 20), (0, 20)], np.float64), score, letters)


def texts(*lines: str) -> list[str]:
    return [found.text for found in with_marked_amounts([line(text) for text in lines])]


def test_an_amount_without_its_point_is_marked_and_uncertain() -> None:
    first, second = with_marked_amounts([line("Total RM 7 42"), line("Tea 2.50")])
    assert (first.text, second.text) == ("Total RM 7 42?", "Tea 2.50")
    assert first.score < UNCERTAIN_SCORE < second.score
    assert text_of(first.letters) == first.text


@pytest.mark.parametrize("text", ["1 2.50", "01 42 34 56 78", "2018 11:23", "4 125", "Tea 2.50", "12/03 42"])
def test_other_numbers_are_not_marked(text: str) -> None:
    assert texts(text, "Total 2.50", "Cash 5.00") == [text, "Total 2.50", "Cash 5.00"]


def test_pages_that_are_not_about_money_are_not_marked() -> None:
    assert texts("Section 7 42", "was quiet") == ["Section 7 42", "was quiet"]


def test_a_currency_that_may_be_another_is_marked() -> None:
    lines = [line("£75.50", 0.59), line("W12,000"), line("P350.00"), line("¥499", 0.9), line("P350"), line("B60")]
    marked = [found.text for found in with_marked_amounts(lines)]
    assert marked == ["£75.50?", "W12,000?", "P350.00?", "¥499", "P350", "B60"]


def test_beside_a_currency_that_may_be_another_others_are_doubted() -> None:
    amounts = line("P350 €75 $60 ¥80 A4")
    scores = {5: 0.4, 9: 0.85, 13: 0.95}
    letters = tuple(replace(of, score=scores.get(n, of.score)) for n, of in enumerate(amounts.letters))
    doubted, sure = with_marked_amounts([replace(amounts, letters=letters), line("P350 €75 $60")])
    assert (doubted.text, sure.text) == ("P350? €75? $60? ¥80 A4", "P350 €75 $60")


def test_a_receipt_with_faded_points_has_no_amount_without_a_mark() -> None:
    font = ImageFont.load_default(30)
    image = Image.new("RGB", (460, 280), "white")
    draw = ImageDraw.Draw(image)
    for row, (name, amount) in enumerate((("Espresso", "5.00"), ("Walnut cake", "4.25"), ("Total RM", "9.25"))):
        top = 40 + 60 * row
        draw.text((40, top), name, "black", font)
        draw.text((340, top), amount, "black", font)
        if amount != "5.00":  # Its point is faded.
            place = 340 + font.getlength(amount[0])
            draw.rectangle((place + 1, top, place + font.getlength("."), top + 40), "white")

    page = read_page(image, Recogniser(), NEVER_CANCELLED)

    read_amounts = [found.text for found in page.lines if found.text[0].isdigit()]
    assert read_amounts == ["5.00", "4 25?", "9 25?"]
    assert page.uncertain_lines == 2
