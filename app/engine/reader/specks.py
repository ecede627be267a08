"""Takes single dark and light pixels off a picture, as faxes, copies and dithering leave them: they hide points."""

import cv2
import numpy as np
from PIL import Image

MIN_DIFFERENCE = 60
"""Minimum difference of a speck from all its eight neighbours, in grey levels."""

MIN_SHARE = 0.008
"""Minimum share of specks among a picture's pixels: small print in newspapers and tables have up to 0.003."""


def without_specks(image: Image.Image) -> Image.Image:
    """Return an RGB image with the median of its neighbours in the place of each speck if there are many."""
    grey = np.asarray(image.convert("L"))
    neighbours = np.ones((3, 3), np.uint8)
    neighbours[1, 1] = 0
    darkest, lightest = cv2.erode(grey, neighbours), cv2.dilate(grey, neighbours)
    # Differences of unsigned bytes are 0 where they would be negative.
    is_speck = np.maximum(cv2.subtract(darkest, grey), cv2.subtract(grey, lightest)) > MIN_DIFFERENCE
    if is_speck.mean() < MIN_SHARE:
        return image
    pixels = np.array(image)
    pixels[is_speck] = cv2.medianBlur(pixels, 3)[is_speck]
    cleaned = Image.fromarray(pixels)
    cleaned.info = dict(image.info)
    return cleaned
