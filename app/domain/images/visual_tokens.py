"""The size at which the model sees an image, and its number of visual tokens."""

import math

TOKEN_SIDE = 32
"""Side in pixels of the area that one visual token of Qwen3-VL covers: 2 x 2 patches of 16 pixels."""
MIN_PIXELS = 65_536
"""Number of pixels that Qwen3-VL's processor scales small images up to."""


def smart_resize(
    width: int, height: int, min_pixels: int, max_pixels: int, factor: int = TOKEN_SIDE
) -> tuple[int, int]:
    """Return the width and height in multiples of `factor`, after `smart_resize` in qwen_vl_utils.vision_process."""
    wide, high = (max(factor, round(side / factor) * factor) for side in (width, height))
    if wide * high > max_pixels:
        shrink = math.sqrt(width * height / max_pixels)
        wide, high = (max(factor, math.floor(side / shrink / factor) * factor) for side in (width, height))
    elif wide * high < min_pixels:
        grow = math.sqrt(min_pixels / (width * height))
        wide, high = (math.ceil(side * grow / factor) * factor for side in (width, height))
    return wide, high


def seen_size(width: int, height: int, pixel_budget: int) -> tuple[int, int]:
    """Return the width and height in pixels at which a model that follows the published processor sees an image."""
    return smart_resize(width, height, min(MIN_PIXELS, pixel_budget), pixel_budget)


def visual_tokens(width: int, height: int, pixel_budget: int) -> int:
    """Return the number of visual tokens of an image of this size."""
    wide, high = seen_size(width, height, pixel_budget)
    return wide * high // TOKEN_SIDE**2
