"""Separates a stamp or a signature in coloured ink from the dark text that it lies across.

Together they are read as neither: "delivery of goods" below "PAID" became "delivergoods", with confidence. So each is
found and read by itself. Watermarks that hide whole lines from the detector are `coloured_overlay`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.images.geometry import quad_sides
from app.engine.reader.covered_letters import ForeignInk, Mask, covered, place_of
from app.engine.reader.recognise import OcrLine, Quad
from app.engine.reader.rotation import LineReader, own_corners

MIN_COLOUR, MAX_DARK = 30, 110
"""Minimum difference of a coloured pixel's channels, and maximum of a dark pixel's lightest one, in grey levels."""

MIN_PAPER = 170
"""Minimum grey level of the paper's darkest channel: on a coloured ground all is coloured."""

COLOURED = (0.0005, 0.25)
"""Share of coloured pixels on a page with a stamp: less is a dot, more a picture."""

MAX_SIDE = 4100
"""Maximum side in pixels of such a page; larger ones are looked at in tiles, and closer, anyway."""

MAX_STROKE = 0.7
"""Maximum width of a stamp's strokes, as a fraction of a line's usual height; wider ink is a ground."""

STEP = 4
"""Every so many pixels are looked at to find out whether a page has coloured ink at all."""

CLOSE = 1.2
"""Distance up to which coloured ink belongs to a stamp, as a fraction of a line's usual height.

What a stamp frames belongs to it, too.
"""

MIN_CROSSING = 0.05
"""Minimum amount of a stroke within a line that it crosses, as a fraction of the square of the line's height."""

MAX_OWN = 3.0
"""Maximum amount of coloured ink in a line of dark text, by its dark ink: beyond it the line itself is coloured."""

MIN_OUTSIDE = 0.35
"""Minimum share of a stroke that lies outside the line: underlines and coloured words lie within theirs."""

TEXT_PERCENTILE = 4
"""Percentile of the levels within a half transparent stamp that is taken for the level of the text below it."""

MIN_SEEN, NOISE = 16, 2.0
"""Minimum difference of that level to the stamp's, in grey levels, and how often the lightest ones' is added to it.

A JPEG's noise makes some of a stamp's pixels as much darker as it makes others lighter.
"""

MAX_OWN_LINES = 0.4
"""Maximum share of lines in the stamp's ink: pages with more are written in colour."""

MIN_DARK = 0.25
"""Minimum share of dark ink within a stamp that light passes, by that of the lines elsewhere."""

REACH = 0.7
"""Distance from a letter within which an opaque stamp may hide another one, as a fraction of the line's height."""

STROKE = 0.2
"""Maximum width of a stroke of text that runs through a stamp's own, as a fraction of a line's usual height."""

EDGE = 3
"""Width in pixels by which a stamp's blurred edge surrounds its coloured pixels, twice over."""

Levels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Stamped:
    """A page with a stamp across its lines, as two RGB pictures of its size: `text` without it, `stamp` it alone.

    `own` are the corners of lines in the stamp's ink that were found on the whole page. `mask` is that ink, bool
    [height, width]; what is below it is lost if it `is_opaque`.
    """

    text: Image.Image
    stamp: Image.Image
    own: list[Quad]
    mask: Mask
    is_opaque: bool

    @property
    def hiding(self) -> list[ForeignInk]:
        """What of the stamp may hide letters: nothing if they are seen through it."""
        return [ForeignInk(self.mask, REACH)] if self.is_opaque else []


