"""Words that are struck through are read and uncertain; underlines, rules and headlines of letters strike none."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.documents.pages import UNCERTAIN_SCORE, OcrPage
from app.domain.ports import NEVER_CANCELLED
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Recogniser
from app.engine.reader.struck_lines import without_strokes
from tests.support.stamped_letter import FOUND, TEXTS, letter

LEFT, RIGHT = 30, 640


@pytest.fixture(scope="module")
def reader() -> Recogniser:
    return Recogniser()


def ruled(tops: list[int], width: int, skew: int = 0) -> Image.Image:
    """Return the letter with lines across its width."""
    image = letter()
    for top in tops:
        ImageDraw.Draw(image).line((LEFT, top, RIGHT, top + skew), (0, 0, 150), width)
    return image


def words_by_doubt(page: OcrPage) -> tuple[set[str], set[str]]:
    """Return the words that are uncertain and those that are not."""
    words = [word for line in page.lines for word in line.words]
    uncertain = {word.text for word in words if word.score < UNCERTAIN_SCORE}
    return uncertain, {word.text for word in words} - uncertain


@pytest.mark.parametrize(("width", "skew"), [(1, 0), (3, 0), (3, 5)])
def test_struck_words_are_uncertain(reader: Recogniser, width: int, skew: int) -> None:
    page = read_page(ruled([70, 190], width, skew), reader, NEVER_CANCELLED)
    uncertain, certain = words_by_doubt(page)
    assert certain == set(TEXTS[1].split())
    assert len(uncertain & {*TEXTS[0].split(), *TEXTS[2].split()}) >= 6


@pytest.mark.parametrize("top", [48, 88, 96])
def test_lines_above_and_below_words_strike_none(top: int) -> None:
    assert without_strokes(ruled([top, top + 60, top + 120], 3), FOUND) is None


def test_letters_that_hang_from_a_line_are_not_struck() -> None:
    image = Image.new("RGB", (760, 300), "white")
    for row in range(3):
        ImageDraw.Draw(image).text(
            (40, 50 + 60 * row), "nm mu un nun mm numun nu mum", "black", ImageFont.load_default(30)
        )
        ImageDraw.Draw(image).line((40, 66 + 60 * row, 480, 66 + 60 * row), "black", 3)
    assert without_strokes(image, FOUND) is None


def test_the_stroke_is_taken_off_blanks_alone() -> None:
    image = ruled([70], 3)
    found = without_strokes(image, FOUND)
    assert found is not None
    picture, ink = found
    before, after = np.asarray(image), np.asarray(picture)
    assert (after[68:73, RIGHT - 20 : RIGHT] == 255).all()
    changed = (before != after).any(axis=2)
    assert not changed[:66].any()
    assert not changed[75:].any()
    assert ink.mask[70, LEFT + 10 : RIGHT - 10].all()
    assert without_strokes(letter(), FOUND) is None
    assert without_strokes(image, []) is None
