"""Deskews scans in PDFs: the page's content is drawn rotated, so that its pictures keep their data.

The text is written under the same rotation as the picture that it was read in, and so stays on its ink.
"""

from collections.abc import Sequence
from itertools import accumulate
from math import atan2, cos, degrees, hypot, radians, sin

from app.domain.images.geometry import TextLine
from app.engine.imaging.pdf_frame import PdfFrame

MIN_LINES = 3
"""Minimum number of lines that show a page's skew."""

MIN_LENGTH = 5.0
"""Minimum length of such a line in heights: a short one's slope is not known."""

MIN_SKEW, MAX_SKEW = 0.2, 15.0
"""Skew in degrees that is removed: less is not seen, more is no accident of scanning."""

MAX_SPREAD = 1.0
"""Maximum median deviation from the skew in degrees: lines of a photographed page run in several directions."""


def deskewing(lines: Sequence[TextLine], frame: PdfFrame) -> str:
    """Return the operator that rotates a page's content about its middle, so that its lines are level; or nothing."""
    skew = _skew(lines, frame)
    if skew is None or not MIN_SKEW <= abs(skew) <= MAX_SKEW:
        return ""
    across, up = cos(radians(-skew)), sin(radians(-skew))
    x, y = (frame.left + frame.right) / 2, (frame.bottom + frame.top) / 2
    numbers = (across, up, -up, across, x - across * x + up * y, y - up * x - across * y)
    return " ".join(f"{number:.6f}" for number in numbers) + " cm\n"


def _skew(lines: Sequence[TextLine], frame: PdfFrame) -> float | None:
    """Return by how many degrees, anticlockwise, lines rise over the nearest side of the page; None if unknown."""
    slopes: list[tuple[float, float]] = []
    for line in lines:
        top, _, end, start = (frame.to_points(corner) for corner in line.quad)
        across, up = end[0] - start[0], end[1] - start[1]
        length = hypot(across, up)
        if length >= MIN_LENGTH * max(hypot(top[0] - start[0], top[1] - start[1]), 1e-6):
            slopes.append(((degrees(atan2(up, across)) + 45) % 90 - 45, length))
    if len(slopes) < MIN_LINES:
        return None
    skew = _median(slopes)
    spread = _median([(abs(slope - skew), length) for slope, length in slopes])
    return skew if spread <= MAX_SPREAD else None


def _median(weighted: Sequence[tuple[float, float]]) -> float:
    """Return the value with half of the weight below it."""
    ordered = sorted(weighted)
    total = sum(weight for _, weight in ordered)
    sums = accumulate(weight for _, weight in ordered)
    return next(value for (value, _), below in zip(ordered, sums, strict=True) if below >= total / 2)
