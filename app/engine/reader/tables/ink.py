"""What is drawn on a page, after the page has been turned straight."""

from collections.abc import Iterator
from dataclasses import replace
from math import cos, sin

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.word_places import word_places
from app.engine.reader.tables.pieces import Piece, Tilt

Mask = npt.NDArray[np.uint8]
MOST_SIDE = 2000
"""Pixels of a side at which ink is looked for; lines thinner than a pixel then are still seen."""
WIDE_GAP = 0.75
"""Between words of one line that belong to two columns, in heights of the line: three times a space."""
_WINDOW, _DARKER = 31, 10


class Ink:
    """`mask` is 255 where something is drawn; a place (x, y) of the straight page is at `origin` + place * `scale`."""

    def __init__(self, picture: Image.Image, tilt: Tilt) -> None:
        self.scale = min(1.0, MOST_SIDE / max(picture.size))
        grey = picture.convert("L")
        if self.scale < 1:
            size = (round(grey.width * self.scale), round(grey.height * self.scale))
            grey = grey.resize(size, Image.Resampling.BOX)
        pixels = np.asarray(grey)
        if float(np.median(pixels)) < 110:  # Light on dark.
            pixels = 255 - pixels
        mean, inverted = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV
        self.mask = as_mask(cv2.adaptiveThreshold(pixels, 255, mean, inverted, _WINDOW, _DARKER))
        self.origin = (0.0, 0.0)
        if tilt.angle:
            self._straighten(tilt)

    def _straighten(self, tilt: Tilt) -> None:
        height, width = self.mask.shape
        corners = [tilt.straightened(x, y) for x in (0, width) for y in (0, height)]
        left, top = min(x for x, _ in corners), min(y for _, y in corners)
        right, bottom = max(x for x, _ in corners), max(y for _, y in corners)
        turn = -tilt.angle
        matrix = np.array([[cos(turn), -sin(turn), -left], [sin(turn), cos(turn), -top]])
        size = (round(right - left), round(bottom - top))
        straight = cv2.warpAffine(self.mask, matrix, size, flags=cv2.INTER_LINEAR)
        self.mask, self.origin = as_mask(np.where(straight > 90, 255, 0)), (left, top)

    def split(self, piece: Piece) -> list[Piece]:
        """A piece as wide as what is drawn, and cut where nothing is for long: its words stand in several columns."""
        runs = list(self._runs(piece))
        words = word_places(piece.text)
        if not runs:
            return [piece]
        if len(runs) < 2 or len(words) < 2:
            return [replace(piece, left=runs[0][0], right=runs[-1][1])]
        drawn = sum(end - begin for begin, end in runs)
        ends = np.cumsum([(end - begin) / drawn for begin, end in runs])[:-1]
        parts: dict[int, list[str]] = {}
        for word in words:
            parts.setdefault(int((ends < (word.start + word.end) / 2).sum()), []).append(word.text)
        return [
            Piece(" ".join(texts), runs[number][0], piece.top, runs[number][1], piece.bottom)
            for number, texts in parts.items()
        ]

    def _runs(self, piece: Piece) -> Iterator[tuple[float, float]]:
        """Begin and end of what is drawn within a piece, in pixels of the page; narrow gaps do not count."""
        left, right = (round(x * self.scale - self.origin[0]) for x in (piece.left, piece.right))
        # Above and below, lines of a table may reach in.
        inset = 0.15 * piece.height
        top, bottom = (round(y * self.scale - self.origin[1]) for y in (piece.top + inset, piece.bottom - inset))
        columns = np.flatnonzero(self.mask[max(0, top) : bottom, max(0, left) : right].any(axis=0)) + max(0, left)
        if not columns.size:
            return
        wide = WIDE_GAP * piece.height * self.scale
        begin = last = int(columns[0])
        for column in columns[1:].tolist():
            if column - last > wide:
                yield (begin + self.origin[0]) / self.scale, (last + 1 + self.origin[0]) / self.scale
                begin = column
            last = column
        yield (begin + self.origin[0]) / self.scale, (last + 1 + self.origin[0]) / self.scale


def as_mask(pixels: npt.NDArray[np.generic]) -> Mask:
    """OpenCV tells less of its results' types than is known."""
    return pixels.astype(np.uint8, copy=False)
