"""GGUF's quantised types: weights rounded in the plainest way, and packed by description.

Nothing of the application's unpacking is used. Source: https://github.com/ggml-org/llama.cpp, ggml/src/ggml-common.h
(block_q4_0 and further) and ggml-quants.c.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating]
Rounded = tuple[Bytes, Floats]
"""Blocks [N, blocks, size], and the weights [N, K] that they stand for."""


def _half(values: Floats) -> tuple[Floats, Bytes]:
    """Values [...] rounded to 16 bits, and their bytes [..., 2]."""
    halves = values.astype("<f2")
    return halves.astype(np.float32), halves[..., None].view(np.uint8)


def _whole(values: Floats, top: int) -> npt.NDArray[np.int64]:
    return np.rint(values).clip(0, top).astype(np.int64)


def _pairs(numbers: npt.NDArray[np.int64]) -> Bytes:
    """The four lowest bits of 32 numbers: byte i holds number i, and above it number i + 16."""
    low, high = numbers[..., :16] & 15, numbers[..., 16:] & 15
    return (low | high << 4).astype(np.uint8)


def _top_bits(numbers: npt.NDArray[np.int64]) -> Bytes:
    """The fifth bits of 32 numbers as one number of 32 bits."""
    word = sum((numbers[..., place] >> 4 & 1) << place for place in range(32))
    return np.asarray(word).astype("<u4")[..., None].view(np.uint8)


def _plain(weight: Floats, bits: int, *, is_symmetric: bool) -> Rounded:
    """Q4_0, Q4_1, Q5_0 and Q5_1."""
    groups, top = weight.reshape(len(weight), -1, 32), (1 << bits) - 1
    middle = (top + 1) // 2
    if is_symmetric:
        farthest = np.take_along_axis(groups, np.abs(groups).argmax(2)[:, :, None], 2)[:, :, 0]
        scale, head = _half(farthest / -middle)
        heads, low = [head], -middle * scale
    else:
        scale, head = _half((groups.max(2) - groups.min(2)) / top)
        low, second = _half(groups.min(2))
        heads = [head, second]
    q = _whole((groups - low[:, :, None]) / np.where(scale == 0, 1, scale)[:, :, None], top)
    if bits == 5:
        heads.append(_top_bits(q))
    if is_symmetric:
        values = scale[:, :, None] * (q - middle).astype(np.float32)
    else:
        values = scale[:, :, None] * q.astype(np.float32) + low[:, :, None]
    return np.concatenate([*heads, _pairs(q)], axis=2), values.reshape(weight.shape).astype(np.float32)


def _q8_0(weight: Floats) -> Rounded:
    groups = weight.reshape(len(weight), -1, 32)
    scale, head = _half(np.abs(groups).max(2) / 127)
    q = np.rint(groups / np.where(scale == 0, 1, scale)[:, :, None]).clip(-127, 127).astype(np.int8)
    return np.concatenate([head, q.view(np.uint8)], axis=2), (scale[:, :, None] * q).reshape(weight.shape)


def _six_bit_pairs(scales: npt.NDArray[np.int64], minima: npt.NDArray[np.int64]) -> Bytes:
    """Eight scales and eight minima of 6 bits in 12 bytes."""
    packed = np.zeros((*scales.shape[:-1], 12), np.int64)
    for group in range(4):
        packed[..., group] = scales[..., group] | (scales[..., group + 4] >> 4) << 6
        packed[..., group + 4] = minima[..., group] | (minima[..., group + 4] >> 4) << 6
        packed[..., group + 8] = scales[..., group + 4] & 15 | (minima[..., group + 4] & 15) << 4
    return packed.astype(np.uint8)


def _with_minima(weight: Floats, bits: int) -> Rounded:
    """Q4_K and Q5_K."""
    groups, top = weight.reshape(len(weight), -1, 8, 32), (1 << bits) - 1
    lowest = -groups.min(3).clip(max=0)
    wanted = (groups.max(3) + lowest) / top
    scale, first = _half(wanted.max(2) / 63)
    minimum, second = _half(lowest.max(2) / 63)
    scales = _whole(wanted / scale[:, :, None], 63)
    minima = _whole(lowest / minimum[:, :, None], 63)
    scales[0, :, 0] = 0  # As for a group that is one number throughout.
    factors, offsets = scale[:, :, None] * scales.astype(np.float32), minimum[:, :, None] * minima.astype(np.float32)
    divisors = np.where(factors == 0, 1, factors)[..., None]
    q = _whole((groups + offsets[..., None]) / divisors, top)
    parts = [first, second, _six_bit_pairs(scales, minima)]
    if bits == 5:
        high = sum((q[:, :, group] >> 4 & 1) << group for group in range(8))
        parts.append(np.asarray(high).astype(np.uint8))
    parts += [(q[:, :, group] & 15 | (q[:, :, group + 1] & 15) << 4).astype(np.uint8) for group in range(0, 8, 2)]
    values = factors[..., None] * q.astype(np.float32) - offsets[..., None]
    return np.concatenate(parts, axis=2), values.reshape(weight.shape).astype(np.float32)


def _q6_k(weight: Floats) -> Rounded:
    groups = weight.reshape(len(weight), -1, 16, 16)
    wanted = np.abs(groups).max(3) / 31
    scale, last = _half(wanted.max(2) / 127)
    scales = np.rint(wanted / scale[:, :, None]).clip(1, 127).astype(np.int8)
    scales[:, :, 1::2] *= -1
    factors = scale[:, :, None] * scales.astype(np.float32)
    q = _whole(groups / factors[..., None] + 32, 63)
    values = (factors[..., None] * (q - 32).astype(np.float32)).reshape(weight.shape).astype(np.float32)
    halves = q.reshape(len(weight), -1, 2, 4, 32)
    low = [
        halves[:, :, half, part] & 15 | (halves[:, :, half, part + 2] & 15) << 4 for half in (0, 1) for part in (0, 1)
    ]
    high = [sum((halves[:, :, half, part] >> 4) << 2 * part for part in range(4)) for half in (0, 1)]
    numbers = [np.asarray(part).astype(np.uint8) for part in (*low, *high)]
    return np.concatenate([*numbers, scales.view(np.uint8), last], axis=2), values


ROUND: dict[str, Callable[[Floats], Rounded]] = {
    "Q4_0": lambda weight: _plain(weight, 4, is_symmetric=True),
    "Q4_1": lambda weight: _plain(weight, 4, is_symmetric=False),
    "Q5_0": lambda weight: _plain(weight, 5, is_symmetric=True),
    "Q5_1": lambda weight: _plain(weight, 5, is_symmetric=False),
    "Q8_0": _q8_0,
    "Q4_K": lambda weight: _with_minima(weight, 4),
    "Q5_K": lambda weight: _with_minima(weight, 5),
    "Q6_K": _q6_k,
}
"""Functions that round weights [N, K], by type."""
INSTEAD = {"Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}
"""The types that llama.cpp takes for rows that are not whole blocks of 256 weights."""


def stored_kind(kind: str, shape: Sequence[int]) -> str:
    """The type in which a weight of this shape is stored if its file is in `kind`."""
    return INSTEAD.get(kind, kind) if shape[-1] % 256 else kind
