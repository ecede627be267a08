"""Finds ink on a page's picture that looks like text and lies outside the lines of its text layer."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from app.domain.images.geometry import Box
from app.engine.imaging.pdf_drawings import Drawings

MAX_SIDE = 2400
"""Longer side in pixels to which larger pictures are scaled: letters of plans are still 8 pixels high."""

COARSE, AROUND = 4, 15
"""Factor by which a picture is made smaller; side in its pixels of the surroundings whose median is the background."""

MIN_DIFFERENCE = 30
"""Minimum difference of ink from the background, in grey levels."""

MARGIN = 0.25
"""Margin around the lines that are covered, as a fraction of their height."""

MIN_LETTER, MAX_LETTER = 6, 110
"""Height in pixels of letters; smaller ink is noise, larger is drawings."""

MAX_SHAPE = 8.0
"""Maximum ratio of the sides of a letter, or of letters that touch; rules are longer."""

MIN_LETTERS = 4
"""Minimum number of letters side by side that are text."""

PAD = 40
"""Margin in pixels around what is read."""

MAX_PART = 0.4
"""Maximum fraction of the picture that is read as a part; of a larger one the rest is read, too."""

Pixels = npt.NDArray[np.uint8]


def uncovered_area(
    picture: Image.Image, covered: Sequence[Box], unread: Sequence[Box], drawings: Drawings
) -> Box | None:
    """Return the bounding box of text on an RGB picture that is not `covered`, in its pixels; None if there is none.

    The boxes `unread` are known to be text.
    """
    scale = min(1.0, MAX_SIDE / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    grey = np.asarray(picture.convert("L"))
    if scale < 1:
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    ink = _ink(grey)
    _erase(ink, covered, drawings, scale)
    found = [Box(*(side / scale for side in (box.left, box.top, box.right, box.bottom))) for box in _text_boxes(ink)]
    if not found and not unread:
        return None
    around = Box.around([*found, *unread])
    width, height = picture.size
    if around.width * around.height > MAX_PART * width * height:
        return Box(0.0, 0.0, float(width), float(height))
    return Box(
        max(0.0, around.left - PAD),
        max(0.0, around.top - PAD),
        min(float(width), around.right + PAD),
        min(float(height), around.bottom + PAD),
    )


def without(picture: Image.Image, covered: Sequence[Box]) -> Image.Image:
    """Return an RGB picture on which what is covered is painted over in the colour around it."""
    painted = picture.copy()
    draw = ImageDraw.Draw(painted)
    pixels = np.asarray(picture)
    for box in covered:
        left, top, right, bottom = (round(side) for side in (box.left - 2, box.top - 1, box.right + 2, box.bottom + 1))
        edge = pixels[max(0, top) : bottom + 1, max(0, left) : right + 1]
        if edge.size:
            rim = np.concatenate([edge[0], edge[-1], edge[:, 0], edge[:, -1]])
            red, green, blue = (int(channel) for channel in np.median(rim, axis=0))
            draw.rectangle((left, top, right, bottom), fill=(red, green, blue))
    return painted


def _ink(grey: Pixels) -> Pixels:
    size = grey.shape[1], grey.shape[0]
    coarse = cv2.resize(grey, (max(1, size[0] // COARSE), max(1, size[1] // COARSE)), interpolation=cv2.INTER_AREA)
    background = cv2.resize(cv2.medianBlur(coarse, AROUND), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.absdiff(grey, background) > MIN_DIFFERENCE, dtype=np.uint8)


def _erase(ink: Pixels, covered: Sequence[Box], drawings: Drawings, scale: float) -> None:
    for box in covered:
        pad = MARGIN * min(box.height, box.width) * scale + 2
        cv2.rectangle(ink, _corner(box.left, box.top, scale, -pad), _corner(box.right, box.bottom, scale, pad), 0, -1)
    for rule in drawings.rules:
        thickness = max(3, round(rule.width * scale) + 3)
        cv2.line(ink, _corner(rule.start.x, rule.start.y, scale), _corner(rule.end.x, rule.end.y, scale), 0, thickness)
    for fill in drawings.fills:
        first, last = _corner(fill.box.left, fill.box.top, scale), _corner(fill.box.right, fill.box.bottom, scale)
        cv2.rectangle(ink, first, last, 0, 5)


def _corner(x: float, y: float, scale: float, pad: float = 0.0) -> tuple[int, int]:
    return round(x * scale + pad), round(y * scale + pad)


def _text_boxes(ink: Pixels) -> list[Box]:
    """Return the boxes of runs of letters: ink of a letter's size and shape, side by side."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    widths, heights = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    is_letter = (heights >= MIN_LETTER) & (heights <= MAX_LETTER) & (widths <= MAX_SHAPE * heights)
    is_letter &= heights <= MAX_SHAPE * np.maximum(widths, 1)
    is_letter[0] = False
    letters = np.flatnonzero(is_letter)
    if len(letters) < MIN_LETTERS:
        return []
    del labels, count
    runs = np.zeros_like(ink)
    for left, top, width, height, _ in stats[letters].tolist():
        reach = max(3, height // 2)
        cv2.rectangle(
            runs, (left - reach, top + height // 4), (left + width + reach, top + height - height // 4), 1, -1
        )
    _, run_labels, run_stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    middles = stats[letters]
    across = np.clip(middles[:, 0] + middles[:, 2] // 2, 0, ink.shape[1] - 1)
    down = np.clip(middles[:, 1] + middles[:, 3] // 2, 0, ink.shape[0] - 1)
    counts = np.bincount(run_labels[down, across], minlength=len(run_stats))
    return [
        Box(left, top, left + width, top + height)
        for (left, top, width, height, _), letters_in in zip(run_stats[1:].tolist(), counts[1:].tolist(), strict=True)
        if letters_in >= MIN_LETTERS and width >= height
    ]
