"""Lines that run on into the next column, from boxes and pictures drawn here."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.engine.reader.gutters import cut_at_gutters
from app.engine.reader.recognise import Quad

LEFT, RIGHT, TOP = 20, 400, 20


def box(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


def page(gap: int) -> tuple[Image.Image, list[Quad]]:
    """Six rows in two columns with so many pixels between them, the third row found as one line."""
    image = Image.new("RGB", (800, 300), "white")
    quads = []
    for row in range(6):
        top = TOP + 40 * row
        ImageDraw.Draw(image).rectangle((LEFT, top + 6, RIGHT - gap, top + 22), "black")
        ImageDraw.Draw(image).rectangle((RIGHT, top + 6, 760, top + 22), "black")
        pair = [box(LEFT - 2, top, RIGHT - gap + 2, top + 28), box(RIGHT - 2, top, 762, top + 28)]
        quads += [box(LEFT - 2, top, 762, top + 28)] if row == 2 else pair
    return image, quads


def test_a_line_over_both_columns_is_cut_in_the_gap() -> None:
    image, quads = page(gap=24)
    cut = cut_at_gutters(image, quads)
    assert len(cut) == 12
    left, right = cut[4], cut[5]
    assert RIGHT - 24 < left[1, 0] < RIGHT
    assert left[1, 0] == pytest.approx(right[0, 0])
    assert (left[0, 0], right[1, 0]) == (LEFT - 2, 762)


def test_a_headline_and_spaces_between_words_are_no_gutter() -> None:
    image, quads = page(gap=6)
    assert len(cut_at_gutters(image, quads)) == 11


def test_few_lines_and_none() -> None:
    image, quads = page(gap=24)
    assert len(cut_at_gutters(image, quads[:5])) == 5
    assert cut_at_gutters(image, []) == []
