"""Zeros and the letter O in codes: told apart where the font dots or strokes its zeros, left alone elsewhere."""

import pytest
from PIL import Image, ImageDraw

from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.dotted_zeros import with_zeros_by_dots

HEIGHT, PITCH, RING = 48, 20, (4, 10, 16, 38)


def drawn(signs: str, paper: str = "white", ink: str = "black") -> Image.Image:
    """A line of rings: empty for "O", dotted for "0", stroked for "/", and a bar for any other sign."""
    image = Image.new("RGB", (PITCH * len(signs), HEIGHT), paper)
    draw = ImageDraw.Draw(image)
    for number, sign in enumerate(signs):
        x = PITCH * number
        left, top, right, bottom = RING
        if sign in "O0/":
            draw.ellipse((x + left, top, x + right, bottom), outline=ink, width=3)
        else:
            draw.rectangle((x + 9, top, x + 12, bottom), fill=paper if sign == " " else ink)
        if sign == "0":
            draw.ellipse((x + 9, 21, x + 11, 27), fill=ink)
        if sign == "/":
            draw.line((x + 7, 30, x + 13, 18), fill=ink, width=3)
    return image


def read(text: str, image: Image.Image) -> str:
    count = len(text)
    letters = [Letter(sign, number / count, (number + 1) / count, 0.99) for number, sign in enumerate(text)]
    return text_of(with_zeros_by_dots(letters, image, image.width))


@pytest.mark.parametrize(
    ("signs", "text", "expected"),
    [
        ("O0O0A", "0000A", "O0O0A"),
        ("O0O0A", "OOOOA", "O0O0A"),
        ("K/OO", "KOOO", "K0OO"),
        ("0OIL 1OO1", "00IL 1001", "0OIL 1001"),
        ("O0O0-lB", "0000-lB", "O0O0-lB"),
        ("RMl0O.OO", "RM100.00", "RM100.00"),
    ],
)
@pytest.mark.parametrize(("paper", "ink"), [("white", "black"), ("#202020", "#e0e0e0")])
def test_marks_in_rings_tell(signs: str, text: str, expected: str, paper: str, ink: str) -> None:
    assert read(text, drawn(signs, paper, ink)) == expected


@pytest.mark.parametrize(("signs", "text"), [("OOOOA", "0O0OA"), ("0000A", "0O00A"), ("I0IA", "IOIA")])
def test_rings_of_one_kind_do_not_tell(signs: str, text: str) -> None:
    assert read(text, drawn(signs)) == text


def test_a_ring_that_lost_its_dot_in_a_scan_leaves_the_line_as_it_is() -> None:
    image = drawn("O0OA")
    ImageDraw.Draw(image).ellipse((2 * PITCH + 8, 20, 2 * PITCH + 12, 28), fill="#909090")
    assert read("000A", image) == "000A"


def test_a_speck_beside_the_middle_is_no_dot() -> None:
    image = drawn("OOA")
    ImageDraw.Draw(image).rectangle((9, 14, 11, 17), fill="black")
    assert read("00A", image) == "00A"


def test_rings_that_touch_are_left_alone() -> None:
    image = drawn("OO0A")
    ImageDraw.Draw(image).line((10, 24, 30, 24), fill="black", width=4)
    assert read("000A", image) == "000A"
