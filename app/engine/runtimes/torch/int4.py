"""torch's own 4-bit matrix products, one for each kind of device, and the layout that each of them requires.

All of them take GPTQ's integers unchanged: nibbles are reordered, never requantised. If an operator requires a zero,
w = (q - 8) * scale + 0, which is exactly the checkpoint's symmetric scheme.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from app.engine.runtimes.packed_weights import ZERO

ATEN = cast(Any, torch.ops.aten)

if sys.byteorder != "little":
    raise ImportError("the packing below is written for little-endian machines")


@dataclass(frozen=True, slots=True)
class GptqWeight:
    """One linear layer as stored in the checkpoint: `qweight` int32 [K/8, N], `scales` 16-bit [K/g, N]."""

    qweight: Tensor
    scales: Tensor

    @property
    def group_size(self) -> int:
        """Number of weights that share one scale, along the inputs."""
        return self.qweight.shape[0] * 8 // self.scales.shape[0]


@dataclass(frozen=True, slots=True)
class Int4Operator:
    """A product of x [M, K] with 4-bit weights.

    `pack(nibbles, scales, dtype)` turns uint8 bytes [N, K/2] (low nibble first) and scales [K/g, N] into the layout of
    `multiply(x, packed, group_size)`. From `dequant_min_rows` rows on, `dequantize(weight, dtype)` and a dense
    product are faster.
    """

    name: str
    pack: Callable[[Tensor, Tensor, torch.dtype], tuple[Tensor, ...]]
    multiply: Callable[[Tensor, tuple[Tensor, ...], int], Tensor]
    dequantize: Callable[[GptqWeight, torch.dtype], Tensor]
    dequant_min_rows: int


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


def _scales_and_zeros(scales: Tensor, dtype: torch.dtype) -> Tensor:
    """Return [K/g, N, 2]: the scale, and the zero that symmetric weights do not need."""
    return torch.stack((scales, torch.zeros_like(scales)), dim=-1).to(dtype).contiguous()


def _pack_cpu(pairs: Tensor, scales: Tensor, dtype: torch.dtype) -> tuple[Tensor, ...]:
    packed = ATEN._convert_weight_to_int4pack_for_cpu(unpacked(pairs).to(torch.int32), 1)
    return packed, _scales_and_zeros(scales, dtype)


def _multiply_cpu(x: Tensor, packed: tuple[Tensor, ...], group_size: int) -> Tensor:
    weight, scales_and_zeros = packed
    return cast(Tensor, ATEN._weight_int4pack_mm_for_cpu(x, weight, group_size, scales_and_zeros))


def _pack_tiles(pairs: Tensor, scales: Tensor, dtype: torch.dtype) -> tuple[Tensor, ...]:
    # CUDA's and Metal's operators store even inputs in the high half of a byte.
    swapped = (pairs << 4) | (pairs >> 4)
    return ATEN._convert_weight_to_int4pack(swapped, 8), _scales_and_zeros(scales, dtype)


def _multiply_tiles(x: Tensor, packed: tuple[Tensor, ...], group_size: int) -> Tensor:
    weight, scales_and_zeros = packed
    return cast(Tensor, ATEN._weight_int4pack_mm(x, weight, group_size, scales_and_zeros))


def _pack_xpu(pairs: Tensor, scales: Tensor, dtype: torch.dtype) -> tuple[Tensor, ...]:
    zeros = torch.full(scales.shape, 8, dtype=torch.int8, device=scales.device)
    return pairs.view(torch.int32), scales.to(dtype).contiguous(), zeros


def _multiply_xpu(x: Tensor, packed: tuple[Tensor, ...], group_size: int) -> Tensor:
    weight, scales, zeros = packed
    product = ATEN._weight_int4pack_mm_with_scales_and_zeros(x, weight, group_size, scales, zeros)
    return cast(Tensor, product)


CPU = Int4Operator("int4pack_cpu", _pack_cpu, _multiply_cpu, dequantized, dequant_min_rows=48)
TILES = Int4Operator("int4pack_tiles", _pack_tiles, _multiply_tiles, dequantized, dequant_min_rows=64)
XPU = Int4Operator("int4pack_xpu", _pack_xpu, _multiply_xpu, dequantized, dequant_min_rows=64)
