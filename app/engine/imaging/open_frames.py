"""Image files of several frames: scans of several pages, and what moves."""

from pathlib import Path

from PIL import Image

from app.engine.imaging.open_image import check_size, opened_image, to_rgb

MOST_FRAMES = 2000
"""What a file has beyond that is left aside."""
_MOVING = {"GIF", "WEBP", "PNG", "AVIF"}
_LEAST_DOTS, _MOST_DOTS = 36.0, 2400.0
"""To the inch: what a file says beyond these is a mistake."""


class FrameFile:
    """The frames of the image file at `path`, `count` of them; `is_animation` tells those that move from pages.

    Raises ImageError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with opened_image(path) as image:
            self.count = max(1, min(int(getattr(image, "n_frames", 1)), MOST_FRAMES))
            self.is_animation = self.count > 1 and image.format in _MOVING

    def frame(self, number: int) -> Image.Image:
        """A frame, counted from 0, upright, mode RGB. Raises ImageError."""
        with opened_image(self._path) as image:  # Anew for each: decoders keep what they have decoded.
            if number:
                image.seek(number)
                check_size(self._path, image.size)
            return to_rgb(image)

    def dots(self, number: int) -> float | None:
        """Pixels to the inch, as the file tells; None where it does not, or nonsense."""
        with opened_image(self._path) as image:
            if number:
                image.seek(number)
            told = image.info.get("dpi", (0, 0))
        try:
            dots = float(told[0])
        except (TypeError, ValueError, LookupError, ArithmeticError):
            return None
        return dots if _LEAST_DOTS <= dots <= _MOST_DOTS else None
