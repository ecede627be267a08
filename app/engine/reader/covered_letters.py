"""Finds the letters of a line that foreign ink covers or touches, and doubts them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.images.geometry import quad_sides
from app.engine.reader.ctc_decoding import Letter
from app.engine.reader.kept_lines import DOUBTED_SCORE
from app.engine.reader.recognise import OcrLine, Quad, piece, read_from

MIN_COVERED = 0.04
"""Minimum share of a letter's place, and of what is beside it, that foreign ink covers for it to be another letter."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ForeignInk:
    """Ink that is no letters', bool [height, width] on a picture.

    `reach` is the distance from a letter within which it makes one doubtful, as a fraction of the line's height.
    """

    mask: Mask
    reach: float


def with_doubt(line: OcrLine, ink: ForeignInk) -> OcrLine:
    """Return a line, its letters uncertain where foreign ink is near to them."""
    letters = tuple(
        replace(letter, score=min(letter.score, DOUBTED_SCORE))
        if covered(_around(line.quad, letter, ink.reach), ink.mask) >= MIN_COVERED
        else letter
        for letter in line.letters
    )
    return line if letters == line.letters else replace(line, letters=letters, score=min(line.score, DOUBTED_SCORE))


def covered(quad: Quad, mask: Mask) -> float:
    """Return the share of the place within these corners that the mask covers."""
    box, within = place_of(quad, mask.shape)
    return float((mask[box] & within).sum()) / max(1, int(within.sum()))


def lines_apart(found: Sequence[Quad], known: Sequence[Quad]) -> list[Quad]:
    """Return the lines whose middles are in none of the known ones' boxes."""
    boxes = [(quad.min(axis=0), quad.max(axis=0)) for quad in known]
    middles = [(quad, quad.mean(axis=0)) for quad in found]
    return [
        quad for quad, middle in middles if not any(((low <= middle) & (middle <= high)).all() for low, high in boxes)
    ]


def place_of(quad: Quad, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], Mask]:
    """Return the bounding box of a line on a picture, and what of the box is within its corners."""
    left, top = np.clip(np.floor(quad.min(axis=0)), 0, (shape[1] - 1, shape[0] - 1)).astype(int).tolist()
    right, bottom = np.clip(np.ceil(quad.max(axis=0)), (left + 1, top + 1), shape[1::-1]).astype(int).tolist()
    inside = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillConvexPoly(inside, np.rint(quad - (left, top)).astype(np.int32), 1)
    return (slice(top, bottom), slice(left, right)), inside > 0


def _around(quad: Quad, letter: Letter, reach: float) -> Quad:
    """Return the corners of a line's letter and of what is beside it."""
    own = read_from(quad)
    length, height = quad_sides(own)
    share = reach * height / max(length, 1e-6)
    return piece(own, (letter.start - share, letter.end + share))
