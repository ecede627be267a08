"""Stretches the contrast of pictures whose ink is nearly as light, or as dark, as what it is on."""

import cv2
import numpy as np
from PIL import Image

MAX_RANGE = 40
"""Range of grey levels from which the detector sees ink by itself; it misses letters that differ by eight."""

MIN_INK, MAX_INK = 5e-4, 0.3
"""Fractions of a picture's pixels that ink is."""

MIN_LEVELS, NOISE = 1.5, 6.0
"""Difference from the ground by which ink stands out, in grey levels, and as a multiple of the ground's own."""


def with_contrast(image: Image.Image) -> Image.Image:
    """Return an RGB image with its grey levels stretched if there is faint ink on it, else the image itself."""
    grey = np.asarray(image.convert("L"))
    if not 0 < int(grey.max()) - int(grey.min()) < MAX_RANGE:
        return image
    # The mean of neighbours has a third of their noise; strokes are wider.
    smooth = np.asarray(cv2.blur(grey.astype(np.float32), (3, 3)))
    aside = np.abs(smooth - np.median(smooth))
    is_ink = aside > max(MIN_LEVELS, NOISE * float(np.percentile(aside, 68)))
    if not MIN_INK <= is_ink.mean() <= MAX_INK:
        return image
    low, high = float(smooth.min()), float(smooth.max())
    levels = [round(min(255.0, max(0.0, (level - low) * 255 / (high - low)))) for level in range(256)]
    stretched = image.point(levels * 3)
    stretched.info = dict(image.info)
    return stretched
