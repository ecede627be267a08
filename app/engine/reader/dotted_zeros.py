"""Tells zeros from the letter O where a font dots or strokes its zeros, as monospaced ones do for codes and keys.

The recogniser takes both for what is likelier beside other letters: "O0O0-1lI1" became "0000-1lI1".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.engine.reader.ctc_decoding import Letter, text_of

ENLARGED = 2
"""How many times a crop is enlarged, so that the ink of a dot stays apart from the ring around it."""

MIN_HEIGHT, MAX_SHAPE = 0.3, 1.15
"""Minimum height of a ring, as a fraction of the crop's, and maximum ratio of its width to its height; others are
small letters, or touch their neighbours.
"""

MIN_HOLE = 4.0
"""Minimum area of a hole in pixels of the crop, enlarged; smaller ones are noise."""

MIN_DOT, MAX_OFF = 0.1, 0.12
"""Minimum height of a dot, and maximum distance of its middle from the ring's, as fractions of the ring's height."""

MIN_HALF = 0.4
"""Minimum size of the smaller one of two holes beside a stroke, as a fraction of the larger one."""

MAX_GREY = 0.3
"""Maximum darkness of the middle of an empty ring, as a fraction of its ink's: the rest of a dot may be as grey."""

_AMOUNT = re.compile(r"\d*[.,]\d[\d.,]*")

Grey = npt.NDArray[np.uint8]


class _Ring(Enum):
    EMPTY = auto()
    MARKED = auto()


@dataclass(frozen=True, slots=True)
class _Shape:
    """A piece of ink, from left to right in pixels of the crop, and what is within it; None if that is not clear."""

    left: float
    right: float
    ring: _Ring | None


def with_zeros_by_dots(letters: Sequence[Letter], crop: Image.Image, width: int) -> list[Letter]:
    """Return the letters of a crop, their places fractions of `width` pixels, with such zeros and Os told apart.

    Only a line that has rings with and without a mark, and none that is unclear, shows what its font does; scans have
    specks in letters, and lose dots. Numbers stay numbers.
    """
    text = text_of(letters)
    asked = _in_codes(text)
    if not asked or len(text) != len(letters) or text.count("0") + text.count("O") < 2:
        return list(letters)
    shapes = _shapes(crop)
    rings = {n: _ring(shapes, letter.centre * width) for n, letter in enumerate(letters) if letter.text in "0O"}
    if set(rings.values()) != {_Ring.EMPTY, _Ring.MARKED}:
        return list(letters)
    found = list(letters)
    for number in asked:
        found[number] = replace(found[number], text="0" if rings[number] is _Ring.MARKED else "O")
    return found


def _in_codes(text: str) -> list[int]:
    """Return where a text has zeros and Os in words that have a letter, but in no amounts: "RM100.00"."""
    amounts = {number for match in _AMOUNT.finditer(text) for number in range(*match.span())}
    return [
        number
        for word in re.finditer(r"\S+", text)
        if any(map(str.isalpha, word[0]))
        for number in range(*word.span())
        if text[number] in "0O" and number not in amounts
    ]


def _ring(shapes: Sequence[_Shape], middle: float) -> _Ring | None:
    near = [shape for shape in shapes if shape.left <= middle <= shape.right]
    return near[0].ring if len(near) == 1 else None


def _shapes(crop: Image.Image) -> list[_Shape]:
    """Return the pieces of ink of a line that are as high as letters, be it dark on light or light on dark."""
    grey = np.asarray(crop.convert("L"))
    grey = np.asarray(cv2.resize(grey, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC), np.uint8)
    _, ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if ink.mean() > 1 / 2:
        grey, ink = 255 - grey, 1 - ink
    contours, tree = cv2.findContours(np.asarray(ink, np.uint8), cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    inner: dict[int, list[int]] = {}
    for number, (_, _, _, outer) in enumerate(tree[0].tolist() if contours else ()):
        inner.setdefault(outer, []).append(number)
    shapes = []
    for number in inner.get(-1, ()):
        left, top, width, height = cv2.boundingRect(contours[number])
        if height >= MIN_HEIGHT * grey.shape[0]:
            part = grey[top : top + height, left : left + width]
            holes = [
                (cv2.contourArea(contours[hole]), [cv2.boundingRect(contours[dot]) for dot in inner.get(hole, ())])
                for hole in inner.get(number, ())
            ]
            ring = _ring_of(part, (left, top), [hole for hole in holes if hole[0] >= MIN_HOLE])
            shapes.append(_Shape(left / ENLARGED, (left + width) / ENLARGED, ring))
    return shapes


def _ring_of(
    ring: Grey, corner: tuple[int, int], holes: Sequence[tuple[float, Sequence[Sequence[int]]]]
) -> _Ring | None:
    """Return what a piece of ink is, dark on light and with this corner; `holes` are their areas and dots within."""
    height, width = ring.shape
    dots = [dot for _, within in holes for dot in within]
    if width > MAX_SHAPE * height or len(dots) > 1:
        return None
    if len(holes) == 1 and dots:
        left, top, dot_width, dot_height = dots[0]
        off_x, off_y = left + dot_width / 2 - corner[0] - width / 2, top + dot_height / 2 - corner[1] - height / 2
        is_dot = dot_height >= MIN_DOT * height and float(np.hypot(off_x, off_y)) <= MAX_OFF * height
        return _Ring.MARKED if is_dot else None
    areas = sorted(area for area, _ in holes)
    if len(areas) == 2 and not dots:
        return _Ring.MARKED if areas[0] >= MIN_HALF * areas[1] else None
    return _Ring.EMPTY if len(areas) == 1 and _darkness(ring) <= MAX_GREY else None


def _darkness(ring: Grey) -> float:
    """Return how dark the middle of a ring is, dark on light, as a fraction of its ink's darkness."""
    height, width = ring.shape
    middle = ring[height // 3 : height - height // 3, width * 2 // 5 : max(width * 3 // 5, width * 2 // 5 + 1)]
    lightest, darkest = float(ring.max()), float(ring.min())
    return (lightest - float(middle.min())) / max(1.0, lightest - darkest)
