"""Rotary position embeddings: M-RoPE for text, plain two-dimensional ones for the vision tower.

Both follow Hugging Face's modeling_qwen3_vl. An angle is position * frequency; a vector is rotated by halves.
"""

import torch
from torch import Tensor

from app.engine.checkpoints.config import TextConfig, VisionConfig

VISION_THETA = 10_000.0


class TextRope:
    """Interleaved M-RoPE: each frequency turns with one of the three axes time, height, width."""

    def __init__(self, config: TextConfig, device: torch.device) -> None:
        half = config.head_dim // 2
        exponents = torch.arange(half, dtype=torch.float32) / half
        self._frequencies = (1.0 / config.rope_theta**exponents).to(device)
        axes = torch.zeros(half, dtype=torch.long)
        _, height, width = config.mrope_section
        axes[1 : 3 * height : 3] = 1
        axes[2 : 3 * width : 3] = 2
        self._axes = axes.to(device)

    def angles(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Cosines and sines [T, head_dim] for positions [3, T]."""
        chosen = positions.to(torch.float32)[self._axes].t() * self._frequencies
        return _doubled(chosen, dtype)


def vision_angles(rows: Tensor, columns: Tensor, config: VisionConfig, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines [patches, head_dim] for the patches' rows and columns [patches]."""
    quarter = config.hidden_size // config.heads // 4
    exponents = torch.arange(quarter, dtype=torch.float32, device=rows.device) / quarter
    frequencies = 1.0 / VISION_THETA**exponents
    chosen = torch.cat((torch.outer(rows.float(), frequencies), torch.outer(columns.float(), frequencies)), dim=1)
    return _doubled(chosen, dtype)


def rotated(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """X [..., T, head_dim] turned by the angles [T, head_dim]."""
    first, second = x.chunk(2, dim=-1)
    return x * cosines + torch.cat((-second, first), dim=-1) * sines


def _doubled(angles: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    whole = torch.cat((angles, angles), dim=-1)
    return whole.cos().to(dtype), whole.sin().to(dtype)
