"""Pages that lie on their side or stand on their head: a few of their lines, read both ways, tell which way is up.

Finding lines costs as much as reading ten of them and does not depend on which way is up, so it is never done again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from PIL import Image

from app.domain.ports import CancelCheck
from app.engine.reader.recognise import Found, Quad
from app.engine.reader.settings import SAMPLE_LINES, TALL

CONFIDENT_SCORE = 0.9
"""Mean score of lines that are certainly upright."""

TURNED_SCORE = 0.8
"""Mean score below which lines are not read the other way up either: a script that the recogniser does not know."""

NOISE_SCORE = 0.6
"""What the recogniser says of letters that are not there, as on a page that stands on its head."""


FIRST_CJK = "\u3040"
CELLS = (0.3, 0.6)
"""Which letters of a line are looked at alone, in shares of its length."""


class LineReader(Protocol):
    """Finds lines on an RGB image, and reads one inside its corners, which start at its own top left."""

    def find(self, image: Image.Image) -> list[Quad]:
        """The corners of all lines, in no particular order."""
        ...

    def read(self, image: Image.Image, quad: Quad) -> Found:
        """What stands within these corners."""
        ...


@dataclass(frozen=True, slots=True)
class Upright:
    """Which way is up: the clockwise turn in degrees that makes the page readable.

    `order` is the turn after which rows run from left to right: another one where writing is vertical.
    """

    rotation: int
    order: int


def read_lines(
    image: Image.Image, quads: Sequence[Quad], reader: LineReader, check: CancelCheck
) -> tuple[list[Found], Upright]:
    """Every line inside these corners, and which way is up."""
    upright, read = _which_way_is_up(image, quads, reader, check)
    lines = []
    for number, quad in enumerate(quads):
        check()
        lines.append(read.get(number) or reader.read(image, _own(quad, upright.rotation)))
    return lines, upright


def _which_way_is_up(
    image: Image.Image, quads: Sequence[Quad], reader: LineReader, check: CancelCheck
) -> tuple[Upright, dict[int, Found]]:
    """Also the lines that had to be read to find out, by their numbers."""
    shapes = [_shape(quad) for quad in quads]
    wide = [number for number, (along, across) in enumerate(shapes) if along > TALL * across]
    tall = [number for number, (along, across) in enumerate(shapes) if across > TALL * along]
    is_tall = len(tall) > len(wide)
    numbers = sorted(tall if is_tall else wide or range(len(quads)), key=lambda number: -max(shapes[number]))
    sample = numbers[:SAMPLE_LINES]

    def read(rotation: int) -> dict[int, Found]:
        check()
        return {number: reader.read(image, _own(quads[number], rotation)) for number in sample}

    # Writing that is vertical, and pages that were turned clockwise, run from top to bottom.
    usual, other = (270, 90) if is_tall else (0, 180)
    lines = read(usual)
    rotation = usual
    if mean_score(lines.values()) < CONFIDENT_SCORE or sum(len(line.text) for line in lines.values()) < 4:
        turned = read(other)
        is_read = mean_score(turned.values()) >= TURNED_SCORE
        if is_read and _worth(turned.values()) > 1.2 * _worth(lines.values()):
            lines, rotation = turned, other
    is_vertical = rotation == 270 and _is_vertical(image, lines.values(), reader)
    return Upright(0 if is_vertical else rotation, rotation), lines


def _is_vertical(image: Image.Image, lines: Iterable[Found], reader: LineReader) -> bool:
    """Whether lines that run from top to bottom are Chinese or Japanese whose signs stand upright."""
    same = looked_at = 0
    for line in lines:
        if sum(letter >= FIRST_CJK for letter in line.text) * 2 < len(line.text):
            continue
        for place in CELLS:
            index = int(len(line.text) * place)
            # A sign that lies on its side is read as another one.
            standing = reader.read(image, _own(_cell(line.quad, index, len(line.text)), 90)).text
            same += any(letter in standing for letter in line.text[max(0, index - 1) : index + 2])
            looked_at += 1
    return same * 2 > looked_at


def _cell(quad: Quad, index: int, count: int) -> Quad:
    """The corners of one of a line's letters, were they equally wide."""
    along, margin = (quad[1] - quad[0]) / count, (quad[3] - quad[0]) * 0.05
    start, end = quad[0] + along * index, quad[0] + along * (index + 1)
    side = quad[3] - quad[0]
    return np.stack([start - margin, end - margin, end + side + margin, start + side + margin])


def _own(quad: Quad, rotation: int) -> Quad:
    """Corners that start at the image's top left, from the top left of a line on a page that needs `rotation`."""
    return np.roll(quad, rotation // 90, axis=0)


def _shape(quad: Quad) -> tuple[float, float]:
    return float(np.hypot(*(quad[1] - quad[0]))), float(np.hypot(*(quad[3] - quad[0])))


def mean_score(lines: Iterable[Found]) -> float:
    """Mean score of all letters."""
    pairs = [(len(line.text), line.score) for line in lines]
    letters = sum(count for count, _ in pairs)
    return sum(count * score for count, score in pairs) / letters if letters else 0.0


def _worth(lines: Iterable[Found]) -> float:
    """How much was read: letters count by how far their line's score is above noise."""
    return sum(len(line.text) * max(0.0, line.score - NOISE_SCORE) for line in lines)


def turned(line: Found, degrees: int, size: tuple[int, int]) -> Found:
    """A line in the pixels of an image of `size` after that was turned clockwise by 0, 90, 180 or 270 degrees."""
    width, height = size
    x, y = line.quad[:, 0], line.quad[:, 1]
    match degrees % 360:
        case 90:
            quad = np.stack([height - y, x], axis=1)
        case 180:
            quad = np.stack([width - x, height - y], axis=1)
        case 270:
            quad = np.stack([y, width - x], axis=1)
        case _:
            return line
    return replace(line, quad=quad)


def turned_size(size: tuple[int, int], degrees: int) -> tuple[int, int]:
    """Width and height after such a turn."""
    return size if degrees % 180 == 0 else (size[1], size[0])
