"""Positions of an image's patches, and the learned position embeddings that they interpolate."""

import numpy as np

from app.engine.checkpoints.config import VisionConfig
from app.engine.runtimes.port import FloatArray, IntArray


def patch_positions(grid_thw: tuple[int, int, int], merge_size: int) -> tuple[IntArray, IntArray]:
    """Return row and column of every patch [t*h*w], in the order of the pixels: window by window, then row by row."""
    frames, height, width = grid_thw
    cells = np.arange(height * width).reshape(height // merge_size, merge_size, width // merge_size, merge_size)
    order = np.tile(cells.swapaxes(1, 2).ravel(), frames)
    return order // width, order % width


def interpolated_position_embeddings(
    rows: IntArray, columns: IntArray, grid_thw: tuple[int, int, int], config: VisionConfig
) -> tuple[IntArray, FloatArray]:
    """Return four row numbers of the position embedding table per patch [4, P], and bilinear weights, float32 [4, P].

    The learned square grid is stretched over the image bilinearly, with aligned corners.
    """
    _, height, width = grid_thw
    side = round(config.position_embeddings**0.5)
    down = np.linspace(0, side - 1, height, dtype=np.float32)[rows]
    right = np.linspace(0, side - 1, width, dtype=np.float32)[columns]
    top, left = down.astype(np.int64), right.astype(np.int64)
    bottom, far = np.minimum(top + 1, side - 1), np.minimum(left + 1, side - 1)
    below, beside = down - top, right - left
    indices = [top * side + left, top * side + far, bottom * side + left, bottom * side + far]
    bilinear_weights = [(1 - below) * (1 - beside), (1 - below) * beside, below * (1 - beside), below * beside]
    return np.stack(indices), np.stack(bilinear_weights).astype(np.float32)
