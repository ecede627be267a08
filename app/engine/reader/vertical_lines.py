"""Reads columns of vertical Chinese or Japanese: their characters, which stand upright, are laid side by side.

A column that is read lying on its side loses its small kana, its long-vowel marks and its punctuation, which are mere
specks then; all else is often read better. So a column is read both ways. Its characters are told apart by dynamic
programming over the column's ink: cuts go where there is little of it, at distances near one pitch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise
from statistics import fmean

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.images.geometry import quad_sides
from app.engine.reader.ctc_decoding import Letter, text_of
from app.engine.reader.recognise import OcrLine, Quad

Read = Callable[[Image.Image, Quad], OcrLine]

SPECKS = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶー、。・，．：；「」『』（）〈〉《》【】〔〕…")
"""Characters that are lost lying on their side, for which the upright reading alone is believed."""

MIN_SPECK_SCORE = 0.5
"""Minimum score of such a character where the lying reading has nothing."""

MIN_GAIN = 0.15
"""Minimum gain in score for which another letter is taken from the upright reading."""

WIDTH = 48
"""Width in pixels to which a column is scaled: the height at which the recogniser reads."""

MAX_LENGTH = 200
"""Maximum ratio of a column's length to its width; longer ones are rules and stains."""

INK, MIN_CONTRAST = 0.35, 20.0
"""Minimum contrast of ink, as a fraction of the column's and in grey levels: weaker marks are the paper's noise."""

RULE = 0.97
"""Share of a column's width over which a rule has ink; no character fills its column."""

MIN_ACROSS = 0.04
"""Minimum share of a column's length that has ink, for where its characters begin and end across it."""

PITCHES = tuple(np.arange(0.65, 1.46, 0.05).tolist())
"""Distances of characters that are tried, as multiples of the width of the ink: newspapers have flattened ones."""

SHORTEST, LONGEST = 0.6, 1.4
"""Length of a cell, as multiples of the pitch: punctuation may be set at half its width."""

STEP = 2
"""Pixels from one place that is tried as a cut to the next."""

STRETCH = 4.0
"""Weight of a cell's deviation from the pitch against the ink that a cut runs through."""

MARK, SMALL = 0.45, 0.72
"""Maximum size, as a fraction of the pitch, of a mark and of a small kana; other characters stay where they are."""

BASELINE = 0.92
"""Height on which marks and small kana stand in horizontal text; in vertical text they are at the upper right."""

BAR_SHAPE, BAR_LENGTH = 0.3, 0.6
"""Maximum ratio of width to height, and minimum height, of long-vowel marks, dashes and dots: 1 is wider."""

ARC_HEIGHT, ARC_WIDTH = 0.32, 0.6
"""Maximum height and minimum width of a parenthesis, which lies in vertical text."""

EDGE = 2
"""Pixels around ink that are its soft edge."""

MARGIN = 0.12
"""Margin around the characters that are laid side by side, as a fraction of the pitch."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column's picture, which of its pixels are ink, where its cells begin and end, their pitch, and its middle."""

    picture: Image.Image
    ink: npt.NDArray[np.bool_]
    cuts: Sequence[int]
    pitch: int
    centre: float


def read_standing(image: Image.Image, quad: Quad, read: Read) -> OcrLine:
    """Return the text of a column's characters, laid side by side; it is empty if there is no ink.

    `letters` are placed along the column.
    """
    column = _column(image, quad)
    if column is None:
        return OcrLine("", quad, 0.0)
    strip, edges = _side_by_side(column)
    width, height = strip.size
    line = read(strip, np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64))
    places = np.array(column.cuts, np.float64) / column.picture.height
    return replace(line, quad=quad, letters=tuple(_moved(letter, edges / width, places) for letter in line.letters))


