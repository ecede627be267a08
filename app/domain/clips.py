"""How a short film becomes a few frames for the model, as Qwen3-VL's video processor samples them."""

from app.domain.visual_tokens import TOKEN_SIDE, visual_tokens

FRAMES_PER_SECOND = 2
LEAST_FRAMES = 4
TOGETHER = 2
"""Frames that the vision tower takes as one: its temporal patch size."""
LEAST_PIXELS = 16 * TOKEN_SIDE**2
"""Of a frame; fewer show nothing."""


def frame_count(seconds: float, most: int) -> int:
    """How many frames of a film of so many seconds the model sees: two a second, at least LEAST_FRAMES, in pairs."""
    wanted = max(LEAST_FRAMES, round(seconds * FRAMES_PER_SECOND))
    return max(TOGETHER, min(wanted, most) // TOGETHER * TOGETHER)


def frame_budget(frames: int, pixel_budget: int) -> int:
    """The most pixels of a pair of frames, where the whole film may have `pixel_budget`."""
    return max(LEAST_PIXELS, pixel_budget * TOGETHER // frames)


def clip_tokens(width: int, height: int, frames: int, pixel_budget: int) -> int:
    """The visual tokens of so many frames of a film; the time stamps come on top."""
    return frames // TOGETHER * visual_tokens(width, height, frame_budget(frames, pixel_budget))
