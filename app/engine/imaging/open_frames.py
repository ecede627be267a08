"""Image files of several frames: multi-page scans and animations."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image

from app.engine.imaging.frame_counts import frame_count, is_animation, seek_to_content
from app.engine.imaging.open_image import (
    MAX_PIXELS,
    MAX_SIDE,
    check_size,
    open_decoder,
    opened_image,
    plain_errors,
    to_rgb,
)
from app.engine.imaging.resolution import square_dots, square_size

MAX_FRAMES = 2000
"""Maximum number of frames that are read from a file; later ones are ignored."""


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
            self.count = min(frame_count(image), MAX_FRAMES)
            self.is_animation = is_animation(image)

    def frame(self, number: int) -> Image.Image:
        """Return a frame, counted from 0, upright, mode RGB. Raises ImageError.

        Frame 0 of an animation is the first frame with content.
        """
        if number == 0 and self.is_animation:
            with opened_image(self._path) as image:
                seek_to_content(image)
                number = image.tell()
        with self._at(number) as image:
            return to_rgb(image)

    def dots(self, number: int) -> float | None:
        """Return the file's resolution in pixels per inch; None if it is missing or implausible."""
        with self._at(number) as image:
            return square_dots(image, square_size(image, MAX_PIXELS, MAX_SIDE))

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
