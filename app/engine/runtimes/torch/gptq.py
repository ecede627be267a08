"""Unpacks and dequantises 4-bit weights in GPTQ's packing with torch."""

import sys
from dataclasses import dataclass

import torch
from torch import Tensor

from app.engine.runtimes.packed_weights import ZERO

if sys.byteorder != "little":
    raise ImportError("the packing here is written for little-endian machines")


@dataclass(frozen=True, slots=True)
class GptqWeight:
    """One linear layer as stored in the checkpoint: `qweight` int32 [K/8, N], `scales` 16-bit [K/g, N]."""

    qweight: Tensor
    scales: Tensor

    @property
    def group_size(self) -> int:
        """Number of weights that share one scale, along the inputs."""
        return self.qweight.shape[0] * 8 // self.scales.shape[0]


def nibbles(weight: GptqWeight) -> Tensor:
    """Return the integers 0..15 as bytes uint8 [N, K/2]: inputs 2i in the low half, 2i + 1 in the high half."""
    # Eight inputs fill an int32 from its lowest bits, so its bytes in memory are pairs of inputs in order.
    return weight.qweight.t().contiguous().view(torch.uint8)


def unpacked(pairs: Tensor) -> Tensor:
    """Unpack `nibbles` to uint8 [N, K] of 0..15."""
    return torch.stack((pairs & 15, pairs >> 4), dim=-1).flatten(1)


def dequantized(weight: GptqWeight, dtype: torch.dtype) -> Tensor:
    """Return the weight [N, K] = (q - ZERO) * scale in `dtype`."""
    values = unpacked(nibbles(weight)).to(dtype).sub_(ZERO)
    values.view(len(values), -1, weight.group_size).mul_(weight.scales.t().to(dtype).unsqueeze(-1))
    return values
