"""Grey images of more than 8 bits: scanners, cameras and microscopes use 10, 12 or 16 of 16 bits, or a part of them."""

import numpy as np
from PIL import Image

_DEPTHS = (8, 10, 12, 14, 16)
"""Bits that the values of such an image may have."""

_NARROW = 0.25
"""Share of the depth's values below which only those that the image has are spread over black to white."""

_OUTLIERS = 0.01
"""Percentage of pixels at either end that a narrow range leaves out: a sensor's dead pixels, not small text."""


def is_deep_grey(image: Image.Image) -> bool:
    """Return whether an image has one channel of more than 8 bits."""
    return image.mode in {"I", "F"} or image.mode.startswith("I;16")


def to_grey(image: Image.Image) -> Image.Image:
    """Scale deep grey to mode L; Pillow's own conversion clips everything above 255 to white."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    low, high = _window(values, is_float=image.mode == "F")
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return Image.fromarray(scaled.clip(0, 255).round().astype(np.uint8), mode="L")


def _window(values: "np.typing.NDArray[np.float64]", *, is_float: bool) -> tuple[float, float]:
    """Return the values that become black and white."""
    low, high = float(values.min()), float(values.max())
    if is_float or low < 0 or high > 65_535:
        return low, high
    depth = next(2.0**bits - 1 for bits in _DEPTHS if high < 2**bits)
    low, high = (float(value) for value in np.percentile(values, (_OUTLIERS, 100 - _OUTLIERS)))
    return (low, high) if 0 < high - low < _NARROW * depth else (0.0, depth)
