"""Finds ink in the colour of text that runs through lines and on outside them: pen strokes, black stamps, signatures.

With it, 4.07 was read as 4.0 and -2.19 as 2.19, with confidence. What coloured ink hides is `stamps`'.
"""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.images.geometry import quad_sides
from app.engine.reader.covered_letters import ForeignInk, Mask, lines_apart, with_doubt
from app.engine.reader.ink_outside import dark_ink
from app.engine.reader.kept_lines import kept_lines
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.rotation import LineReader, own_corners

MAX_SIDE = 4100
"""Maximum side in pixels of a page that is looked at; larger ones are plans, whose lines cross text everywhere."""

MIN_PAPER = 150
"""Minimum grey level of paper: what is dark around light letters is no stroke."""

MIN_RULE, PIECE = 5.0, 1.0
"""Minimum length of a rule and of its straight pieces, as multiples of a line's usual height.

Frames and tables are made of rules.
"""

CORE = 0.2
"""Margin above and below within a line's box that strokes of others may touch, as a fraction of its height."""

MIN_INSIDE, MIN_OUTSIDE = 0.05, 0.15
"""Minimum amounts of a stroke's ink within lines and outside all lines, as fractions of the square of that height."""

MIN_SHARE = 0.2
"""Minimum share of a stroke that lies outside all lines: letters that touch those of the next line lie within lines."""

MIN_EXTENT = 2.0
"""Minimum extent of a stroke, as a multiple of that height."""

MAX_STROKE = 0.5
"""Maximum width of a stroke, as a fraction of that height; wider ink is a ground or a drawing."""

MIN_FRAMED = 1.1
"""Minimum height of other ink within a stamp's frame that is the stamp's, too, as a multiple of that height."""

REACH, HIDING_REACH = 0.25, 0.7
"""Distance from a letter within which a stroke touches it, and hides another where it was taken off, as fractions of
the line's height.
"""

ERASED = 3
"""Width in pixels by which a stroke is taken off more widely than it is: its edge is blurred."""


def crossing_ink(image: Image.Image, found: Sequence[Quad]) -> ForeignInk | None:
    """Return the strokes across these lines on an RGB image, with letters that they touch; None if there are none."""
    if not found or max(image.size) > MAX_SIDE:
        return None
    ink, paper = dark_ink(np.asarray(image.convert("L")))
    found = [quad for quad in found if _is_on_paper(quad, paper)]
    if not found:
        return None
    height = max(1.0, median(min(quad_sides(quad)) for quad in found))
    ink[_rules(ink, height) > 0] = 0
    count, strokes, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    inside, core = (_within(ink.shape, found, margin) for margin in (0.0, CORE))
    areas = stats[:, cv2.CC_STAT_AREA]
    crossing = np.bincount(strokes[core], minlength=count)
    outside = areas - np.bincount(strokes[inside], minlength=count)
    extent = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    is_stroke = (crossing >= MIN_INSIDE * height**2) & (outside >= MIN_OUTSIDE * height**2)
    is_stroke &= (outside >= MIN_SHARE * areas) & (extent >= MIN_EXTENT * height)
    is_stroke[0] = False
    if not is_stroke.any():
        return None
    wide = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((max(3, round(MAX_STROKE * height)),) * 2, np.uint8))
    is_stroke[np.unique(strokes[wide > 0])] = False
    if not is_stroke.any():
        return None
    framed = np.bincount(strokes[_framed(is_stroke[strokes])], minlength=count) == areas
    is_stroke[1:] |= (framed & (stats[:, cv2.CC_STAT_HEIGHT] >= MIN_FRAMED * height))[1:]
    return ForeignInk(is_stroke[strokes], REACH)


def missed_lines(
    image: Image.Image, ink: ForeignInk, lines: Sequence[OcrLine], rotation: int, reader: LineReader
) -> list[OcrLine]:
    """Return the lines that are found on an RGB image without this ink alone, with what is hidden of them uncertain.

    The image needs `rotation` in degrees clockwise.
    """
    pixels = np.array(image)
    pixels[cv2.dilate(ink.mask.astype(np.uint8), np.ones((ERASED, ERASED), np.uint8)) > 0] = np.median(
        pixels.reshape(-1, 3), axis=0
    )
    clean = Image.fromarray(pixels)
    missed = lines_apart(reader.find(clean), [line.quad for line in lines])
    hiding = replace(ink, reach=HIDING_REACH)
    read = [reader.read(clean, own_corners(quad, rotation)) for quad in missed]
    return [with_doubt(line, hiding) for line in kept_lines(read)]


def _framed(mask: Mask) -> Mask:
    """Return the convex hulls of strokes."""
    hulls = mask.astype(np.uint8)
    for outline in cv2.findContours(hulls, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
        cv2.fillConvexPoly(hulls, cv2.convexHull(outline), 1)
    return hulls > 0


def _is_on_paper(quad: Quad, paper: npt.NDArray[np.uint8]) -> bool:
    x, y = np.clip(quad.mean(axis=0), 0, (paper.shape[1] - 1, paper.shape[0] - 1)).astype(int).tolist()
    return int(paper[y, x]) >= MIN_PAPER


def _rules(ink: npt.NDArray[np.uint8], height: float) -> npt.NDArray[np.uint8]:
    """Return the level and upright rules, which have pieces if they are askew, or bent on a photograph."""
    piece = max(9, round(PIECE * height))
    rules = np.zeros_like(ink)
    for shape in ((1, piece), (piece, 1)):
        pieces = cv2.dilate(cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8)), np.ones((3, 3), np.uint8))
        _, numbers, stats, _ = cv2.connectedComponentsWithStats(pieces, connectivity=8)
        extents = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
        is_rule = extents >= MIN_RULE * height
        is_rule[0] = False
        rules |= is_rule[numbers]
    return rules


def _within(shape: tuple[int, ...], found: Sequence[Quad], margin: float) -> Mask:
    """Return what is within these lines, without a margin above and below."""
    within = np.zeros(shape, np.uint8)
    for quad in found:
        down = margin * (quad[3] - quad[0])
        cv2.fillConvexPoly(within, np.rint(quad + np.stack([down, down, -down, -down])).astype(np.int32), 1)
    return within > 0
