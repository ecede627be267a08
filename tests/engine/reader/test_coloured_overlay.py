"""Text under a watermark, which hides a line from the detector."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.domain.ports import NEVER_CANCELLED
from app.engine.reader.coloured_overlay import with_lines_under_colour
from app.engine.reader.read_page import read_page
from app.engine.reader.recognise import Quad, Recogniser
from tests.support.line_readers import NotAsked

TEXTS = ("Contract of sale between the parties", "The price is 7,400.00 and due in May.", "Both parties sign below.")


def box(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


class SecondLook(NotAsked):
    """Finds these lines on the picture without colour, and keeps that picture."""

    def __init__(self, *quads: Quad) -> None:
        self._quads = list(quads)
        self.seen: list[Image.Image] = []

    def find(self, image: Image.Image) -> list[Quad]:
        self.seen.append(image)
        return self._quads


def page(mark: str) -> Image.Image:
    image = Image.new("RGB", (600, 300), "white")
    draw = ImageDraw.Draw(image)
    for top in (40, 100):
        for x in range(40, 400, 12):
            draw.rectangle((x, top, x + 5, top + 20), "black")
    draw.line((40, 280, 560, 200), mark, 12)
    return image


FIRST, SECOND = box(36, 36, 404, 64), box(36, 96, 404, 124)


def test_a_line_that_is_seen_without_the_colour_is_added_once() -> None:
    reader = SecondLook(FIRST + 1, SECOND, box(500, 40, 520, 60))
    found = with_lines_under_colour(page("#f0a0a0"), [FIRST], reader)
    assert [quad.tolist() for quad in found] == [FIRST.tolist(), SECOND.tolist()]
    assert sorted(reader.seen[0].getcolors() or []) == [
        (image_dark(), (0, 0, 0)),
        (600 * 300 - image_dark(), (255, 255, 255)),
    ]


def image_dark() -> int:
    return 2 * 30 * 6 * 21


def test_there_is_no_second_look_without_colour_or_without_ink_outside_the_lines() -> None:
    reader = SecondLook(SECOND)
    for image, found in ((page("white"), [FIRST]), (page("#f0a0a0"), [FIRST, SECOND]), (page("#f0a0a0"), [])):
        assert len(with_lines_under_colour(image, found, reader)) == len(found)
    assert not reader.seen


def test_lines_under_a_watermark_are_all_read() -> None:
    image = Image.new("RGB", (760, 260), "white")
    draw = ImageDraw.Draw(image)
    mark = Image.new("L", (900, 120))
    ImageDraw.Draw(mark).text((60, 10), "CONFIDENTIAL", 255, ImageFont.load_default(90))
    image.paste("#f0b9b9", (0, -60), mark.rotate(16, expand=True))
    for row, text in enumerate(TEXTS):
        draw.text((40, 40 + 45 * row), text, "black", ImageFont.load_default(28))
    read = read_page(image, Recogniser(), NEVER_CANCELLED).text
    assert [text for text in TEXTS if text not in read] == []
