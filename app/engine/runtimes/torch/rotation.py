"""Turning vectors by the angles of `runtimes.rope`."""

import torch
from torch import Tensor

from app.engine.runtimes.port import FloatArray


def on_device(angles: tuple[FloatArray, FloatArray], like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines with the device and dtype of `like`."""
    cosines, sines = (torch.from_numpy(part).to(like.device, like.dtype) for part in angles)
    return cosines, sines


def rotated(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """X [..., T, head_dim] turned by the angles [T, head_dim]."""
    first, second = x.chunk(2, dim=-1)
    return x * cosines + torch.cat((-second, first), dim=-1) * sines
