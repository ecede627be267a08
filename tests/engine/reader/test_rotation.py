"""Which way is up, told by a stand-in for the recogniser that can only read lines which start where they should."""

import numpy as np
import pytest
from PIL import Image

from app.domain.ports import NO_PROGRESS
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.rotation import read_lines, rotated, rotated_size
from tests.support.line_readers import NotAsked

PAGE = (400, 300)


class UprightOnly(NotAsked):
    """Reads lines whose first corner lies at `corner` of their box (0 top left, then clockwise); others are noise."""

    def __init__(self, corner: int, text: str = "some words") -> None:
        self._corner = corner
        self._text = text
        self.reads = 0

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        self.reads += 1
        (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
        corner = [(left, top), (right, top), (right, bottom), (left, bottom)][self._corner]
        is_right = np.allclose(quad[0], corner)
        return OcrLine(self._text if is_right else "ul", quad, 0.97 if is_right else 0.55)


def boxes(count: int, width: float, height: float) -> list[Quad]:
    tops = [20 + 30 * number for number in range(count)]
    quads = [np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64) for _ in tops]
    return [quad + ((30, top) if width > height else (top, 30)) for quad, top in zip(quads, tops, strict=True)]


@pytest.mark.parametrize(
    ("corner", "size", "rotation"), [(0, (200, 20), 0), (2, (200, 20), 180), (3, (20, 200), 90), (1, (20, 200), 270)]
)
def test_all_four_ways(corner: int, size: tuple[int, int], rotation: int) -> None:
    reader = UprightOnly(corner)
    lines, orientation = read_lines(Image.new("RGB", PAGE), boxes(8, *size), reader, lambda: None, NO_PROGRESS)
    assert (orientation.rotation, orientation.order) == (rotation, rotation)
    assert [line.text for line in lines] == ["some words"] * 8
    for line in lines:
        level = rotated(line, rotation, PAGE).quad
        assert np.allclose(level[0], level.min(axis=0))


def test_an_upright_page_is_read_once_and_a_turned_one_little_more() -> None:
    reader = UprightOnly(0)
    read_lines(Image.new("RGB", PAGE), boxes(8, 200, 20), reader, lambda: None, NO_PROGRESS)
    assert reader.reads == 8
    reader = UprightOnly(2)
    read_lines(Image.new("RGB", PAGE), boxes(8, 200, 20), reader, lambda: None, NO_PROGRESS)
    assert reader.reads == 8 + 5


class Blurred(UprightOnly):
    """Reads columns of small blurred characters as they lie, and lines across the page from one corner."""

    def __init__(self, corner_across: int) -> None:
        super().__init__(1, "縦書きの新聞の記事")
        self._across = UprightOnly(corner_across, "横書きの見出し")

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        width, height = np.ptp(quad, axis=0)
        return self._across.read(image, quad) if width > height else super().read(image, quad)


@pytest.mark.parametrize(("corner_across", "rotation"), [(0, 0), (1, 270)])
def test_headlines_across_a_page_tell_that_its_columns_are_vertical(corner_across: int, rotation: int) -> None:
    quads = [*boxes(8, 20, 200), *boxes(4, 120, 20)]
    _, orientation = read_lines(Image.new("RGB", PAGE), quads, Blurred(corner_across), lambda: None, NO_PROGRESS)
    assert (orientation.rotation, orientation.order) == (rotation, 270)


class SameEitherWay(NotAsked):
    """Reads one digit in each box, lying or not, as PP-OCR does with many."""

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        return OcrLine("5", quad, 0.99)


def test_boxes_of_single_digits_are_tall_but_no_lines_that_run_down() -> None:
    digits = [quad + np.array((0, 40 * row)) for row in range(4) for quad in boxes(6, 15, 25)]
    _, orientation = read_lines(Image.new("RGB", PAGE), digits, SameEitherWay(), lambda: None, NO_PROGRESS)
    assert (orientation.rotation, orientation.order) == (0, 0)


def test_nothing_to_read() -> None:
    lines, orientation = read_lines(Image.new("RGB", PAGE), [], UprightOnly(0), lambda: None, NO_PROGRESS)
    assert (lines, orientation.rotation) == ([], 0)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_turn_and_its_opposite(degrees: int) -> None:
    line = OcrLine("x", np.array([(10, 20), (50, 20), (50, 30), (10, 30)], np.float64), 1.0)
    there = rotated(line, degrees, PAGE)
    assert np.all(there.quad <= rotated_size(PAGE, degrees))
    assert np.array_equal(rotated(there, -degrees, rotated_size(PAGE, degrees)).quad, line.quad)
