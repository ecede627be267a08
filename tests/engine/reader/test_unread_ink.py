"""Ink that no letter of a line explains: it tells another script, or is marked; rules and leaders are no text."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.documents.pages import UNCERTAIN_SCORE, UNREAD
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import OcrLine, Quad, Recogniser
from app.engine.reader.unread_ink import unread_parts, with_unread_parts

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
pytestmark = pytest.mark.skipif(not FONT.exists(), reason="no DejaVu")


@pytest.fixture(scope="module")
def reader() -> Recogniser:
    return Recogniser()


def drawn(*lines: str) -> Image.Image:
    image = Image.new("RGB", (900, 60 * len(lines) + 20), "white")
    font = ImageFont.truetype(FONT, 32, layout_engine=ImageFont.Layout.BASIC)
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((40, 20 + 60 * number), line, "black", font)
    return image


def box(text: str) -> Quad:
    right = 40 + ImageFont.truetype(FONT, 32, layout_engine=ImageFont.Layout.BASIC).getlength(text)
    return np.array([[36.0, 18], [right + 4, 18], [right + 4, 62], [36, 62]])


@pytest.mark.parametrize(
    "line",
    ["Москва, ул. Ленина 5, тел. 8 (495) 123-45-67", "Αθήνα, Ελλάδα — τιμή 12,50 €", "№ 5, Тбилиси: 8 (495) 123-45-67"],
)
def test_words_of_another_script_among_digits_are_read(line: str, reader: Recogniser) -> None:
    page = read_page(drawn(line, "Opening hours: see paypal.com"), reader, lambda: None)
    assert page.lines[0].text.replace("--", "—").replace(" ", "") == line.replace(" ", "")
    assert page.lines[1].text == "Opening hours: see paypal.com"


@pytest.mark.parametrize(
    "line",
    [
        "Name ____________________ Date",
        "Contents ................... 15",
        "Total ——— 12.50",
        "A B C   D E F      12",
        "Quick brown foxes, 12 of them",
        "Straße œuvre façade Łódź",
    ],
)
def test_latin_lines_with_rules_and_leaders_are_explained(line: str, reader: Recogniser) -> None:
    image, quad = drawn(line), box(line)
    assert unread_parts(image, reader.read(image, quad)) == ()


def scrawled(reader: Recogniser) -> tuple[Image.Image, OcrLine]:
    """A line whose middle is overwritten, and what is read of the rest."""
    line = "Total of all                                12.50"
    image = drawn(line)
    read = reader.read(image, box(line))
    pen = ImageDraw.Draw(image)
    for step in range(280, 420, 7):
        pen.line([(step, 24), (step + 30, 58), (step + 5, 40)], "black", 3)
    return image, read


def test_what_was_not_read_within_a_line_is_marked(reader: Recogniser) -> None:
    image, line = scrawled(reader)
    marked = with_unread_parts(image, line)
    assert marked.text.split() == ["Total", "of", "all", UNREAD, "12.50"]
    assert marked.score < UNCERTAIN_SCORE
    assert "".join(letter.text for letter in marked.letters) == marked.text


def test_a_line_whose_letters_have_no_places_stays(reader: Recogniser) -> None:
    image, line = scrawled(reader)
    plain = OcrLine(line.text, line.quad, line.score)
    assert with_unread_parts(image, plain) is plain
    degenerate = OcrLine(line.text, np.zeros((4, 2)), line.score, line.letters)
    with_unread_parts(image, degenerate)
