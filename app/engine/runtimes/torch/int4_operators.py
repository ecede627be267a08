"""torch's own 4-bit matrix products, one for each kind of device, and the layout that each of them requires.

All of them take GPTQ's integers unchanged: nibbles are reordered, never requantised. If an operator requires a zero,
w = (q - 8) * scale + 0, which is exactly the checkpoint's symmetric scheme.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from app.engine.runtimes.torch.gptq import GptqWeight, dequantized, unpacked

ATEN = cast(Any, torch.ops.aten)


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
