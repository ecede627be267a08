"""Applies the rotary position embeddings of `runtimes.rope`."""

import torch
from torch import Tensor

from app.engine.runtimes.port import FloatArray


def on_device(cos_sin: tuple[FloatArray, FloatArray], like: Tensor) -> tuple[Tensor, Tensor]:
    """Return cosines and sines with the device and dtype of `like`."""
    cosines, sines = (torch.from_numpy(part).to(like.device, like.dtype) for part in cos_sin)
    return cosines, sines


def apply_rope(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotate x [..., T, head_dim] by cosines and sines [T, head_dim]."""
    first, second = x.chunk(2, dim=-1)
    return x * cosines + torch.cat((-second, first), dim=-1) * sines