def separated(image: Image.Image, found: Sequence[Quad]) -> Stamped | None:
    """Return an RGB image, on which these lines were found, as it is without a stamp across them; None without one."""
    if not found or max(image.size) > MAX_SIDE or not _may_have_stamp(np.asarray(image)[::STEP, ::STEP]):
        return None
    pixels = np.asarray(image)
    lightest = pixels.max(axis=2)
    dark = lightest <= MAX_DARK
    height = median(min(quad_sides(quad)) for quad in found)
    stamp = _stamp(~dark & (lightest - pixels.min(axis=2) >= MIN_COLOUR), dark, found, height)
    if stamp is None:
        return None
    is_own = [_is_own(quad, stamp, dark) for quad in found]
    own, below = ([quad for quad, own in zip(found, is_own, strict=True) if own is wanted] for wanted in (True, False))
    if len(own) > MAX_OWN_LINES * len(found):
        return None
    paper = np.median(pixels[::STEP, ::STEP].reshape(-1, 3), axis=0)
    level, seen = _levels(stamp, lightest)
    closed = cv2.morphologyEx(stamp.astype(np.uint8), cv2.MORPH_CLOSE, _square(STROKE * height)) > 0
    edge = cv2.dilate(stamp.astype(np.uint8), np.ones((EDGE, EDGE), np.uint8)) > 0
    return Stamped(
        Image.fromarray(_without(pixels, edge, lightest, (level - seen, level), paper)),
        Image.fromarray(_alone(pixels, edge & ~dark, closed & dark, stamp, paper)),
        own,
        stamp,
        is_opaque=seen == level and not _is_seen_through(closed, dark, below),
    )


def lines_below(stamped: Stamped, found: Sequence[Quad], again: Sequence[Quad]) -> list[Quad]:
    """Return the lines found on the whole page that the stamp does not touch, and the others as found `again` below it.

    Those that are not found again are kept, unless they are the stamp's own.
    """
    touched = [quad for quad in found if covered(quad, stamped.mask) > 0]
    own = {id(quad) for quad in stamped.own}
    apart = [quad for quad in found if not any(quad is other for other in touched)]
    fresh = [quad for quad in again if not any(_is_within(quad.mean(axis=0), other) for other in apart)]
    lost = [
        quad
        for quad in touched
        if id(quad) not in own and not any(_is_within(other.mean(axis=0), quad) for other in fresh)
    ]
    return [*apart, *fresh, *(quad for quad in lost if not any(_is_within(quad.mean(axis=0), new) for new in fresh))]


def read_stamp(stamped: Stamped, lines: Sequence[Quad], reader: LineReader, rotation: int) -> list[OcrLine]:
    """Return the lines that are written in the stamp's ink, on a page that needs `rotation` in degrees clockwise.

    `lines` are the corners of those in the text below it.
    """
    found = reader.find(stamped.stamp)
    seen = [*found, *lines]
    missed = [quad for quad in stamped.own if not any(_is_within(quad.mean(axis=0), other) for other in seen)]
    return [reader.read(stamped.stamp, own_corners(quad, rotation)) for quad in [*found, *missed]]


def _may_have_stamp(pixels: Levels) -> bool:
    lightest, darkest = pixels.max(axis=2), pixels.min(axis=2)
    if float(np.median(darkest)) < MIN_PAPER:
        return False
    share = float(np.mean((lightest > MAX_DARK) & (lightest - darkest >= MIN_COLOUR)))
    return COLOURED[0] <= share <= COLOURED[1]


