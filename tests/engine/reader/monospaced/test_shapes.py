"""The case of letters that look the same small and capital, in cells that are drawn here."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.engine.reader.monospaced.cells import GLYPH_HEIGHT, GLYPH_WIDTH
from app.engine.reader.monospaced.shapes import Shapes

OTHERS = "TOTAL Net cake same no"
MARGIN = 2
"""Pixels of a cell above and below the letters."""
TWINS = "cosuvwxzCOSUVWXZ"


def shapes(text: str, font: str, shift: float = 0.0) -> Shapes:
    """The cells of a drawn line, without its spaces, `shift` of a cell's width aside."""
    drawn = ImageFont.truetype(font, 40)
    pitch = drawn.getlength("M")
    line = Image.new("L", (round(pitch * (len(text) + 1)), 60))
    ImageDraw.Draw(line).text((pitch * shift, 4), text, fill=255, font=drawn)
    _, top, _, bottom = drawn.getbbox("Hlg", "la")
    top, bottom = top + 4 - MARGIN, bottom + 4 + MARGIN
    looks = []
    for number, sign in enumerate(text):
        if sign != " ":
            box = (pitch * number, top, pitch * (number + 1), bottom)
            cell = line.transform((GLYPH_WIDTH, GLYPH_HEIGHT), Image.Transform.EXTENT, box, Image.Resampling.BICUBIC)
            ink = np.asarray(cell, np.float32).ravel()
            looks.append((ink - ink.mean()) / np.linalg.norm(ink - ink.mean()))
    letters = np.array([sign for sign in text if sign != " "], np.str_)
    return Shapes(np.zeros(len(letters), np.int_), letters, np.array(looks))


@pytest.mark.parametrize("font", ["DejaVuSansMono.ttf", "LiberationMono-Regular.ttf"])
@pytest.mark.parametrize("shift", [-0.06, 0.0, 0.06])
@pytest.mark.parametrize("letter", TWINS)
def test_the_height_tells_the_case(letter: str, shift: float, font: str) -> None:
    cells = shapes(f"{letter}H{letter}l{letter} {OTHERS}", font, shift)
    for number in (0, 2, 4):
        assert cells.in_case(letter, number) == ""
        assert cells.in_case(letter.swapcase(), number) == letter
