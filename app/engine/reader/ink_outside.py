"""Dark ink outside the lines of a page."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from app.engine.reader.recognise import OcrLine

COARSE, AROUND = 4, 15
"""Factor by which a picture is made smaller; side in its pixels of the surroundings whose median is the paper."""

MIN_DARK = 50
"""Minimum difference of ink from the paper, in grey levels."""

Pieces = npt.NDArray[np.int32]
"""Pieces of ink that is connected, int32 [pieces, 5]: left, top, width, height and area in pixels."""


def dark_ink(grey: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return which pixels of a page are ink, 1 or 0, and the paper's grey level there, each uint8 [height, width]."""
    size = grey.shape[1], grey.shape[0]
    coarse = cv2.resize(grey, (max(1, size[0] // COARSE), max(1, size[1] // COARSE)), interpolation=cv2.INTER_AREA)
    paper = cv2.resize(cv2.medianBlur(coarse, AROUND), size, interpolation=cv2.INTER_LINEAR)
    return np.array(cv2.subtract(paper, grey) > MIN_DARK, dtype=np.uint8), np.asarray(paper, np.uint8)


def pieces_outside(grey: npt.NDArray[np.uint8], lines: Sequence[OcrLine]) -> Pieces:
    """Return the dark pieces outside all lines of a page uint8 [height, width]."""
    ink, _ = dark_ink(grey)
    for line in lines:
        cv2.fillConvexPoly(ink, np.rint(line.quad).astype(np.int32), 0)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    return np.asarray(stats[1:], dtype=np.int32)


def not_in(pieces: Pieces, lines: Sequence[OcrLine]) -> Pieces:
    """Return the pieces whose middle is in the box of none of these lines."""
    middles = pieces[:, :2] + pieces[:, 2:4] / 2
    is_outside = np.ones(len(pieces), np.bool_)
    for line in lines:
        first, last = line.quad.min(axis=0), line.quad.max(axis=0)
        is_outside &= ~((middles >= first) & (middles <= last)).all(axis=1)
    return pieces[is_outside]
