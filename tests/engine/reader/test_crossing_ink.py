"""Ink in the colour of text that runs through lines: their words are uncertain; rules, frames and letters are none."""

import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.documents.pages import UNCERTAIN_SCORE, OcrPage
from app.domain.ports import NEVER_CANCELLED
from app.engine.reader.crossing_ink import crossing_ink
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Quad, Recogniser
from tests.support.stamped_letter import FOUND, TEXTS, letter, stamp

Points = list[tuple[float, float]]
SCRIBBLE: Points = [(330, 40), (420, 230), (470, 60), (560, 250), (590, 50), (640, 200)]


@pytest.fixture(scope="module")
def reader() -> Recogniser:
    return Recogniser()


def scribbled(width: int) -> Image.Image:
    image = letter()
    ImageDraw.Draw(image).line(SCRIBBLE, "black", width, joint="curve")
    return image


def uncertain(page: OcrPage) -> set[str]:
    return {word.text for line in page.lines for word in line.words if word.score < UNCERTAIN_SCORE}


@pytest.mark.parametrize("width", [2, 4])
def test_words_below_pen_strokes_are_uncertain(reader: Recogniser, width: int) -> None:
    page = read_page(scribbled(width), reader, NEVER_CANCELLED)
    words = {word for text in TEXTS for word in text.split()}
    wrong = {word.text for line in page.lines for word in line.words} - words
    assert wrong
    assert wrong <= uncertain(page)
    assert not uncertain(page) & {"The", "payable", "within", "all"}
    assert any(line.score < UNCERTAIN_SCORE for line in page.lines)


def test_a_line_below_a_black_stamp_does_not_vanish(reader: Recogniser) -> None:
    image = letter()
    image.paste("black", mask=stamp(image.size))
    page = read_page(image, reader, NEVER_CANCELLED)
    words = {word for text in (*TEXTS, "PAID 9 MAY") for word in text.split()}
    assert {"The", "price", "payable", "within", "of", "all"} <= set(page.text.split()) - uncertain(page)
    assert {word.text for line in page.lines for word in line.words} - words <= uncertain(page)


def drawn_with(kind: str) -> Image.Image:
    """Return the letter with ink that runs through none of its lines."""
    image = letter()
    pen = ImageDraw.Draw(image)
    if kind == "underlines":
        for row in range(3):
            pen.line((30, 86 + 60 * row, 640, 88 + 60 * row), "black", 2)
    elif kind == "table":
        for row in range(4):
            pen.line((20, 38 + 60 * row, 700, 38 + 60 * row), "black", 2)
        for x in (20, 150, 700):
            pen.line((x, 38, x, 218), "black", 2)
    elif kind == "frame":
        pen.rectangle((36, 48, 620, 90), outline="black", width=3)
    elif kind == "drop cap":
        pen.text((4, 90), "T", "black", ImageFont.load_default(130))
    elif kind == "drawing beside":
        pen.line([(640, 40), (720, 220), (660, 250), (740, 30)], "black", 3)
    elif kind == "bar":
        pen.rectangle((560, 20, 660, 280), "black")
    return image


@pytest.mark.parametrize("kind", ["nothing", "underlines", "table", "frame", "drop cap", "drawing beside", "bar"])
def test_other_ink_crosses_no_line(kind: str) -> None:
    assert crossing_ink(drawn_with(kind), FOUND) is None


def close_lines() -> tuple[Image.Image, list[Quad]]:
    """Return lines so close to one another that their letters touch those above and below, and their corners."""
    image = Image.new("RGB", (760, 300), "white")
    for row in range(9):
        text = "jumping glyphs hang by thy gaudy quays, bold" if row % 2 else "klutz fjord bank happily had qualified"
        ImageDraw.Draw(image).text((40, 20 + 24 * row), text, "black", ImageFont.load_default(30))
    return image, [FOUND[0] + (0, -24 + 24 * row) for row in range(9)]


def test_letters_that_touch_the_next_line_cross_none() -> None:
    assert crossing_ink(*close_lines()) is None


def test_a_rule_that_is_askew_crosses_none_of_the_letters_that_it_touches() -> None:
    image = Image.new("RGB", (760, 700), "white")
    pen = ImageDraw.Draw(image)
    for row in range(6):
        pen.text((36 + 3 * row, 50 + 100 * row), "Harbour", "black", ImageFont.load_default(30))
    pen.line((36, 30, 55, 660), "black", 3)
    assert crossing_ink(image, [FOUND[0] + (0, 100 * row) for row in range(6)]) is None


def test_what_crosses_is_the_stroke_and_letters_that_it_touches() -> None:
    ink = crossing_ink(scribbled(4), FOUND)
    assert ink is not None
    assert all(ink.mask[y, x] for x, y in ((375, 135), (445, 145), (615, 125)))
    assert not ink.mask[:, :300].any()
    assert crossing_ink(scribbled(4), []) is None


def test_light_letters_on_a_dark_picture_are_crossed_by_nothing() -> None:
    image = Image.new("RGB", (760, 300), "#303030")
    for row, text in enumerate(TEXTS):
        ImageDraw.Draw(image).text((40, 50 + 60 * row), text, "white", ImageFont.load_default(30))
    ImageDraw.Draw(image).line(SCRIBBLE, "black", 4)
    assert crossing_ink(image, FOUND) is None
