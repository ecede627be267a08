"""A rough map of lines of text without the detector, which loses curved ones: ink, darker than what surrounds it."""

import cv2
import numpy as np
from PIL import Image

from app.engine.reader.tiles import TextMap

SIDE = 960
"""Longer side of the map in pixels."""

SURROUNDINGS, CONTRAST = 31, 12
"""Side of the square whose mean brightness ink is compared with, in pixels, and by how many levels it is darker."""

GAP = 11
"""Maximum gap within a line, in pixels."""


def ink_map(image: Image.Image) -> TextMap:
    """Return the map of an RGB image, uint8 [height, width], 255 where a line may be."""
    scale = min(1.0, SIDE / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    grey = np.asarray(image.convert("L").resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    ink = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, SURROUNDINGS, float(CONTRAST)
    )
    return np.asarray(ink, dtype=np.uint8)


def joined(ink: TextMap) -> TextMap:
    """Join the letters of lines along x."""
    return np.asarray(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, GAP), np.uint8)), dtype=np.uint8)
