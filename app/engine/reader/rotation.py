"""Finds the orientation of sideways and upside-down pages by reading a few of their lines both ways.

Detecting lines costs as much as reading ten of them and does not depend on the orientation, so it is never repeated.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from PIL import Image

from app.domain.images import quarter_turns
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.tiles import TextMap
from app.engine.reader.tuning import SAMPLE_LINES, TALL

CONFIDENT_SCORE = 0.9
"""Mean score from which lines are certainly upright."""

MIN_READABLE_SCORE = 0.8
"""Mean score below which the rotated lines are unreadable, too: a script that the recogniser does not know."""

NOISE_SCORE = 0.6
"""Score that the recogniser gives to letters that are not there, as on an upside-down page."""


FIRST_CJK = "\u3040"
SAMPLE_POSITIONS = (0.3, 0.6)
"""Positions of the letters of a line that are read alone, as fractions of its length."""


class LineReader(Protocol):
    """Detects lines on an RGB image, and reads one inside its corners, which start at the line's own top left."""

    def find(self, image: Image.Image) -> list[Quad]:
        """Return the corners of all lines, in no particular order; a large image is scaled down."""
        ...

    def map_tile(self, tile: Image.Image) -> TextMap:
        """Return where text is on a tile, see `tiles`."""
        ...

    def boxes(self, text_map: TextMap, size: tuple[int, int]) -> list[Quad]:
        """Return the corners of the lines on the map of an image of this size, in pixels of the image."""
        ...

    def read(self, image: Image.Image, quad: Quad) -> OcrLine:
        """Return the text within these corners."""
        ...


@dataclass(frozen=True, slots=True)
class Orientation:
    """A page's orientation: the clockwise rotation in degrees that makes it readable.

    `order` is the rotation after which rows run from left to right; it differs if the writing is vertical.
    """

    rotation: int
    order: int


def read_lines(
    image: Image.Image, quads: Sequence[Quad], reader: LineReader, check: CancelCheck, progress: ProgressCallback
) -> tuple[list[OcrLine], Orientation]:
    """Read the lines inside all these corners, and return them with the page's orientation."""
    orientation, read = _find_orientation(image, quads, reader, check)
    lines = []
    for number, quad in enumerate(quads):
        check()
        progress(number / len(quads))
        lines.append(read.get(number) or reader.read(image, _own(quad, orientation.rotation)))
    return lines, orientation


def _find_orientation(
    image: Image.Image, quads: Sequence[Quad], reader: LineReader, check: CancelCheck
) -> tuple[Orientation, dict[int, OcrLine]]:
    """Return the page's orientation, and the lines that were read to find it, by their index in `quads`."""
    shapes = [_shape(quad) for quad in quads]
    wide = [number for number, (along, across) in enumerate(shapes) if along > TALL * across]
    tall = [number for number, (along, across) in enumerate(shapes) if across > TALL * along]
    is_tall = len(tall) > len(wide)
    numbers = sorted(tall if is_tall else wide or range(len(quads)), key=lambda number: -max(shapes[number]))
    sample = numbers[:SAMPLE_LINES]

    def read(rotation: int) -> dict[int, OcrLine]:
        check()
        return {number: reader.read(image, _own(quads[number], rotation)) for number in sample}

    # Lines run from top to bottom in vertical writing and on pages that were rotated clockwise.
    usual, other = (270, 90) if is_tall else (0, 180)
    lines = read(usual)
    rotation = usual
    if mean_score(lines.values()) < CONFIDENT_SCORE or sum(len(line.text) for line in lines.values()) < 4:
        rotated = read(other)
        is_read = mean_score(rotated.values()) >= MIN_READABLE_SCORE
        if is_read and _worth(rotated.values()) > 1.2 * _worth(lines.values()):
            lines, rotation = rotated, other
    is_vertical = rotation == 270 and _is_vertical(image, lines.values(), reader)
    return Orientation(0 if is_vertical else rotation, rotation), lines


def _is_vertical(image: Image.Image, lines: Iterable[OcrLine], reader: LineReader) -> bool:
    """Return whether lines that run from top to bottom are Chinese or Japanese with upright characters."""
    same = num_checked = 0
    for line in lines:
        if not line.text or sum(letter >= FIRST_CJK for letter in line.text) * 2 < len(line.text):
            continue
        for position in SAMPLE_POSITIONS:
            index = int(len(line.text) * position)
            # A character that lies on its side is read as another one.
            standing = reader.read(image, _own(_cell(line.quad, index, len(line.text)), 90)).text
            same += any(letter in standing for letter in line.text[max(0, index - 1) : index + 2])
            num_checked += 1
    return same * 2 > num_checked


def _cell(quad: Quad, index: int, count: int) -> Quad:
    """Return the corners of one of a line's letters, assuming that all are equally wide."""
    along, margin = (quad[1] - quad[0]) / count, (quad[3] - quad[0]) * 0.05
    start, end = quad[0] + along * index, quad[0] + along * (index + 1)
    side = quad[3] - quad[0]
    return np.stack([start - margin, end - margin, end + side + margin, start + side + margin])


def _own(quad: Quad, rotation: int) -> Quad:
    """Reorder corners that start at the image's top left to start at the line's, on a page that needs `rotation`."""
    return np.roll(quad, rotation // 90, axis=0)


def _shape(quad: Quad) -> tuple[float, float]:
    return float(np.hypot(*(quad[1] - quad[0]))), float(np.hypot(*(quad[3] - quad[0])))


def mean_score(lines: Iterable[OcrLine]) -> float:
    """Return the mean score of all letters."""
    pairs = [(len(line.text), line.score) for line in lines]
    letters = sum(count for count, _ in pairs)
    return sum(count * score for count, score in pairs) / letters if letters else 0.0


def _worth(lines: Iterable[OcrLine]) -> float:
    """Return the amount of text read: the number of letters, weighted by their line's score above NOISE_SCORE."""
    return sum(len(line.text) * max(0.0, line.score - NOISE_SCORE) for line in lines)


def rotated(line: OcrLine, degrees: int, size: tuple[int, int]) -> OcrLine:
    """Return a line in the pixels of an image of `size` after a clockwise rotation by 0, 90, 180 or 270 degrees."""
    corners = [quarter_turns.rotated(x, y, degrees // 90, *size) for x, y in line.quad]
    return replace(line, quad=np.array(corners, line.quad.dtype))


def rotated_size(size: tuple[int, int], degrees: int) -> tuple[int, int]:
    """Return the width and height after such a rotation."""
    return size if degrees % 180 == 0 else (size[1], size[0])
