"""Foreground pixels of a deskewed page."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import cos, sin

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.domain.images.geometry import Box
from app.domain.text.word_spans import word_spans
from app.engine.reader.tables.rules import Rule
from app.engine.reader.tables.skew import Skew
from app.engine.reader.text_boxes import TextBox

Mask = npt.NDArray[np.uint8]
MAX_SIDE = 2000
"""Maximum side in pixels of the foreground mask; lines thinner than a pixel at this size are still detected."""
MIN_COLUMN_GAP = 0.75
"""Minimum gap between words of one line in different columns, in line heights: three times a space."""
RULE_WIDTH = 3
"""Pixels on both sides of a vertical rule's middle that belong to it."""
_WINDOW, _DARKER = 31, 10


class Foreground:
    """A page's foreground: `mask` is uint8 [height, width], 255 where something is drawn.

    A point of the deskewed page, in pixels of the original, is at point * `scale` - `origin` in the mask.
    """

    def __init__(self, picture: Image.Image, skew: Skew) -> None:
        self.scale = min(1.0, MAX_SIDE / max(picture.size))
        grey = picture.convert("L")
        if self.scale < 1:
            size = (max(1, round(grey.width * self.scale)), max(1, round(grey.height * self.scale)))
            grey = grey.resize(size, Image.Resampling.BOX)
        pixels = np.asarray(grey)
        if float(np.median(pixels)) < 110:  # Light on dark.
            pixels = 255 - pixels
        mean, inverted = cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV
        self.mask = as_mask(cv2.adaptiveThreshold(pixels, 255, mean, inverted, _WINDOW, _DARKER))
        self.origin = (0.0, 0.0)
        if skew.angle:
            self._deskew(skew)

    def _deskew(self, skew: Skew) -> None:
        height, width = self.mask.shape
        box = Box.around_points(skew.deskewed(corner) for corner in Box(0, 0, width, height).corners)
        angle = -skew.angle
        matrix = np.array([[cos(angle), -sin(angle), -box.left], [sin(angle), cos(angle), -box.top]])
        size = (max(1, round(box.width)), max(1, round(box.height)))
        deskewed = cv2.warpAffine(self.mask, matrix, size, flags=cv2.INTER_LINEAR)
        self.mask, self.origin = as_mask(np.where(deskewed > 90, 255, 0)), (box.left, box.top)

    def split(self, text_box: TextBox, upright: Sequence[Rule] = ()) -> list[TextBox]:
        """Shrink a text box to its foreground's width, and split it at gaps so wide that they separate columns.

        The rules in `upright` are no text.
        """
        runs = list(self._runs(text_box, upright))
        words = word_spans(text_box.text)
        if not runs:
            return [text_box]
        if len(runs) < 2 or len(words) < 2:
            return [replace(text_box, left=runs[0][0], right=runs[-1][1])]
        drawn = sum(end - begin for begin, end in runs)
        ends = np.cumsum([(end - begin) / drawn for begin, end in runs])[:-1]
        parts: dict[int, list[str]] = {}
        for word in words:
            parts.setdefault(int((ends < (word.start + word.end) / 2).sum()), []).append(word.text)
        return [
            TextBox(" ".join(texts), runs[number][0], text_box.top, runs[number][1], text_box.bottom)
            for number, texts in parts.items()
        ]

    def _runs(self, text_box: TextBox, upright: Sequence[Rule]) -> Iterator[tuple[float, float]]:
        """Yield the left and right ends of foreground in a text box, in pixels of the page, ignoring narrow gaps."""
        left, right = (round(x * self.scale - self.origin[0]) for x in (text_box.left, text_box.right))
        # A table's lines may reach into the top and bottom of the box.
        inset = 0.15 * text_box.height
        top, bottom = (round(y * self.scale - self.origin[1]) for y in (text_box.top + inset, text_box.bottom - inset))
        drawn = np.array(self.mask[max(0, top) : bottom, max(0, left) : right].any(axis=0), dtype=np.bool_)
        for rule in upright:
            if text_box.left <= rule.position <= text_box.right and rule.covers(text_box.top, text_box.bottom) > 0.5:
                x = round(rule.position * self.scale - self.origin[0]) - max(0, left)
                drawn[max(0, x - RULE_WIDTH) : max(0, x + RULE_WIDTH + 1)] = False
        columns = np.flatnonzero(drawn) + max(0, left)
        if not columns.size:
            return
        wide = MIN_COLUMN_GAP * text_box.height * self.scale
        begin = last = int(columns[0])
        for column in columns[1:].tolist():
            if column - last > wide:
                yield (begin + self.origin[0]) / self.scale, (last + 1 + self.origin[0]) / self.scale
                begin = column
            last = column
        yield (begin + self.origin[0]) / self.scale, (last + 1 + self.origin[0]) / self.scale


def as_mask(pixels: npt.NDArray[np.generic]) -> Mask:
    """Narrow an OpenCV result to uint8, which its stubs do not express."""
    return pixels.astype(np.uint8, copy=False)
