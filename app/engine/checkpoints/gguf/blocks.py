"""Unpacks the blocks of GGUF's quantised types to integers, scales and offsets; nothing is rounded.

A weight is q * scale + offset. K-quants multiply a block's scale in 16 bits by one of 6 or 8 bits for each group, which
float32 represents exactly. Integers of 5 and 6 bits become ones of 8 bits.
Source: https://github.com/ggml-org/llama.cpp, ggml/src/ggml-quants.c (dequantize_row_*).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.engine.checkpoints.grouped_weight import Bytes, Floats, middle

_HALF_WEIGHTS = 16
_SUPER_GROUPS = 8
"""Number of groups in a block of Q4_K and Q5_K."""
_MIDDLE_5, _MIDDLE_6 = 16, 32


@dataclass(frozen=True, slots=True)
class Packing:
    """How a type stores its weights: `bits` and `group` after unpacking, and functions of the raw blocks [..., size].

    `integers` returns uint8 [..., weights]; `factors` scales and offsets, both [..., weights / group], the offsets None
    if the integer `middle(bits)` is zero.
    """

    bits: int
    group: int
    integers: Callable[[Bytes], Bytes]
    factors: Callable[[Bytes], tuple[Floats, Floats | None]]

    @property
    def is_symmetric(self) -> bool:
        """Return whether the middle is zero."""
        return self.factors in (_scale, _q6_k_factors)


def _halves(raw: Bytes, start: int) -> Bytes:
    """Return a block's 32 weights of 4 bits: the low halves of 16 bytes, and the high ones."""
    pairs = raw[..., start : start + _HALF_WEIGHTS]
    return np.concatenate((pairs & 15, pairs >> 4), axis=-1)


def _fifth_bits(raw: Bytes, start: int) -> Bytes:
    """Return the highest bit of a block's 32 weights of 5 bits, as 0 or 16."""
    return np.unpackbits(raw[..., start : start + 4], axis=-1, bitorder="little") << np.uint8(4)


def _nibble_groups(raw: Bytes, start: int) -> Bytes:
    """Return a block's 8 groups of 32 weights [..., 8, 32]: of each 32 bytes the low halves, and the high ones."""
    pairs = raw[..., start : start + 128].reshape(*raw.shape[:-1], 4, 1, 32)
    return np.concatenate((pairs & 15, pairs >> 4), axis=-2).reshape(*raw.shape[:-1], _SUPER_GROUPS, 32)


def _q5_k(raw: Bytes) -> Bytes:
    highest = np.unpackbits(raw[..., 16:48, None], axis=-1, bitorder="little")  # [..., 32, 8]
    groups: Bytes = _nibble_groups(raw, 48) | np.swapaxes(highest, -1, -2) << np.uint8(4)
    return groups.reshape(*raw.shape[:-1], 256)


def _q6_k(raw: Bytes) -> Bytes:
    low = raw[..., :128].reshape(*raw.shape[:-1], 2, 2, 32)
    high = raw[..., 128:192].reshape(*raw.shape[:-1], 2, 1, 32)
    four = np.concatenate((low & 15, low >> 4), axis=-2)
    two = np.concatenate([high >> shift & 3 for shift in (0, 2, 4, 6)], axis=-2)
    six: Bytes = four | two << 4
    return six.reshape(*raw.shape[:-1], 256) + np.uint8(middle(8) - _MIDDLE_6)


def _half_float(raw: Bytes, start: int) -> npt.NDArray[np.float16]:
    return np.ascontiguousarray(raw[..., start : start + 2]).view("<f2")


def _scale(raw: Bytes) -> tuple[Floats, None]:
    return _half_float(raw, 0), None


def _scale_and_offset(raw: Bytes) -> tuple[Floats, Floats]:
    return _half_float(raw, 0), _half_float(raw, 2).astype(np.float32)


def _super_factors(raw: Bytes) -> tuple[Floats, Floats]:
    """Return the factors of Q4_K and Q5_K, whose 8 scales and 8 minima of 6 bits are packed into 12 bytes."""
    first, second, third = raw[..., 4:8], raw[..., 8:12], raw[..., 12:16]
    scales = np.concatenate((first & 63, third & 15 | first >> 6 << 4), axis=-1)
    minima = np.concatenate((second & 63, third >> 4 | second >> 6 << 4), axis=-1)
    factor, minimum = _half_float(raw, 0).astype(np.float32), _half_float(raw, 2).astype(np.float32)
    return factor * scales, -(minimum * minima)


def _q6_k_factors(raw: Bytes) -> tuple[Floats, None]:
    return _half_float(raw, 208).astype(np.float32) * raw[..., 192:208].view(np.int8), None


PACKINGS = {
    "Q4_0": Packing(4, 32, lambda raw: _halves(raw, 2), _scale),
    "Q4_1": Packing(4, 32, lambda raw: _halves(raw, 4), _scale_and_offset),
    "Q5_0": Packing(
        8, 32, lambda raw: (_halves(raw, 6) | _fifth_bits(raw, 2)) + np.uint8(middle(8) - _MIDDLE_5), _scale
    ),
    "Q5_1": Packing(8, 32, lambda raw: _halves(raw, 8) | _fifth_bits(raw, 4), _scale_and_offset),
    "Q8_0": Packing(8, 32, lambda raw: raw[..., 2:34] + np.uint8(middle(8)), _scale),
    "Q4_K": Packing(4, 32, lambda raw: _nibble_groups(raw, 16).reshape(*raw.shape[:-1], 256), _super_factors),
    "Q5_K": Packing(8, 32, _q5_k, _super_factors),
    "Q6_K": Packing(8, 16, _q6_k, _q6_k_factors),
}
"""The quantised types by name."""


def integers(packing: Packing, blocks: Bytes) -> Bytes:
    """Unpack blocks [N, blocks, size] to integers [N, K]."""
    unpacked = packing.integers(blocks)
    return unpacked.reshape(len(blocks), math.prod(unpacked.shape[1:]))  # There may be no rows.


def factors(packing: Packing, blocks: Bytes) -> tuple[Floats, Floats | None]:
    """Return the scales of blocks [N, blocks, size], and float32 offsets if the middle is not zero: [N, K/g] each."""
    with np.errstate(invalid="ignore"):  # A damaged file may hold infinity, which is refused by those who use it.
        scales, offsets = packing.factors(blocks)
    shape = len(blocks), math.prod(scales.shape[1:])
    return scales.reshape(shape), None if offsets is None else offsets.reshape(shape)


def dequantized(packing: Packing, blocks: Bytes) -> npt.NDArray[np.float32]:
    """Return the weights [N, K] of blocks [N, blocks, size], as llama.cpp computes them in float32."""
    scales, offsets = factors(packing, blocks)
    groups = integers(packing, blocks).reshape(*scales.shape, packing.group).astype(np.float32)
    if offsets is None:
        groups -= middle(packing.bits)
    groups *= scales.astype(np.float32)[:, :, None]
    if offsets is not None:
        groups += offsets[:, :, None]
    return groups.reshape(len(blocks), scales.shape[1] * packing.group)
