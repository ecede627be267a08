"""Finds the orientation of sideways and upside-down pages by reading a few of their lines both ways.

Detecting lines costs as much as reading ten of them and does not depend on the orientation, so it is never repeated.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Protocol

import numpy as np
from PIL import Image

from app.domain.images import quarter_turns
from app.domain.images.geometry import quad_sides
from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.tiles import TextMap
from app.engine.reader.tuning import SAMPLE_LINES, TALL
from app.engine.reader.vertical_lines import joined, read_standing

CONFIDENT_SCORE = 0.9
"""Mean score from which lines are certainly upright."""

MIN_READABLE_SCORE = 0.8
"""Mean score below which the rotated lines are unreadable, too: a script that the recogniser does not know."""

NOISE_SCORE = 0.6
"""Score that the recogniser gives to letters that are not there, as on an upside-down page."""


MIN_RUN = 2.5
"""Minimum ratio of length to width of a line of more than one letter that runs from top to bottom."""

FIRST_CJK = "\u3040"
"""First letter of the kana and of what follows them, Chinese characters above all."""

MIN_STANDING = 0.5
"""Minimum worth of a vertical page's columns read upright, as a fraction of their worth read on their side.

Characters that lie on their side are read upright as hardly anything.
"""


MIN_UPRIGHT_LINES, MIN_UPRIGHT_WORTH = 3, 5.0
"""Minimum number of lines across a page that are read upright, and their worth, by which its columns are vertical."""


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
    is_vertical = orientation.rotation != orientation.order
    lines = []
    for number, quad in enumerate(quads):
        check()
        progress(number / len(quads))
        if number in read:
            lines.append(read[number])
            continue
        line = reader.read(image, own_corners(quad, orientation.rotation))
        is_column = is_vertical and is_tall(quad)
        lines.append(joined(line, read_standing(image, quad, reader.read)) if is_column else line)
    return lines, orientation


def _find_orientation(
    image: Image.Image, quads: Sequence[Quad], reader: LineReader, check: CancelCheck
) -> tuple[Orientation, dict[int, OcrLine]]:
    """Return the page's orientation, and the lines that were read to find it, by their index in `quads`."""
    shapes = [quad_sides(quad) for quad in quads]
    wide = [number for number, (along, across) in enumerate(shapes) if along > TALL * across]
    tall = [number for number, quad in enumerate(quads) if is_tall(quad)]
    runs_down = len(tall) > len(wide) and _are_runs([shapes[number] for number in tall])
    numbers = sorted(tall if runs_down else wide or range(len(quads)), key=lambda number: -max(shapes[number]))
    sample = numbers[:SAMPLE_LINES]

    def read(rotation: int) -> dict[int, OcrLine]:
        check()
        return {number: reader.read(image, own_corners(quads[number], rotation)) for number in sample}

    # Lines run from top to bottom in vertical writing and on pages that were rotated clockwise.
    usual, other = (270, 90) if runs_down else (0, 180)
    lines = read(usual)
    rotation = usual
    if mean_score(lines.values()) < CONFIDENT_SCORE or sum(len(line.text) for line in lines.values()) < 4:
        rotated = read(other)
        is_read = mean_score(rotated.values()) >= MIN_READABLE_SCORE
        if is_read and _worth(rotated.values()) > 1.2 * _worth(lines.values()):
            lines, rotation = rotated, other
    if rotation == 270:
        columns = _standing_columns(image, lines, reader)
        across = sorted((quads[number] for number in wide), key=lambda quad: -max(quad_sides(quad)))[:SAMPLE_LINES]
        if columns or (_is_any_cjk(lines.values()) and _are_upright(image, across, reader)):
            both = {
                number: joined(line, columns[number]) if number in columns else line for number, line in lines.items()
            }
            return Orientation(0, rotation), both
    return Orientation(rotation, rotation), lines


def _are_runs(shapes: Sequence[tuple[float, float]]) -> bool:
    """Return whether the longest of these boxes are lines: those of single digits are tall, too, and tell nothing."""
    longest = sorted(shapes, key=max, reverse=True)[:SAMPLE_LINES]
    return median(max(shape) / max(1.0, min(shape)) for shape in longest) >= MIN_RUN


def _standing_columns(image: Image.Image, lines: Mapping[int, OcrLine], reader: LineReader) -> dict[int, OcrLine]:
    """Return the upright reading of those lines that run from top to bottom; none if their characters lie there."""
    lying = {number: line for number, line in lines.items() if _is_cjk(line.text)}
    standing = {number: read_standing(image, own_corners(line.quad, 90), reader.read) for number, line in lying.items()}
    is_vertical = _worth(standing.values()) > MIN_STANDING * _worth(lying.values())
    return standing if is_vertical else {}


def _are_upright(image: Image.Image, quads: Sequence[Quad], reader: LineReader) -> bool:
    """Return whether lines across a page with columns are headlines and captions, not the margin's of a sideways page.

    Small print in columns is read upright as hardly anything if it is blurred.
    """
    lines = [line for line in (reader.read(image, quad) for quad in quads) if _is_cjk(line.text)]
    return len(lines) >= MIN_UPRIGHT_LINES and _worth(lines) >= MIN_UPRIGHT_WORTH


def _is_any_cjk(lines: Iterable[OcrLine]) -> bool:
    return any(_is_cjk(line.text) for line in lines)


def _is_cjk(text: str) -> bool:
    return bool(text) and sum(letter >= FIRST_CJK for letter in text) * 2 >= len(text)


def own_corners(quad: Quad, rotation: int) -> Quad:
    """Reorder corners that start at the image's top left to start at the line's, on a page that needs `rotation`."""
    return np.roll(quad, rotation // 90, axis=0)


def is_tall(quad: Quad) -> bool:
    """Return whether a line runs from top to bottom."""
    along, across = quad_sides(quad)
    return across > TALL * along


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
