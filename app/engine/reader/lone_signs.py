"""Finds what the detector misses as it stands alone in a row of a page: figures and dashes."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from app.engine.reader.ink_outside import not_in, pieces_outside
from app.engine.reader.lone_dashes import lone_dashes
from app.engine.reader.lone_figures import MIN_SCORE, lone_figures
from app.engine.reader.recognise import OcrLine
from app.engine.reader.rotation import LineReader

MIN_LINES, MAX_SIDE = 6, 4100
"""Minimum number of lines on such a page, and its maximum side in pixels."""


def with_lone_signs(image: Image.Image, lines: Sequence[OcrLine], reader: LineReader) -> list[OcrLine]:
    """Return the lines of an upright RGB image, with the figures and dashes that stand alone beside them."""
    rows = [line for line in lines if line.score >= MIN_SCORE and line.text]
    if len(rows) < MIN_LINES or max(image.size) > MAX_SIDE:
        return list(lines)
    grey = np.asarray(image.convert("L"))
    pieces = pieces_outside(grey, lines)
    figures = lone_figures(image, pieces, rows, reader)
    return [*lines, *figures, *lone_dashes(grey, not_in(pieces, figures), [*rows, *figures])]
