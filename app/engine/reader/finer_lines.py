"""Finds the lines of a page in another script again, at the scale that Tesseract's networks need.

PP-OCR's recogniser reads a line although its box shows parts of those above and below, as it does on a page of dense
text that is scaled down for the detection. The other networks do not, so that close boxes are worth a finer look.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.ports import CancelCheck
from app.engine.reader.find_lines import find_lines_finely
from app.engine.reader.gutters import cut_at_gutters
from app.engine.reader.recognise import OcrLine
from app.engine.reader.rotation import LineReader

MIN_UNREAD, MIN_OVERLAP = 4, 0.3
"""Minimum number of lines that were not read for looking again; and minimum overlap of most of their boxes with another
one above or below, as a fraction of their height: 0.45 in newspapers, 0.2 on photographs of books, 0 in books.
"""


def with_finer_lines(
    image: Image.Image, read: Sequence[OcrLine], unread: Sequence[OcrLine], reader: LineReader, check: CancelCheck
) -> list[OcrLine]:
    """Return the lines of an upright RGB image, those that were not read as they are found at a finer scale."""
    quads = [line.quad for line in unread]
    is_dense = len(unread) >= MIN_UNREAD and _overlap(_boxes(unread)) >= MIN_OVERLAP
    fine = find_lines_finely(image, quads, reader, check) if is_dense else quads
    if fine is quads:
        return [*read, *unread]
    taken = _boxes(read)
    middles = (taken[:, :2] + taken[:, 2:]) / 2
    found = list(read)
    for quad in cut_at_gutters(image, fine):
        low, high = quad.min(axis=0), quad.max(axis=0)
        middle = (low + high) / 2
        is_inside = ((taken[:, :2] <= middle) & (middle <= taken[:, 2:])).all(axis=1)
        is_around = ((low <= middles) & (middles <= high)).all(axis=1)
        if not (is_inside | is_around).any():
            check()
            found.append(reader.read(image, quad))
    return found


def _overlap(boxes: npt.NDArray[np.float64]) -> float:
    """Return the median of how far each box reaches into another one in its column, as a fraction of its height."""
    left, top, right, bottom = (boxes[:, edge] for edge in range(4))
    shared = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    is_column = np.minimum(right[:, None], right) - np.maximum(left[:, None], left) > 0
    np.fill_diagonal(is_column, val=False)
    return float(np.median(np.where(is_column, np.maximum(shared, 0), 0).max(axis=1) / np.maximum(bottom - top, 1.0)))


def _boxes(lines: Sequence[OcrLine]) -> npt.NDArray[np.float64]:
    """Return the bounding boxes float64 [lines, 4]: left, top, right, bottom."""
    return np.array([[*line.quad.min(axis=0), *line.quad.max(axis=0)] for line in lines]).reshape(-1, 4)
