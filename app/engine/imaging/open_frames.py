"""Image files of several frames: multi-page scans and animations."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image

from app.engine.imaging.open_image import check_size, open_decoder, opened_image, plain_errors, to_rgb

MAX_FRAMES = 2000
"""Maximum number of frames that are read from a file; later ones are ignored."""
_MOVING = {"GIF", "WEBP", "PNG", "AVIF"}
_MIN_DOTS, _MAX_DOTS = 36.0, 2400.0
"""Bounds of a plausible resolution, in dots per inch; a file's value outside them is a mistake."""


class FrameFile:
    """The `count` frames of the image file at `path`; `is_animation` distinguishes animations from pages.

    An animation is stored as changes from frame to frame, so that a frame costs all those before it, unless they are
    requested within `in_order`. Raises ImageError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._decoder: Image.Image | None = None
        self._opened = ExitStack()
        self._is_in_order = False
        with opened_image(path) as image:
            self.count = max(1, min(int(getattr(image, "n_frames", 1)), MAX_FRAMES))
            self.is_animation = self.count > 1 and image.format in _MOVING

    def frame(self, number: int) -> Image.Image:
        """Return a frame, counted from 0, upright, mode RGB. Raises ImageError."""
        with self._at(number) as image:
            return to_rgb(image)

    def dots(self, number: int) -> float | None:
        """Return the file's resolution in pixels per inch; None if it is missing or implausible."""
        with self._at(number) as image:
            stored = image.info.get("dpi", (0, 0))
        try:
            dots = float(stored[0])
        except (TypeError, ValueError, LookupError, ArithmeticError):
            return None
        return dots if _MIN_DOTS <= dots <= _MAX_DOTS else None

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """Keep the file open, so that frames requested in order are each decoded once."""
        self._is_in_order = True
        try:
            yield
        finally:
            self._is_in_order = False
            self._close()

    @contextmanager
    def _at(self, number: int) -> Iterator[Image.Image]:
        """Open the file at a frame; a decoder that has failed, or is beyond the frame, is not reused."""
        with plain_errors(self._path):
            if self._decoder and self._decoder.tell() > number:
                self._close()
            image = self._decoder or self._opened.enter_context(open_decoder(self._path))
            try:
                if image.tell() != number:
                    image.seek(number)
                    check_size(self._path, image.size)
                yield image
            except BaseException:
                self._close()
                raise
            self._decoder = image
            if not self._is_in_order:
                self._close()

    def _close(self) -> None:
        self._decoder = None
        self._opened.close()
