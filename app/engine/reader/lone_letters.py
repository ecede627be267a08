"""Letters that stand alone and look the same small and capital, as in "2 x 3.50": their height tells which they are."""

import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from app.engine.reader.ctc_decoding import Letter, text_of

_LONE = re.compile(r"(?<!\S)[xXcCoOsSvVwWzZ](?!\S)|(?<=\d)[xX](?=\d|$|\s)")

_SMALL = frozenset("acemnorsuvwxz")
SMALL_SHARE = 0.73
"""Letters as high as small ones alone are, and their height as a fraction of a capital's, for lines without those."""

MAX_SMALL, MIN_CAPITAL = 0.84, 0.93
"""Maximum height of a small letter, and minimum height of a capital, as fractions of that of the line's figures and
capitals: small ones have 0.65 to 0.78, capitals 0.95 to 1.05."""

MIN_CONTRAST = 40
"""Minimum difference between the grey levels of ink and ground."""

REACH = 3
"""Distance in pixels from its middle, along a line of 48 pixels, within which a letter has ink."""

Ink = npt.NDArray[np.int32]
"""int32 [pieces, 5]: left, top, width, height and area of pieces of ink, in pixels."""


def with_case_by_height(letters: Sequence[Letter], crop: Image.Image, width: int) -> list[Letter]:
    """Return the letters of a crop with such ones small or capital; their places are fractions of `width` pixels."""
    text = text_of(letters)
    if len(text) != len(letters) or not (lone := [match.start() for match in _LONE.finditer(text)]):
        return list(letters)
    ink = _ink(crop)
    capitals, small = [], []
    for number, letter in enumerate(letters):
        height = 0 if number in lone else _height(ink, letter.centre * width)
        if height and (letter.text.isdecimal() or letter.text.isupper()):
            capitals.append(float(height))
        elif height and letter.text in _SMALL:
            small.append(height / SMALL_SHARE)
    # Where all other letters are capitals, a small one is the sign of times, or a capital that is hardly printed.
    is_capitals = "".join(sign for number, sign in enumerate(text) if number not in lone).isupper()
    found = list(letters)
    for number in lone if capitals or small else ():
        share = _height(ink, found[number].centre * width) / median(capitals or small)
        if 0 < share <= MAX_SMALL and not (is_capitals and text[number] != "X"):
            found[number] = replace(found[number], text=found[number].text.lower())
        elif share >= MIN_CAPITAL and not _is_between_figures(text, number):
            found[number] = replace(found[number], text=found[number].text.upper())
    return found


def _is_between_figures(text: str, number: int) -> bool:
    """Return whether a letter is close to a figure, with which it may be one piece of ink."""
    return text[max(0, number - 1) : number].isdecimal() or text[number + 1 : number + 2].isdecimal()


def _ink(crop: Image.Image) -> Ink:
    """Return the pieces of ink of a line that is dark on light or light on dark."""
    grey = np.asarray(crop.convert("L"))
    _, dark = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if int(grey.max()) - int(grey.min()) < MIN_CONTRAST:
        return np.zeros((0, 5), np.int32)
    is_ink = dark if dark.mean() <= 1 / 2 else 1 - dark
    return np.asarray(cv2.connectedComponentsWithStats(is_ink.astype(np.uint8))[2][1:], np.int32)


def _height(ink: Ink, middle: float) -> int:
    """Return the height of the ink at the middle of a letter, which may be in pieces; 0 if there is none."""
    left, right = ink[:, 0], ink[:, 0] + ink[:, 2]
    near = ink[(left <= middle + REACH) & (right >= middle - REACH)]
    return int((near[:, 1] + near[:, 3]).max() - near[:, 1].min()) if len(near) else 0
