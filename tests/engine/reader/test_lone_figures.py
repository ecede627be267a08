"""Figures that stand alone in a row, by a reader of our own."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.engine.reader.lone_signs import with_lone_signs
from app.engine.reader.recognise import OcrLine, Quad
from tests.support.line_readers import NotAsked

STEP, LEFT, HEIGHT = 40, 300, 16
"""Distance of rows, and left and height of a figure, in pixels."""


class FigureReader(NotAsked):
    """Reads this in every place."""

    def __init__(self, text: str, score: float = 0.99) -> None:
        self._text, self._score = text, score
        self.places: list[Quad] = []

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        self.places.append(quad)
        return OcrLine(self._text, quad, self._score)


def page(*figures: tuple[float, float, float, float]) -> tuple[Image.Image, list[OcrLine]]:
    """Eight rows of a name each, and this ink."""
    image = Image.new("RGB", (500, 360), "white")
    draw = ImageDraw.Draw(image)
    lines = []
    for row in range(8):
        top = 20 + STEP * row
        quad = np.array([(20, top), (200, top), (200, top + 26), (20, top + 26)], np.float64)
        draw.rectangle((24, top + 5, 196, top + 5 + HEIGHT), "black")
        lines.append(OcrLine(f"Item {row}", quad, 0.99))
    for figure in figures:
        draw.rectangle(figure, "black")
    return image, lines


def test_a_figure_beside_a_row_is_read_in_a_box_that_is_wider_than_high() -> None:
    image, lines = page((LEFT, 25, LEFT + 3, 41), (LEFT, 65, LEFT + 3, 81), (LEFT + 9, 65, LEFT + 12, 81))
    reader = FigureReader("1")
    found = with_lone_signs(image, lines, reader)
    assert [line.text for line in found[8:]] == ["1", "1"]
    for quad, right in zip(reader.places, (LEFT + 3, LEFT + 12), strict=True):
        (left, top), (end, bottom) = quad.min(axis=0).tolist(), quad.max(axis=0).tolist()
        assert left < LEFT < right < end
        assert bottom - top <= end - left + 1


@pytest.mark.parametrize(("text", "score"), [("l", 0.99), ("-", 0.99), ("1", 0.7), ("", 0.0)])
def test_what_is_no_sure_figure_is_left_out(text: str, score: float) -> None:
    image, lines = page((LEFT, 25, LEFT + 3, 41))
    assert with_lone_signs(image, lines, FigureReader(text, score)) == lines


@pytest.mark.parametrize(
    "ink",
    [
        (LEFT, 44, LEFT + 3, 60),  # It is between two rows.
        (LEFT, 20, LEFT + 3, 120),  # A rule.
        (LEFT, 32, LEFT + 40, 36),  # A dash.
        (30, 25, 34, 41),  # A part of a line.
    ],
)
def test_other_ink_is_not_read(ink: tuple[float, float, float, float]) -> None:
    image, lines = page(ink)
    reader = FigureReader("1")
    assert with_lone_signs(image, lines, reader) == lines
    assert not reader.places


def test_texture_and_pages_of_few_lines_are_not_looked_at() -> None:
    dots = [(210 + 30 * n, 25 + STEP * row, 213 + 30 * n, 41 + STEP * row) for n in range(9) for row in range(8)]
    image, lines = page(*dots)
    reader = FigureReader("1")
    assert with_lone_signs(image, lines, reader) == lines
    assert with_lone_signs(image, lines[:3], reader) == lines[:3]
    assert not reader.places
