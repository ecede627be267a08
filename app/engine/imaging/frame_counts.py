"""What the frames of an image file are: pages, the steps of an animation, or a camera's second picture."""

import numpy as np
from PIL import Image

_MOVING = {"GIF", "WEBP", "PNG", "AVIF"}

MAX_BLANK_FRAMES = 100
"""Maximum number of blank frames at an animation's beginning that are skipped; each of them is decoded."""

_FLAT = 8
"""Maximum difference of the levels of a blank frame, out of 255: what lossy compression does to a plain colour."""


def frame_count(image: Image.Image) -> int:
    """Return the number of frames, at least 1.

    A Multi-Picture Object (CIPA DC-007) is one: its other pictures are a preview, a depth or a gain map of the first.
    """
    return 1 if image.format == "MPO" else max(1, int(getattr(image, "n_frames", 1)))


def is_animation(image: Image.Image) -> bool:
    """Return whether the frames are shown one after the other rather than being pages."""
    return image.format in _MOVING and frame_count(image) > 1


def seek_to_content(image: Image.Image) -> None:
    """Go to the first frame of an animation that is not blank; stay at the first if the frames after it are, too."""
    for number in range(min(frame_count(image), MAX_BLANK_FRAMES)):
        image.seek(number)
        if not _is_blank(image):
            return
    image.seek(0)


def _is_blank(image: Image.Image) -> bool:
    pixels = np.asarray(image.convert("RGBA"))
    visible = pixels[pixels[..., 3] > 0]
    is_whole = len(visible) in {0, pixels.shape[0] * pixels.shape[1]}
    return is_whole and (not len(visible) or bool((np.ptp(visible[:, :3], axis=0) <= _FLAT).all()))
