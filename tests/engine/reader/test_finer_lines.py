"""Lines of dense pages in other scripts, found again in closer boxes: by a detector that is told what to find."""

import numpy as np
from PIL import Image

from app.engine.reader.finer_lines import with_finer_lines
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.tiles import TextMap

IMAGE = Image.new("RGB", (1800, 2400), "white")


def box(top: float, height: float, left: float = 100) -> Quad:
    return np.array([[left, top], [left + 900, top], [left + 900, top + height], [left, top + height]], np.float64)


class Detector:
    """Finds these boxes at a finer scale, and reads none of them."""

    def __init__(self, *fine: Quad) -> None:
        self.fine = list(fine)
        self.looks = 0

    def find(self, image: Image.Image) -> list[Quad]:
        raise AssertionError

    def map_tile(self, tile: Image.Image) -> TextMap:
        return np.zeros((tile.height, tile.width), np.uint8)

    def boxes(self, text_map: TextMap, size: tuple[int, int]) -> list[Quad]:
        self.looks += 1
        return self.fine

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        return OcrLine("", quad, 0.0)


def found(detector: Detector, read: list[OcrLine], unread: list[OcrLine]) -> list[tuple[str, float]]:
    lines = with_finer_lines(IMAGE, read, unread, detector, lambda: None)
    return [(line.text, float(line.quad[0, 1])) for line in lines]


def test_lines_whose_boxes_overlap_are_found_again() -> None:
    unread = [OcrLine("", box(top, 40), 0.0) for top in range(100, 220, 27)]
    date = OcrLine("16/7/2007", box(20, 40), 0.99)
    detector = Detector(*(box(top + 8, 24) for top in range(100, 247, 27)), box(28, 24))
    assert found(detector, [date], unread) == [("16/7/2007", 20), *(("", top + 8) for top in range(100, 247, 27))]


def test_a_line_that_the_finer_look_misses_stays() -> None:
    unread = [OcrLine("", box(top, 40), 0.0) for top in range(100, 220, 27)]
    detector = Detector(*(box(top + 8, 24) for top in range(100, 190, 27)))
    assert ("", 208.0) in found(detector, [], unread)


def test_lines_that_stand_apart_or_are_few_are_not_looked_at_again() -> None:
    apart = [OcrLine("", box(top, 40), 0.0) for top in range(100, 400, 45)]
    beside = [OcrLine("", box(100, 40, left), 0.0) for left in range(0, 5000, 1000)]
    few = [OcrLine("", box(top, 40), 0.0) for top in (100, 127)]
    detector = Detector()
    for unread in (apart, beside, few, []):
        assert len(found(detector, [], unread)) == len(unread)
    assert detector.looks == 0
