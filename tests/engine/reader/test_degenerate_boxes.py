"""Boxes that no detector should find, but some photograph makes it find: the reader never fails on them."""

from dataclasses import dataclass, field
from math import inf, nan

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.domain.ports import NO_PROGRESS
from app.engine.reader.gutters import cut_at_gutters
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import OcrLine, Quad, cut_line
from app.engine.reader.rotation import read_lines
from app.engine.reader.tiles import TextMap
from app.engine.reader.tuning import LINE_HEIGHT, MAX_LINE_WIDTH

SIDE = 90
inside = st.integers(0, SIDE) | st.sampled_from((0.5, 30.25))
aligned = st.sampled_from((0, 1, 2, 30.25, 30.5, 60, SIDE))
anywhere = inside | st.floats(-1e4, 1e4) | st.sampled_from((nan, inf, -inf, 1e300))


def quads_of(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Quad]:
    corners = st.tuples(numbers, numbers)
    free = st.tuples(corners, corners, corners, corners)
    boxes = st.tuples(numbers, numbers, numbers, numbers).map(lambda e: (e[:2], (e[2], e[1]), e[2:], (e[0], e[3])))
    points = corners.map(lambda corner: (corner,) * 4)
    return (free | boxes | points).map(lambda four: np.array(four, np.float64))


def drawn(width: int, height: int, seed: int) -> Image.Image:
    """Noise between blank columns."""
    random = np.random.default_rng(seed)
    noise = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    noise[:, random.random(width) < 0.5] = 255
    return Image.fromarray(noise)


pictures = st.builds(drawn, st.integers(1, SIDE), st.integers(1, SIDE), st.integers(0, 3))


@dataclass(frozen=True, slots=True)
class FixedReader:
    """Finds these boxes, and reads texts in turn from each crop."""

    quads: list[Quad]
    texts: tuple[str, ...]
    score: float = 0.9
    reads: list[str] = field(default_factory=list)

    def find(self, image: Image.Image) -> list[Quad]:
        return self.quads

    def map_tile(self, tile: Image.Image) -> TextMap:
        return np.zeros((tile.height, tile.width), np.uint8)

    def boxes(self, text_map: TextMap, size: tuple[int, int]) -> list[Quad]:
        return self.quads

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        assert np.isfinite(quad).all()
        assert cut_line(image, quad).height == LINE_HEIGHT
        self.reads.append(self.texts[len(self.reads) % len(self.texts)])
        return OcrLine(self.reads[-1], quad, self.score)


_NOWHERE = ((0, 0),) * 4
_FLAT = [
    ((0, 31), (0, 10), (0, 0), (0, 0)),
    _NOWHERE,
    ((0, 0), (0, 0), (0, 42), (0, 42)),
    ((88, 0), (0, 0), (0, 0), (88, 0)),
    _NOWHERE,
    _NOWHERE,
    ((0, 0), (0, 0), (0, 1), (0, 1)),
    ((1, 0), (0, 0), (0, 0), (1, 0)),
    ((0, 0), (0, 0), (0, 0), (0, 1)),
    _NOWHERE,
]
_WITHOUT_HEIGHT = [np.array(quad, np.float64) for quad in _FLAT]
"""Boxes of which some have no height, beside ink that may be a figure."""
texts = st.lists(st.sampled_from(("", "a", "1 2", "価格", "some words", "漢字かな")), min_size=1, max_size=4).map(tuple)


@settings(max_examples=150, deadline=None)
@given(pictures, quads_of(anywhere))
def test_any_corners_are_cut(picture: Image.Image, quad: Quad) -> None:
    crop = cut_line(picture, quad)
    assert crop.height == LINE_HEIGHT
    assert 1 <= crop.width <= MAX_LINE_WIDTH


def test_a_hair_line_over_a_wide_picture_takes_little_memory() -> None:
    quad = np.array([(0, 0), (60_000, 0), (60_000, 1), (0, 1)], np.float64)
    assert cut_line(Image.new("RGB", (60_000, 2)), quad).size == (MAX_LINE_WIDTH, LINE_HEIGHT)


@settings(max_examples=100, deadline=None)
@given(pictures, st.lists(quads_of(inside) | quads_of(aligned), max_size=16))
def test_any_boxes_are_split_at_gutters(picture: Image.Image, quads: list[Quad]) -> None:
    parts = cut_at_gutters(picture, quads)
    assert len(parts) >= len(quads)
    assert all(np.isfinite(part).all() for part in parts)


@settings(max_examples=100, deadline=None)
@given(pictures, st.lists(quads_of(inside), max_size=8), texts)
def test_any_boxes_are_rotated(picture: Image.Image, quads: list[Quad], words: tuple[str, ...]) -> None:
    lines, _ = read_lines(picture, quads, FixedReader(quads, words), lambda: None, NO_PROGRESS)
    assert len(lines) == len(quads)


@settings(max_examples=60, deadline=None)  # Noise may look like any script, so that Tesseract is asked time and again.
@given(pictures, st.lists(quads_of(inside) | quads_of(aligned), max_size=16), texts, st.sampled_from((0.3, 0.7, 0.95)))
@example(Image.new("RGB", (1, 1)), [np.zeros((4, 2))], ("",), 0.3)
@example(drawn(1, 76, 1), _WITHOUT_HEIGHT, ("some words", "", "a", "a"), 0.95)
def test_any_boxes_make_a_page(picture: Image.Image, quads: list[Quad], words: tuple[str, ...], score: float) -> None:
    page = read_page(picture, FixedReader(quads, words, score), lambda: None)
    for line in page.lines:
        assert 0 <= line.box.left <= line.box.right <= picture.width
        assert 0 <= line.box.top <= line.box.bottom <= picture.height


def test_tall_boxes_without_text_are_no_vertical_writing() -> None:
    tall = np.array([(10, 5), (20, 5), (20, 80), (10, 80)], np.float64)
    page = read_page(Image.new("RGB", (SIDE, SIDE), "white"), FixedReader([tall] * 3, ("",)), lambda: None)
    assert page.lines == ()


@pytest.mark.parametrize("size", [(20_000, 3), (3, 20_000)])
def test_tables_are_looked_for_in_a_thin_strip(size: tuple[int, int]) -> None:
    quad = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float64)
    page = read_page(Image.new("RGB", size, "white"), FixedReader([quad], ("thin",)), lambda: None)
    assert [line.text for line in page.lines] == ["thin"]
