"""M-RoPE positions of a prompt: time, height and width of every token, after Hugging Face's `get_rope_index`."""

import numpy as np

from app.engine.runtimes.port import IntArray


def text_positions(start: int, count: int) -> IntArray:
    """Return the positions int64 [3, count] of text: all three axes advance together."""
    return np.tile(np.arange(start, start + count, dtype=np.int64), (3, 1))


def image_positions(start: int, grid_thw: tuple[int, int, int], merge_size: int) -> tuple[IntArray, int]:
    """Return the positions int64 [3, visual tokens] of an image, and the position of the token after it.

    All its tokens share one time; height and width count merged patches from `start`. Frames of a video are told apart
    by timestamps in the text, not by their position.
    """
    frames, height, width = grid_thw[0], grid_thw[1] // merge_size, grid_thw[2] // merge_size
    axes = np.indices((frames, height, width), dtype=np.int64).reshape(3, -1)
    axes[0] = 0
    return axes + start, start + max(height, width)
