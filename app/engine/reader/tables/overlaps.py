"""Makes boxes as high as their text: those of a recogniser reach into the lines above and below in dense print."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.engine.reader.text_boxes import TextBox

MAX_HEIGHT, NEW_HEIGHT = 1.3, 1.15
"""Maximum height of a box as a multiple of the distance to the next line above or below, and that of a higher one then:
a recogniser's usual margin stays, as gaps between words are measured in heights.
"""

MIN_DISTANCE, MAX_GROWTH = 0.45, 1.6
"""Minimum distance of two lines, in heights of the higher box, and maximum ratio of their heights.

Others are parts of one line, such as an index, or a label beside two lines.
"""


def without_overlaps(text_boxes: Sequence[TextBox]) -> list[TextBox]:
    """Return the boxes, none of which reaches to the middle of the line above or below it."""
    if not text_boxes:
        return []
    left, top, right, bottom = np.array([(box.left, box.top, box.right, box.bottom) for box in text_boxes]).T
    middle, height = (top + bottom) / 2, bottom - top
    kept = []
    for number, box in enumerate(text_boxes):
        distance = np.abs(middle - middle[number])
        is_beside = (left >= box.right) | (right <= box.left)
        higher, lower = np.maximum(height, box.height), np.minimum(height, box.height)
        is_line = ~is_beside & (distance > MIN_DISTANCE * higher) & (higher < MAX_GROWTH * lower)
        nearest = float(distance.min(where=is_line, initial=np.inf))
        if box.height <= MAX_HEIGHT * nearest:
            kept.append(box)
        else:
            half = NEW_HEIGHT * nearest / 2
            kept.append(replace(box, top=box.middle - half, bottom=box.middle + half))
    return kept
