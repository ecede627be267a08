"""Cosines and sines of rotary position embeddings: M-RoPE for text, plain two-dimensional ones for the vision tower.

Both follow Hugging Face's modeling_qwen3_vl. An angle is position * frequency. A runtime rotates a vector by halves:
[a, b] becomes [a * cos - b * sin, b * cos + a * sin].
"""

import numpy as np

from app.engine.checkpoints.config import TextConfig, VisionConfig
from app.engine.runtimes.port import FloatArray, IntArray

VISION_THETA = 10_000.0


class TextRope:
    """Interleaved M-RoPE: each frequency belongs to one of the three axes time, height, width."""

    def __init__(self, config: TextConfig) -> None:
        half = config.head_dim // 2
        self._frequencies = _frequencies(half, config.rope_theta)
        self._axes = np.zeros(half, np.int64)
        _, height, width = config.mrope_section
        self._axes[1 : 3 * height : 3] = 1
        self._axes[2 : 3 * width : 3] = 2

    def cos_sin(self, positions: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return cosines and sines, float32 [T, head_dim], for positions [3, T]."""
        return _doubled(positions.astype(np.float32)[self._axes].T * self._frequencies)


def vision_cos_sin(rows: IntArray, columns: IntArray, config: VisionConfig) -> tuple[FloatArray, FloatArray]:
    """Return cosines and sines, float32 [patches, head_dim], for the patches' rows and columns [patches]."""
    frequencies = _frequencies(config.hidden_size // config.heads // 4, VISION_THETA)
    sides = [np.outer(side.astype(np.float32), frequencies) for side in (rows, columns)]
    return _doubled(np.concatenate(sides, axis=1))


def _frequencies(count: int, theta: float) -> FloatArray:
    exponents = np.arange(count, dtype=np.float32) / np.float32(count)
    return (1.0 / np.float32(theta) ** exponents).astype(np.float32)


def _doubled(angles: FloatArray) -> tuple[FloatArray, FloatArray]:
    whole = np.concatenate((angles, angles), axis=-1)
    return np.cos(whole), np.sin(whole)
