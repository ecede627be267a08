"""Boxes of several short lines below one another are cut into these; others stay as they are."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.engine.reader.recognise import Quad
from app.engine.reader.stacked_lines import cut_stacked

PITCH, TOP = 24, 20
NUMBERS = ("52", "62", "73", "90")


def _box(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def _page(numbers: tuple[str, ...] = NUMBERS, *, has_bar: bool = False) -> tuple[Image.Image, list[Quad]]:
    """Return labels with a number beside each, and the labels' boxes."""
    image = Image.new("RGB", (400, 140), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(20)
    labels = []
    for row, number in enumerate(numbers):
        y = TOP + row * PITCH
        draw.text((20, y), "label of a row", "black", font, anchor="lm")
        draw.text((340, y), number, "black", font, anchor="rm")
        labels.append(_box(14, y - 15, 180, y + 15))
        if has_bar and row:
            draw.line((312, y - PITCH / 2, 342, y - PITCH / 2), "black", 2)
    return image, labels


def _middles(quads: list[Quad]) -> list[float]:
    return [float(quad[:, 1].mean()) for quad in quads]


def test_a_box_of_several_numbers_is_cut_into_rows() -> None:
    image, labels = _page()
    lines = cut_stacked(image, [*labels, _box(305, 5, 350, 110)])
    assert lines[:4] == labels
    middles = np.array(_middles(lines[4:]))
    assert len(middles) == 4
    assert np.abs(middles - [TOP + row * PITCH for row in range(4)]).max() < 4


def test_a_slanted_box_is_cut_along_the_page() -> None:
    image, labels = _page()
    slanted = np.array([[300, 10], [345, 4], [358, 106], [313, 112]], np.float64)
    assert len(cut_stacked(image, [*labels, slanted])) == 8


def test_a_row_that_another_box_has_is_left_to_it() -> None:
    image, labels = _page()
    last = _box(305, TOP + 3 * PITCH - 15, 350, TOP + 3 * PITCH + 15)
    lines = cut_stacked(image, [*labels, last, _box(305, 5, 350, 95)])
    assert len(lines) == 8


def test_rows_that_no_line_is_beside_stay_one_box() -> None:
    image, labels = _page()
    box = _box(305, 5, 350, 110)
    moved = [quad + np.array([0, PITCH / 2], np.float64) for quad in labels]
    assert len(cut_stacked(image, [*moved, box])) == 5


def test_the_numbers_of_a_fraction_stay_one_box() -> None:
    image, labels = _page(has_bar=True)
    assert len(cut_stacked(image, [*labels, _box(305, 5, 350, 110)])) == 5


def test_large_type_and_empty_boxes_stay_as_they_are() -> None:
    image, labels = _page(("", "", "", ""))
    ImageDraw.Draw(image).text((250, 50), "Ag", "black", ImageFont.load_default(80), anchor="lm")
    boxes = [*labels, _box(240, 10, 390, 110), _box(200, 10, 200, 130), _box(398, 5, 420, 135), np.full((4, 2), np.nan)]
    assert len(cut_stacked(image, boxes)) == len(boxes)
