"""Letters that stand alone: drawn here, and small or capital by their height, whatever was read."""

import pytest
from PIL import Image, ImageDraw, ImageFont

from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.lone_letters import with_case_by_height

WIDTH, HEIGHT = 500, 48


def put_right(drawn: str, read: str, *, ink: str = "black", paper: str = "white", blank: bool = False) -> str:
    """Return what becomes of a reading of a line that is drawn."""
    font = ImageFont.load_default(32)
    crop = Image.new("RGB", (WIDTH, HEIGHT), paper)
    if not blank:
        ImageDraw.Draw(crop).text((10, 4), drawn, fill=ink, font=font)
    edges = [(10 + font.getlength(drawn[:number])) / WIDTH for number in range(len(drawn) + 1)]
    letters = [Letter(sign, edges[number], edges[number + 1], 0.9) for number, sign in enumerate(read)]
    return text_of(with_case_by_height(letters, crop, WIDTH))


@pytest.mark.parametrize("drawn", ["2 x 3.50", "2 X 3.50", "Size s", "Size S", "item c", "Vitamin C", "3 v 2", "O Z 7"])
@pytest.mark.parametrize(("ink", "paper"), [("black", "white"), ("white", "navy")])
def test_a_letter_alone_is_as_its_height_says(drawn: str, ink: str, paper: str) -> None:
    changed = " ".join(word.swapcase() if len(word) == 1 else word for word in drawn.split())
    for read in (drawn, changed):
        assert put_right(drawn, read, ink=ink, paper=paper) == drawn


def test_a_letter_between_figures_is_made_small_only() -> None:
    assert put_right("3x4", "3X4") == "3x4"
    assert put_right("3X4", "3x4") == "3x4"


@pytest.mark.parametrize("text", ["x", "x y", "12 k", "Size S", "2 X"])
def test_what_has_nothing_to_compare_with_stays(text: str) -> None:
    assert put_right(text, text, blank=True) == text
    assert with_case_by_height([], Image.new("RGB", (1, 1)), 1) == []


def test_among_capitals_only_the_sign_of_times_is_made_small() -> None:
    assert put_right("SAFETY PIN s", "SAFETY PIN S") == "SAFETY PIN S"
    assert put_right("PIN 2 x 3.50", "PIN 2 X 3.50") == "PIN 2 x 3.50"


def test_letters_of_other_forms_stay() -> None:
    assert put_right("a 12 K", "a 12 K") == "a 12 K"
    assert put_right("a 12 K", "A 12 k") == "A 12 k"
