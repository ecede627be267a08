"""Tensors of a checkpoint as numpy arrays, in the file's mapped memory if numpy has their dtype."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.checkpoints.gguf import blocks
from app.engine.checkpoints.gguf.block_types import QUANTIZED
from app.engine.checkpoints.gguf.blocks import PACKINGS
from app.engine.checkpoints.packings import float8
from app.engine.checkpoints.required_tensors import FLOAT8
from app.engine.checkpoints.tensor_files import TensorFiles

_DTYPES: dict[str, type[np.generic]] = {
    "F32": np.float32,
    "F16": np.float16,
    "BF16": np.uint16,
    "I32": np.int32,
    "I64": np.int64,
    FLOAT8: np.uint8,
}

_FP16_EXPONENT = np.int16(0x7C00)
_FP16_BITS = np.int32(~0x7000_1FFF)
"""What is left of a float16 in 32 bits, 13 bits higher: its sign, which is extended, once; exponent; and fraction."""
_FP16_BIAS = np.float32(2.0 ** (127 - 15))
_ROWS = 1024
"""Number of quantised rows that are unpacked at a time, so that their copies stay small."""


def stored_array(tensors: TensorFiles, name: str) -> npt.NDArray[Any]:
    """Return the tensor as stored in the file; the same bits as uint16 for bfloat16, as uint8 for 8-bit floats."""
    entry = tensors.entries[name]
    return np.frombuffer(tensors.data(name), _DTYPES[entry.dtype]).reshape(entry.shape)


def stored_blocks(tensors: TensorFiles, name: str) -> npt.NDArray[np.uint8]:
    """Return a tensor [N, K] of one of GGUF's quantised types as stored: uint8 [N, blocks, size of a block]."""
    entry = tensors.entries[name]
    return np.frombuffer(tensors.data(name), np.uint8).reshape(entry.shape[0], -1, QUANTIZED[entry.dtype].size)


def float_array(tensors: TensorFiles, name: str) -> npt.NDArray[np.float32]:
    """Return a 16- or 32-bit tensor, or a quantised one, as float32, which represents all of them exactly.

    Of 8-bit floats and their scales the products are rounded to 32 bits.
    """
    entry = tensors.entries[name]
    if entry.dtype not in QUANTIZED and entry.dtype != FLOAT8:
        return _as_float(stored_array(tensors, name), entry.dtype)
    values = np.empty(entry.shape, np.float32)
    for start in range(0, len(values), _ROWS):
        values[start : start + _ROWS] = float_rows(tensors, name, np.s_[start : start + _ROWS])
    return values


def float_rows(tensors: TensorFiles, name: str, rows: npt.NDArray[np.integer] | slice) -> npt.NDArray[np.float32]:
    """Return these rows of a tensor [N, K] as float32 [..., K], without reading the others."""
    entry = tensors.entries[name]
    if entry.dtype == FLOAT8:
        scales = float_array(tensors, float8.scales_of(tensors, name))
        return float8.scaled(stored_array(tensors, name)[rows], scales, rows, entry.shape[0])
    if entry.dtype not in QUANTIZED:
        return _as_float(stored_array(tensors, name)[rows], entry.dtype)
    chosen = stored_blocks(tensors, name)[rows]
    flat = blocks.dequantized(PACKINGS[entry.dtype], chosen.reshape(-1, *chosen.shape[-2:]))
    return flat.reshape(*chosen.shape[:-2], flat.shape[-1])


def _as_float(array: npt.NDArray[Any], dtype: str) -> npt.NDArray[np.float32]:
    if dtype == "BF16":
        return bf16_as_float(array)
    return fp16_as_float(array) if dtype == "F16" else array.astype(np.float32)


def fp16_as_float(array: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
    """Convert float16 to float32, exactly, three times as fast as numpy, which converts number by number.

    The exponent's bits move to where float32 has them; the difference of the two formats' biases is multiplied in,
    which also makes subnormal numbers right.
    """
    halves = np.ascontiguousarray(array).view(np.int16)
    if ((halves & _FP16_EXPONENT) == _FP16_EXPONENT).any():  # Infinite, or no number.
        return array.astype(np.float32)
    bits = halves.astype(np.int32)
    bits <<= 13
    bits &= _FP16_BITS
    values = bits.view(np.float32)
    values *= _FP16_BIAS
    return values


def bf16_as_float(bits: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    """Convert bfloat16 bits to float32, which has the same bits followed by sixteen zeros."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def float_as_bf16(array: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """Round float32 to the nearest bfloat16, to even where two are as near; return its bits. NaN may be infinite."""
    bits = np.ascontiguousarray(array).view(np.uint32)
    return ((bits + (0x7FFF + (bits >> 16 & 1))) >> 16).astype(np.uint16)
