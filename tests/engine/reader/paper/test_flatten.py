"""Bent paper, drawn here and bent by a known function, with a detector that sees dark pixels."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.documents.pages import OcrPage
from app.domain.images.codes import Code
from app.domain.images.geometry import Box, Point, TextLine, Word
from app.domain.ports import NEVER_CANCELLED
from app.engine.reader.paper.flatten import flattened
from app.engine.reader.paper.slope_field import fitted_field
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.tiles import TextMap

WIDTH, HEIGHT, PITCH = 1200, 900, 40
Floats = npt.NDArray[Any]
Bend = Callable[[Floats, Floats], tuple[Floats, Floats]]
"""Where on the sheet the photograph's pixels at x, y are."""


def flat(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return x, y


def skewed(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return x, y + 0.04 * (x - WIDTH / 2)


def curled(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    return x + 0.08 * (y - 450), y + 40 * np.sin(x / 330) * (0.4 + y / HEIGHT)


def seen_at_an_angle(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    depth = 1 + 0.35 * (x - WIDTH / 2) / WIDTH
    return x, HEIGHT / 2 + (y - HEIGHT / 2) * depth


def sheet() -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    font = ImageFont.load_default(20)
    for top in range(100, HEIGHT - 100, PITCH):
        for left in (120, 640):
            ImageDraw.Draw(image).text((left, top), "the harbour was quiet that morning and along", "black", font)
    return image


def photograph(bend: Bend, *, is_tall: bool = False, dot: tuple[int, int] | None = None) -> Image.Image:
    image = sheet()
    if dot:
        ImageDraw.Draw(image).ellipse([dot[0] - 4, dot[1] - 4, dot[0] + 4, dot[1] + 4], fill="red")
    x, y = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    across, down = bend(x, y)
    bent = cv2.remap(np.asarray(image), across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Image.fromarray(np.ascontiguousarray(bent.transpose(1, 0, 2)) if is_tall else bent)


class DarkReader:
    """Takes dark pixels for text, and joins those of a line."""

    def __init__(self, *, is_tall: bool = False) -> None:
        self._joint = np.ones((25, 1) if is_tall else (1, 25), np.uint8)

    def map_tile(self, tile: Image.Image) -> TextMap:
        dark = (np.asarray(tile.convert("L")) < 160).astype(np.uint8) * 255
        return np.asarray(cv2.morphologyEx(dark, cv2.MORPH_CLOSE, self._joint), dtype=np.uint8)

    def find(self, image: Image.Image) -> list[Quad]:
        return self.boxes(self.map_tile(image), image.size)

    def boxes(self, text_map: TextMap, size: tuple[int, int]) -> list[Quad]:
        contours, _ = cv2.findContours(text_map, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        return [_upright(cv2.boxPoints(cv2.minAreaRect(contour))) for contour in contours]

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        raise AssertionError


def _upright(corners: Floats) -> Quad:
    diagonal, other = corners.sum(axis=1), corners[:, 1] - corners[:, 0]
    order = [diagonal.argmin(), other.argmin(), diagonal.argmax(), other.argmax()]
    return corners[order].astype(np.float64)


def tallest(image: Image.Image) -> float:
    """The height of the box of the tallest long line: straight ones have 25 pixels."""
    quads = DarkReader().find(image)
    boxes = [(quad.max(axis=0) - quad.min(axis=0)).tolist() for quad in quads]
    return max(float(height) for width, height in boxes if width > 300)


@pytest.mark.parametrize("bend", [flat, skewed])
def test_a_scan_is_left_as_it_is(bend: Bend) -> None:
    image, reader = photograph(bend), DarkReader()
    assert flattened(image, reader.find(image), reader, NEVER_CANCELLED) is None


@pytest.mark.parametrize("bend", [curled, seen_at_an_angle])
@pytest.mark.parametrize("is_tall", [False, True])
def test_the_lines_of_a_bent_page_become_straight_and_parallel(bend: Bend, is_tall: bool) -> None:
    image, reader = photograph(bend, is_tall=is_tall), DarkReader(is_tall=is_tall)
    paper = flattened(image, reader.find(image), reader, NEVER_CANCELLED)
    assert paper is not None
    before, after = (
        picture.transpose(Image.Transpose.TRANSPOSE) if is_tall else picture for picture in (image, paper.image)
    )
    assert tallest(before) > 45
    assert tallest(after) < 32


def test_the_columns_of_a_bent_page_become_upright() -> None:
    image, reader = photograph(curled), DarkReader()
    paper = flattened(image, reader.find(image), reader, NEVER_CANCELLED)
    assert paper is not None
    lefts = [quad[0] for quad in reader.find(paper.image) if 0 < quad[0, 0] < 400]
    slope, _ = np.polyfit([y for _, y in lefts], [x for x, _ in lefts], 1)
    assert abs(slope) < 0.02


@pytest.mark.parametrize("is_tall", [False, True])
@pytest.mark.parametrize("dot", [(100, 90), (610, 450), (1130, 800)])
def test_what_is_read_on_the_flat_picture_is_where_it_is_on_the_photograph(dot: tuple[int, int], is_tall: bool) -> None:
    image, reader = photograph(curled, is_tall=is_tall, dot=dot), DarkReader(is_tall=is_tall)
    paper = flattened(image, reader.find(image), reader, NEVER_CANCELLED)
    assert paper is not None
    there, expected = _red(paper.image), _red(image)
    box = Box(there[0] - 5, there[1] - 5, there[0] + 5, there[1] + 5)
    line = TextLine.between("o", box.corners, 0.9, (Word("o", box, 0.9),))
    page = OcrPage(*paper.image.size, (line,), "o", codes=(Code("QR Code", "o", box),))
    restored = paper.restored(page, image.size)
    assert (restored.width, restored.height, restored.text) == (*image.size, "o")
    for place in (restored.lines[0].box, restored.lines[0].words[0].box, restored.codes[0].box):
        assert (place.centre.x, place.centre.y) == pytest.approx(expected, abs=2)


def test_nothing_is_outside_the_photograph() -> None:
    image, reader = photograph(curled), DarkReader()
    paper = flattened(image, reader.find(image), reader, NEVER_CANCELLED)
    assert paper is not None
    corners = Box(-50, -50, paper.image.width + 50, paper.image.height + 50).corners
    page = paper.restored(OcrPage(1, 1, (TextLine.between("", corners, 0.0),), ""), image.size)
    assert all(0 <= corner.x <= WIDTH and 0 <= corner.y <= HEIGHT for corner in page.lines[0].quad)
    assert isinstance(page.lines[0].quad[0], Point)


@pytest.mark.parametrize("seed", range(5))
def test_curves_never_cross(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.uniform(0, 1000, (60, 2))
    field = fitted_field(points, random.uniform(-0.5, 0.5, 60), np.ones(60), 1000, 1000)
    curves = field.curves(np.arange(-200, 1200, 8.0), np.arange(0, 1008, 8.0))
    assert np.isfinite(curves).all()
    assert (np.diff(curves, axis=0) > 0).all()


def _red(image: Image.Image) -> tuple[float, float]:
    pixels = np.asarray(image).astype(int)
    rows, columns = np.nonzero((pixels[..., 0] > 180) & (pixels[..., 1] < 90) & (pixels[..., 2] < 90))
    return float(columns.mean()), float(rows.mean())