def _stamp(coloured: Mask, dark: Mask, found: Sequence[Quad], height: float) -> Mask | None:
    """Return the coloured ink of the stamps that cross lines of dark text of this height; None if none does."""
    strokes = np.asarray(cv2.connectedComponents(coloured.astype(np.uint8), connectivity=8)[1], np.int32)
    areas = np.bincount(strokes.ravel())
    thick = cv2.morphologyEx(coloured.astype(np.uint8), cv2.MORPH_OPEN, _square(MAX_STROKE * height))
    grounds = np.unique(strokes[thick > 0]).tolist()
    crossing = set[int]().union(*(_crossing(quad, strokes, areas, dark) for quad in found)).difference(grounds)
    if not crossing:
        return None
    near = cv2.dilate(np.isin(strokes, list(crossing)).astype(np.uint8), _square(CLOSE * height))
    for outline in cv2.findContours(near, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
        cv2.fillConvexPoly(near, cv2.convexHull(outline), 1)
    return np.asarray(np.isin(strokes, np.setdiff1d(strokes[near > 0], [0, *grounds])))


def _square(side: float) -> Levels:
    """Return a kernel of an odd number of pixels a side."""
    return np.ones((max(3, round(side)) | 1,) * 2, np.uint8)


def _crossing(quad: Quad, strokes: npt.NDArray[np.int32], areas: npt.NDArray[np.int64], dark: Mask) -> set[int]:
    """Return the numbers of the strokes that run through a line of dark text and on outside it."""
    box, inside = place_of(quad, dark.shape)
    text = dark[box] & inside
    if not text.any():
        return set()
    columns = np.flatnonzero(text.any(axis=0))
    between = inside.copy()
    between[:, : columns[0]] = between[:, columns[-1] + 1 :] = False
    numbers, counts = np.unique(strokes[box][between], return_counts=True)
    least = MIN_CROSSING * min(quad_sides(quad)) ** 2
    whole = np.bincount(strokes[box][inside], minlength=len(areas))
    if counts[numbers > 0].sum() > MAX_OWN * text.sum():
        return set()
    return {
        int(number)
        for number, count in zip(numbers, counts, strict=True)
        if number and count >= least and areas[number] - whole[number] >= MIN_OUTSIDE * areas[number]
    }


def _is_within(point: npt.NDArray[np.float64], quad: Quad) -> bool:
    return cv2.pointPolygonTest(quad.astype(np.float32), (float(point[0]), float(point[1])), measureDist=False) >= 0


def _is_own(quad: Quad, stamp: Mask, dark: Mask) -> bool:
    box, inside = place_of(quad, dark.shape)
    return bool((stamp[box] & inside).sum() > MAX_OWN * (dark[box] & inside).sum())


def _levels(stamp: Mask, lightest: Levels) -> tuple[float, float]:
    """Return the grey level of the stamp, and by how much text below it is darker, which is all of it for real ink.

    Its inner pixels tell whether it is only half transparent: those at its edge are blurred.
    """
    level = float(np.median(lightest[stamp]))
    inner = cv2.erode(stamp.astype(np.uint8), np.ones((EDGE, EDGE), np.uint8)) > 0
    if not inner.any():
        return level, level
    darkest, lightest_of = np.percentile(lightest[inner], (TEXT_PERCENTILE, 100 - TEXT_PERCENTILE)).tolist()
    is_text = level - darkest >= MIN_SEEN + NOISE * (lightest_of - level)
    return level, level - darkest if is_text else level


def _is_seen_through(closed: Mask, dark: Mask, below: Sequence[Quad]) -> bool:
    """Return whether there is as much dark ink among the stamp's strokes as elsewhere in the lines below it."""
    lines = np.zeros(closed.shape, np.uint8)
    for quad in below:
        cv2.fillConvexPoly(lines, np.rint(quad).astype(np.int32), 1)
    share, usual = (
        float(dark[part].mean()) if part.any() else 0.0 for part in (closed & (lines > 0), ~closed & (lines > 0))
    )
    return share >= MIN_DARK * usual


def _alone(pixels: Levels, kept: Mask, below: Mask, stamp: Mask, paper: npt.NDArray[np.float64]) -> Levels:
    """Return the pixels to be kept on paper, and in the stamp's colour what shows of the text below its strokes."""
    alone = np.where(kept[:, :, None], pixels, paper)
    alone[below] = np.median(pixels[stamp], axis=0)
    return np.asarray(alone, np.uint8)


def _without(
    pixels: Levels, edge: Mask, lightest: Levels, levels: tuple[float, float], paper: npt.NDArray[np.float64]
) -> Levels:
    """Return the page with the text below the stamp drawn in grey, from black to paper between these levels."""
    black, level = levels
    share = np.clip((lightest[edge] - black) / max(1.0, level - black), 0, 1)
    clean = pixels.copy()
    clean[edge] = np.rint(share[:, None] * paper).astype(np.uint8)
    return clean
