"""Maps of text that are put together from tiles, by a network of our own that sees as far as a tile's margin."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from app.domain.errors import Cancelled
from app.domain.ports import NEVER_CANCELLED, NO_PROGRESS
from app.engine.reader.lost_detail import LostDetail
from app.engine.reader.tiles import MARGIN, SIDE, STRIDE, TextMap, text_map

sides = st.integers(1, 80).map(lambda units: units * STRIDE)


@dataclass(frozen=True, slots=True)
class Widener:
    """A network that marks everything within MARGIN of something dark."""

    sizes: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, tile: Image.Image) -> TextMap:
        self.sizes.append(tile.size)
        dark = (np.asarray(tile.convert("L")) < 128).astype(np.uint8) * 255
        return np.asarray(cv2.dilate(dark, np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)), np.uint8)


def dots(size: tuple[int, int], seed: int) -> Image.Image:
    image = Image.new("RGB", size, "white")
    random = np.random.default_rng(seed)
    for _ in range(30):
        x, y = int(random.integers(size[0])), int(random.integers(size[1]))
        ImageDraw.Draw(image).rectangle((x, y, x + int(random.integers(90)), y + 3), "black")
    return image


@settings(max_examples=40, deadline=None)
@given(sides, sides, st.integers(0, 1000))
def test_seams_leave_no_trace(width: int, height: int, seed: int) -> None:
    image, network = dots((width, height), seed), Widener()
    tiled = text_map(image, 1.0, network, NEVER_CANCELLED, NO_PROGRESS)
    assert np.array_equal(tiled, Widener()(image))
    assert all(side <= SIDE and side % STRIDE == 0 for size in network.sizes for side in size)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000), st.floats(0.05, 1.0))
def test_any_size_at_any_scale(width: int, height: int, scale: float) -> None:
    tiled = text_map(Image.new("RGB", (width, height)), scale, Widener(), NEVER_CANCELLED, NO_PROGRESS)
    for got, wanted in zip(tiled.shape, (height * scale, width * scale), strict=True):
        assert got % STRIDE == 0
        assert abs(got - wanted) <= STRIDE


def test_paper_is_not_looked_at_and_progress_is_reported() -> None:
    image, network, reported = Image.new("RGB", (900, 9000), "white"), Widener(), list[float]()
    ImageDraw.Draw(image).rectangle((100, 300, 200, 310), "black")
    text_map(image, 1.0, network, NEVER_CANCELLED, reported.append)
    assert len(network.sizes) == 1
    assert reported == sorted(reported)
    assert len(reported) > 9000 // SIDE


def test_it_can_be_stopped_between_tiles() -> None:
    checks = iter(range(3))

    def check() -> None:
        if next(checks) == 2:
            raise Cancelled

    network = Widener()
    with pytest.raises(Cancelled):
        text_map(dots((900, 9000), 1), 1.0, network, check, NO_PROGRESS)
    assert len(network.sizes) == 2


def test_small_text_is_where_detail_is_lost() -> None:
    image = Image.new("RGB", (3000, 5000), "white")
    ImageDraw.Draw(image).rectangle((200, 200, 1500, 700), "black")
    for x in range(1400, 1600, 6):
        ImageDraw.Draw(image).line((x, 4000, x, 4016), "black")
    detail = LostDetail(image, 0.2)
    detail.cover([np.array([(190, 190), (1510, 190), (1510, 710), (190, 710)], np.float64)])

    (left, top, right, bottom), count = detail.richest_window(640)

    assert left <= 1400 <= right - 200
    assert top <= 4000 <= bottom - 16
    assert (right - left, bottom - top) == (640, 640)
    assert count > 500
    assert detail.richest_window(640)[1] == 0
