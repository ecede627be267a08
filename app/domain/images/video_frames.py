"""Sampling and scaling of a video's frames for the model, as in Qwen3-VL's video processor.

The numbers are those of the published video_preprocessor_config.json and of `Qwen3VLVideoProcessor` in transformers
(models/qwen3_vl/video_processing_qwen3_vl.py) with its limit for each frame, which qwen-vl-utils has, too.
"""

import math
from dataclasses import dataclass

from app.domain.images.visual_tokens import TOKEN_SIDE

TOGETHER = 2
"""Number of frames that the vision tower merges: its temporal patch size."""
MAX_FRAME_PIXELS = 768 * TOKEN_SIDE**2
_MIN_PIXELS = 4 * TOKEN_SIDE**2


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoLimits:
    """How many frames a second a model sees, how few and how many, and bounds of the pixels of all together.

    The defaults are those of Qwen3-VL-2B-Instruct.
    """

    frames_per_second: float = 2
    min_frames: int = 4
    max_frames: int = 768
    min_pixels: int = _MIN_PIXELS
    max_pixels: int = 24_576 * TOKEN_SIDE**2


PUBLISHED = VideoLimits()


def frame_count(seconds: float, max_frames: int, limits: VideoLimits = PUBLISHED) -> int:
    """Return how many frames of a video of `seconds` the model sees.

    The last of an odd number of frames is repeated. A video that has fewer frames is seen whole.
    """
    wanted = max(int(seconds * limits.frames_per_second), limits.min_frames)
    return min(wanted, limits.max_frames, max_frames)


def seen_frame_size(
    width: int, height: int, frames: int, pixel_budget: int, limits: VideoLimits = PUBLISHED
) -> tuple[int, int]:
    """Return the width and height in pixels at which the model sees each of `frames` frames.

    As two frames become one image for the model, a video has twice the pixels of its budget in as many visual tokens.
    A model's minimum does not exceed that.
    """
    frames = max(frames, TOGETHER)
    share = min(TOGETHER * pixel_budget, limits.max_pixels) // frames
    min_pixels = min(limits.min_pixels, max(share, _MIN_PIXELS))
    max_pixels = max(min(MAX_FRAME_PIXELS, share), int(min_pixels * 1.05)) * frames
    if min(width, height) < TOKEN_SIDE:
        enlarged = max(TOKEN_SIDE / width, TOKEN_SIDE / height)
        width, height = int(width * enlarged), int(height * enlarged)
    wide, high = (round(side / TOKEN_SIDE) * TOKEN_SIDE for side in (width, height))
    rounded = round(frames / TOGETHER) * TOGETHER * wide * high
    if rounded > max_pixels:
        shrink = math.sqrt(frames * width * height / max_pixels)
        wide, high = (max(1, math.floor(side / shrink / TOKEN_SIDE)) * TOKEN_SIDE for side in (width, height))
    elif rounded < min_pixels:
        grow = math.sqrt(min_pixels / (frames * width * height))
        wide, high = (math.ceil(side * grow / TOKEN_SIDE) * TOKEN_SIDE for side in (width, height))
    return wide, high


def video_tokens(width: int, height: int, frames: int, pixel_budget: int) -> int:
    """Return the number of visual tokens of `frames` frames of a video, without the time stamps."""
    wide, high = seen_frame_size(width, height, frames, pixel_budget)
    return math.ceil(frames / TOGETHER) * wide * high // TOKEN_SIDE**2
