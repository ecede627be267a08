"""Sampling of a short video's frames for the model, as in Qwen3-VL's video processor."""

from app.domain.images.visual_tokens import TOKEN_SIDE, visual_tokens

FRAMES_PER_SECOND = 2
MIN_FRAMES = 4
TOGETHER = 2
"""Number of frames that the vision tower merges: its temporal patch size."""
MIN_PIXELS = 16 * TOKEN_SIDE**2
"""Minimum number of pixels of a frame; fewer show nothing recognisable."""


def frame_count(seconds: float, max_frames: int) -> int:
    """Return how many frames of a video of `seconds` the model sees: two per second, at least MIN_FRAMES, in pairs."""
    wanted = max(MIN_FRAMES, round(seconds * FRAMES_PER_SECOND))
    return max(TOGETHER, min(wanted, max_frames) // TOGETHER * TOGETHER)


def frame_budget(frames: int, pixel_budget: int) -> int:
    """Return the maximum number of pixels of a pair of frames, if the whole video may have `pixel_budget`."""
    return max(MIN_PIXELS, pixel_budget * TOGETHER // frames)


def video_tokens(width: int, height: int, frames: int, pixel_budget: int) -> int:
    """Return the number of visual tokens of `frames` frames of a video, without the time stamps."""
    return frames // TOGETHER * visual_tokens(width, height, frame_budget(frames, pixel_budget))
