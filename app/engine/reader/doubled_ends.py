"""Finds letters that were detected twice: at the end of a line, and beside it in a box of their own.

Where there is a gap before a line's last letter, the detector may give it a second box, which overlaps the line's.
"""

from collections.abc import Sequence

import numpy as np

from app.engine.reader.recognise import OcrLine

MAX_LETTERS = 2
"""Maximum length of such a text."""

MIN_OVERLAP = 0.4
"""Minimum part of its box that the line's box covers: neighbours' boxes touch, and overlap by a tenth or two."""


def without_doubled_ends(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """Return the lines without those that are the first or last letters of another, in an overlapping box."""
    boxes = [(*line.quad.min(axis=0), *line.quad.max(axis=0)) for line in lines]
    corners = np.array(boxes, np.float64).reshape(-1, 4)
    return [line for number, line in enumerate(lines) if not _is_doubled(number, lines, corners)]


def _is_doubled(number: int, lines: Sequence[OcrLine], boxes: "np.typing.NDArray[np.float64]") -> bool:
    text, box = lines[number].text, boxes[number]
    if not 0 < len(text) <= MAX_LETTERS:
        return False
    sides = np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2])
    shares = np.clip(sides, 0, None).prod(axis=1) / max(1e-6, float((box[2:] - box[:2]).prod()))
    overlapping = [lines[other].text for other in np.flatnonzero(shares >= MIN_OVERLAP).tolist() if other != number]
    return any(len(other) > len(text) and (other.endswith(text) or other.startswith(text)) for other in overlapping)
