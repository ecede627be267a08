"""Symmetric 4-bit weights on a device, in GPTQ's packing, and how they are unpacked and dequantised with torch."""

import sys
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.engine.checkpoints.grouped_weight import GroupedWeight, middle

if sys.byteorder != "little":
    raise ImportError("the packing here is written for little-endian machines")


@dataclass(frozen=True, slots=True)
class GptqWeight:
    """One linear layer: `qweight` int32 [K/8, N], eight inputs in each, lowest bits first; `scales` [K/g, N]."""

    qweight: Tensor
    scales: Tensor

    @property
    def group_size(self) -> int:
        """Number of weights that share one scale, along the inputs."""
        return self.qweight.shape[0] * 8 // self.scales.shape[0]


GROUPS = (128, 64, 32)
"""Groups that torch's 4-bit operators multiply, the largest first."""


def gptq_weight(weight: GroupedWeight, device: torch.device) -> GptqWeight | None:
    """Return the weight on the device, None if it is not one that torch's 4-bit operators multiply."""
    group = next((group for group in GROUPS if weight.group % group == 0), None)
    is_symmetric = weight.zeros is None and weight.offsets is None
    if weight.bits != 4 or not is_symmetric or weight.order is not None or group is None:
        return None
    pairs, scales = weight.integers, weight.in_groups_of(group).scales
    qweight = torch.from_numpy(np.ascontiguousarray(pairs)).to(device).view(torch.int32).t().contiguous()
    return GptqWeight(qweight, torch.from_numpy(np.ascontiguousarray(scales.T)).to(device))


def nibbles(weight: GptqWeight) -> Tensor:
    """Return the integers 0..15 as bytes uint8 [N, K/2]: inputs 2i in the low half, 2i + 1 in the high half."""
    # Eight inputs fill an int32 from its lowest bits, so its bytes in memory are pairs of inputs in order.
    return weight.qweight.t().contiguous().view(torch.uint8)


def unpacked(pairs: Tensor) -> Tensor:
    """Unpack `nibbles` to uint8 [N, K] of 0..15."""
    return torch.stack((pairs & 15, pairs >> 4), dim=-1).flatten(1)


def dequantized(weight: GptqWeight, dtype: torch.dtype) -> Tensor:
    """Return the weight [N, K] = (q - middle(4)) * scale in `dtype`."""
    values = unpacked(nibbles(weight)).to(dtype).sub_(middle(4))
    values.view(len(values), -1, weight.group_size).mul_(weight.scales.t().to(dtype).unsqueeze(-1))
    return values
