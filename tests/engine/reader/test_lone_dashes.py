"""Dashes that stand alone in the cells of a table, on pages whose other lines are given."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.engine.reader.lone_signs import with_lone_signs
from app.engine.reader.recognise import OcrLine, Quad
from tests.support.line_readers import NotAsked

STEP, HEIGHT, COLUMN = 40, 26, 400
"""Distance of rows, height of a line's box, and right side of the amounts, in pixels."""


class ReadsNothing(NotAsked):
    """Reads nothing in any place, so that no ink is a figure."""

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        return OcrLine("", quad, 0.0)


def page() -> tuple[Image.Image, list[OcrLine]]:
    """Eight rows of a name and an amount; the fourth has no amount."""
    image = Image.new("RGB", (500, 360), "white")
    draw = ImageDraw.Draw(image)
    lines = []
    for row in range(8):
        top = 20 + STEP * row
        for text, left, right in ((f"Item {row}", 20, 200), ("12.50", 320, COLUMN)):
            if row == 3 and left > 20:
                continue
            quad = np.array([(left, top), (right, top), (right, top + HEIGHT), (left, top + HEIGHT)], np.float64)
            draw.rectangle((left + 4, top + 5, right - 4, top + 21), "black")
            lines.append(OcrLine(text, quad, 0.99))
    return image, lines


def dash(image: Image.Image, left: float, right: float, middle: float = 20 + 3 * STEP + HEIGHT / 2 + 1) -> None:
    ImageDraw.Draw(image).rectangle((left, middle - 1, right, middle + 1), "black")


@pytest.mark.parametrize(("length", "sign"), [(5, "-"), (9, "–"), (16, "—")])
def test_a_dash_in_a_column_of_amounts_is_told(length: int, sign: str) -> None:
    image, lines = page()
    dash(image, COLUMN - 4 - length, COLUMN - 4)
    found = with_lone_signs(image, lines, ReadsNothing())
    assert [line.text for line in found[len(lines) :]] == [sign]
    (left, top), (right, bottom) = found[-1].quad.min(axis=0).tolist(), found[-1].quad.max(axis=0).tolist()
    assert left <= COLUMN - 4 - length < COLUMN - 4 <= right
    assert bottom - top == pytest.approx(HEIGHT)


@pytest.mark.parametrize(
    ("left", "right", "middle"),
    [
        (COLUMN - 60, COLUMN - 4, 154),  # A rule.
        (COLUMN - 15, COLUMN - 4, 168),  # Below the row.
        (270, 281, 154),  # In no column.
        (205, 214, 154),  # Beside a text.
    ],
)
def test_other_flat_ink_is_no_dash(left: float, right: float, middle: float) -> None:
    image, lines = page()
    dash(image, left, right, middle)
    assert with_lone_signs(image, lines, ReadsNothing()) == lines


def test_dashes_of_a_dashed_rule_and_of_pictures_are_none() -> None:
    image, lines = page()
    for left in range(220, COLUMN, 20):
        dash(image, left, left + 10)
    assert with_lone_signs(image, lines, ReadsNothing()) == lines
    image, lines = page()
    ImageDraw.Draw(image).rectangle((COLUMN - 30, 140, COLUMN - 10, 152), "#909090")
    dash(image, COLUMN - 15, COLUMN - 4)
    assert with_lone_signs(image, lines, ReadsNothing()) == lines


def test_a_figure_and_a_dash_are_found_on_one_page() -> None:
    class ReadsOnes(NotAsked):
        def read(self, image: Image.Image, quad: Quad) -> OcrLine:
            return OcrLine("1", quad, 0.99)

    image, lines = page()
    dash(image, COLUMN - 14, COLUMN - 4)
    ImageDraw.Draw(image).rectangle((260, 25, 263, 41), "black")
    assert [line.text for line in with_lone_signs(image, lines, ReadsOnes())[len(lines) :]] == ["1", "–"]