def joined(lying: OcrLine, standing: OcrLine) -> OcrLine:
    """Return one line of both readings of a column: the surer of those letters that differ, and lost specks."""
    if text_of(lying.letters) != lying.text or text_of(standing.letters) != standing.text:
        return lying
    if not lying.text:
        return replace(standing, quad=lying.quad)
    letters: list[Letter] = []
    matcher = SequenceMatcher(None, lying.text, standing.text, autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        ours, theirs = lying.letters[first:last], standing.letters[start:end]
        if kind == "replace":
            letters += _surer(ours, theirs)
        elif kind == "insert":
            letters += filter(_is_lost_speck, theirs)
        else:
            letters += ours
    return OcrLine(text_of(letters), lying.quad, fmean(letter.score for letter in letters), tuple(letters))


def _surer(ours: Sequence[Letter], theirs: Sequence[Letter]) -> Sequence[Letter]:
    """Return the lying reading of a place, or the standing one if that is clearly surer; marks beside it are kept."""
    if len(ours) == len(theirs):
        return [their if their.score > our.score + MIN_GAIN else our for our, their in zip(ours, theirs, strict=True)]
    if fmean(letter.score for letter in theirs) > fmean(letter.score for letter in ours) + MIN_GAIN:
        return theirs
    if len(theirs) < len(ours):
        return ours
    before = theirs[:1] if _is_lost_speck(theirs[0]) and theirs[0].text != ours[0].text else ()
    after = theirs[-1:] if _is_lost_speck(theirs[-1]) and theirs[-1].text != ours[-1].text else ()
    return (*before, *ours, *after)


def _is_lost_speck(letter: Letter) -> bool:
    return letter.text in SPECKS and letter.score >= MIN_SPECK_SCORE


def _moved(letter: Letter, edges: npt.NDArray[np.float64], places: npt.NDArray[np.float64]) -> Letter:
    start, end = np.interp([letter.start, letter.end], edges, places).tolist()
    return replace(letter, start=start, end=end)


def _column(image: Image.Image, quad: Quad) -> _Column | None:
    quad = np.clip(np.nan_to_num(quad), 0, image.size)
    width, length = quad_sides(quad)
    if width < 1 or length > MAX_LENGTH * width:
        return None
    # Pillow expects the corners anticlockwise.
    data = quad[[0, 3, 2, 1]].ravel().tolist()
    size = (max(1, round(width)), max(1, round(length)))
    picture = image.transform(size, Image.Transform.QUAD, data, Image.Resampling.BICUBIC)
    picture = picture.resize((WIDTH, max(1, round(length * WIDTH / width))), Image.Resampling.LANCZOS)
    ink = _ink(picture)
    across = np.flatnonzero(ink.sum(axis=0) > MIN_ACROSS * len(ink))
    if not len(across):
        return None
    extent = int(across[-1] - across[0]) + 1
    rows = ink[: len(ink) // STEP * STEP].reshape(-1, STEP * WIDTH).sum(axis=1) / (STEP * extent)
    if not rows.any():
        return None
    cuts, pitch, _ = min((_cut(rows, extent * ratio / STEP) for ratio in PITCHES), key=lambda found: found[2])
    stretch = max(1.0, extent / (pitch * STEP))
    picture = picture.resize((WIDTH, round(picture.height * stretch)), Image.Resampling.BICUBIC)
    cuts = [round(cut * STEP * stretch) for cut in cuts]
    return _Column(picture, _ink(picture), cuts, round(pitch * STEP * stretch), float(across[0] + across[-1] + 1) / 2)


def _ink(picture: Image.Image) -> npt.NDArray[np.bool_]:
    """Return which pixels are characters' ink, bool [height, width]; rules run from edge to edge and are none."""
    grey = np.asarray(picture.convert("L"), np.float32)
    contrast = np.abs(grey - np.median(grey))
    ink = contrast >= max(MIN_CONTRAST, INK * float(np.percentile(contrast, 98)))
    return np.asarray(ink & (ink.mean(axis=1) < RULE)[:, None])


def _cut(rows: npt.NDArray[np.float64], pitch: float) -> tuple[list[int], float, float]:
    """Return where to cut rows with this share of ink into cells near one pitch, the pitch, and the mean cost."""
    count = len(rows)
    lengths = np.arange(max(1, int(SHORTEST * pitch)), int(LONGEST * pitch) + 2)
    stretch = STRETCH * ((lengths - pitch) / pitch) ** 2
    costs = np.full(count + 1, np.inf)
    before = np.zeros(count + 1, np.int64)
    inked = np.flatnonzero(rows)
    first, last = int(inked[0]), int(inked[-1]) + 1
    # The first character may leave room in its cell.
    costs[max(0, first - int(pitch / 2)) : first + 1] = 0.0
    crossed = np.append(rows, 0.0)
    for place in range(first + 1, count + 1):
        possible = lengths[lengths <= place]
        if not len(possible):
            continue
        sums = costs[place - possible] + stretch[: len(possible)]
        best = int(sums.argmin())
        if np.isfinite(sums[best]):
            costs[place], before[place] = sums[best] + crossed[place], place - possible[best]
    ends = np.arange(last, count + 1)
    ends = ends[np.isfinite(costs[ends])]
    if not len(ends):
        return [first, last], pitch, np.inf
    place = int(ends[costs[ends].argmin()])
    cost = float(costs[place])
    cuts = [place]
    while place > first:
        place = int(before[place])
        cuts.append(place)
    return cuts[::-1], pitch, cost / (len(cuts) - 1)


def _side_by_side(column: _Column) -> tuple[Image.Image, npt.NDArray[np.float64]]:
    """Return the characters side by side, and the edges between them in pixels."""
    pitch, margin = column.pitch, round(MARGIN * column.pitch)
    count = len(column.cuts) - 1
    ground = tuple(int(value) for value in np.median(np.asarray(column.picture).reshape(-1, 3), axis=0))
    strip = Image.new("RGB", (pitch * count + 2 * margin, pitch + 2 * margin), ground)
    for number, (top, bottom) in enumerate(pairwise(column.cuts)):
        cell = column.picture.crop((0, top, column.picture.width, bottom))
        placed = _as_in_a_row(cell, column.ink[top:bottom], pitch, column.centre)
        if placed is not None:
            character, x, y = placed
            strip.paste(character, (margin + number * pitch + x, margin + y))
    return strip, margin + pitch * np.arange(count + 1, dtype=np.float64)


def _as_in_a_row(
    cell: Image.Image, ink: npt.NDArray[np.bool_], pitch: int, centre: float
) -> tuple[Image.Image, int, int] | None:
    """Return a cell's character as horizontal text has it, and its left and top in a square; None if it is blank."""
    across, down = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    if not len(across):
        return None
    left, right, top, bottom = int(across[0]), int(across[-1]) + 1, int(down[0]), int(down[-1]) + 1
    box = (max(0, left - EDGE), max(0, top - EDGE), min(cell.width, right + EDGE), min(cell.height, bottom + EDGE))
    character = cell.crop(box)
    if _is_turned(ink[top:bottom, left:right], pitch):
        character = character.rotate(90, expand=True)
        return character, (pitch - character.width) // 2, (pitch - character.height) // 2
    size = max(right - left, bottom - top) / pitch
    floor = round(BASELINE * pitch) - character.height
    is_right = (left + right) / 2 > centre + 0.1 * pitch
    if size <= MARK and is_right:
        return character, round((1 - BASELINE) * pitch), floor
    if size <= SMALL and bottom - top > MARK * pitch:
        return character, (pitch - character.width) // 2, floor
    return character, round(box[0] - centre + pitch / 2), box[1] + (pitch - cell.height) // 2


def _is_turned(ink: npt.NDArray[np.bool_], pitch: int) -> bool:
    """Return whether vertical text has this character turned: a long-vowel mark, dash, bracket or parenthesis."""
    height, width = ink.shape[0] / pitch, ink.shape[1] / pitch
    if height >= BAR_LENGTH and width <= BAR_SHAPE * height:
        return True
    rows, columns = ink.shape
    if height <= ARC_HEIGHT and width >= ARC_WIDTH:
        ends = np.concatenate([ink[:, : columns // 6], ink[:, -(columns // 6) :]], axis=1)
        middle = ink[:, columns * 2 // 5 : columns * 3 // 5]
        return bool(middle.any() and abs(_mean_row(ends) - _mean_row(middle)) > 0.25 * rows)
    if not 0.15 <= min(width, height) <= max(width, height) <= SMALL:
        return False
    return _is_corner(ink) or _is_corner(ink[::-1, ::-1])


def _mean_row(ink: npt.NDArray[np.bool_]) -> float:
    return float(np.nonzero(ink)[0].mean()) if ink.any() else 0.0


def _is_corner(ink: npt.NDArray[np.bool_]) -> bool:
    """Return whether there is ink along the upper and right edges alone."""
    rows, columns = ink.shape
    inside = ink[rows * 2 // 5 :, : columns * 3 // 5]
    top, right = ink[: max(1, rows // 4)].any(axis=0), ink[:, -max(1, columns // 4) :].any(axis=1)
    return not inside.any() and bool(top.mean() > 0.9 and right.mean() > 0.9)
