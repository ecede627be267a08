"""Resolution of image files, and the pixels of faxes and scans that are not square."""

from PIL import Image

_MIN_DOTS, _MAX_DOTS = 36.0, 2400.0
"""Bounds of a plausible resolution, in dots per inch; a file's value outside them is a mistake."""

_MIN_RATIO, _MAX_RATIO = 1.02, 4.0
"""Ratio of both resolutions from which pixels are not square, and above which one of them is a mistake.

Faxes have 204 x 98 and 204 x 196 dots per inch (ITU-T T.4).
"""


def dots_of(image: Image.Image) -> tuple[float, float] | None:
    """Return the stored pixels per inch, across and down the stored pixels; None if missing or implausible."""
    stored = image.info.get("dpi", (0, 0))
    try:
        across, down = float(stored[0]), float(stored[1])
    except (TypeError, ValueError, LookupError, ArithmeticError):
        return None
    # A comparison with NaN is false.
    return (across, down) if all(_MIN_DOTS <= value <= _MAX_DOTS for value in (across, down)) else None


def square_size(image: Image.Image, max_pixels: int, max_side: int) -> tuple[int, int]:
    """Return the stored width and height after making the pixels square, which are the same if they are.

    The coarser direction is enlarged, so that no detail is lost; beyond the limits the finer one is reduced instead.
    """
    dots = dots_of(image)
    if dots is None or not _MIN_RATIO <= max(dots) / min(dots) <= _MAX_RATIO:
        return image.size
    width, height = (round(side * max(dots) / own) for side, own in zip(image.size, dots, strict=True))
    if width * height > max_pixels or max(width, height) > max_side:
        width, height = (max(1, round(side * min(dots) / own)) for side, own in zip(image.size, dots, strict=True))
    return width, height


def square_dots(image: Image.Image, size: tuple[int, int]) -> float | None:
    """Return the pixels per inch of an image of the stored `image` that was made square; None if unknown."""
    dots = dots_of(image)
    return dots[0] * size[0] / image.width if dots else None
