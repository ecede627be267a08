"""Image files of several frames: scans of several pages, and what moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from app.engine.imaging.open_image import check_size, open_decoder, opened_image, plain_errors, to_rgb

MOST_FRAMES = 2000
"""What a file has beyond that is left aside."""
_MOVING = {"GIF", "WEBP", "PNG", "AVIF"}
_LEAST_DOTS, _MOST_DOTS = 36.0, 2400.0
"""To the inch: what a file says beyond these is a mistake."""


class FrameFile:
    """The frames of the image file at `path`, `count` of them; `is_animation` tells those that move from pages.

    What moves is told as changes from frame to frame, so that a frame costs all those before it, unless they are asked
    for within `in_order`. Raises ImageError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._decoder: Image.Image | None = None
        self._is_in_order = False
        with opened_image(path) as image:
            self.count = max(1, min(int(getattr(image, "n_frames", 1)), MOST_FRAMES))
            self.is_animation = self.count > 1 and image.format in _MOVING

    def frame(self, number: int) -> Image.Image:
        """A frame, counted from 0, upright, mode RGB. Raises ImageError."""
        with self._at(number) as image:
            return to_rgb(image)

    def dots(self, number: int) -> float | None:
        """Pixels to the inch, as the file tells; None where it does not, or nonsense."""
        with self._at(number) as image:
            told = image.info.get("dpi", (0, 0))
        try:
            dots = float(told[0])
        except (TypeError, ValueError, LookupError, ArithmeticError):
            return None
        return dots if _LEAST_DOTS <= dots <= _MOST_DOTS else None

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """Within this the file stays open, and frames that are asked for in order are decoded once each."""
        self._is_in_order = True
        try:
            yield
        finally:
            self._is_in_order = False
            self._let_go()

    @contextmanager
    def _at(self, number: int) -> Iterator[Image.Image]:
        """The file, opened and at a frame; a decoder that has failed, or is beyond the frame, is not used again."""
        decoder, self._decoder = self._decoder, None
        with plain_errors(self._path):
            if decoder and decoder.tell() > number:
                decoder.close()
                decoder = None
            image = decoder or open_decoder(self._path)
            try:
                if image.tell() != number:
                    image.seek(number)
                    check_size(self._path, image.size)
                yield image
            except BaseException:
                image.close()
                raise
            self._decoder = image
            if not self._is_in_order:
                self._let_go()

    def _let_go(self) -> None:
        if self._decoder:
            self._decoder.close()
            self._decoder = None
