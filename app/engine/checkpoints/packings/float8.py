"""Weights in 8-bit floats with a scale per block, row or tensor, which are multiplied to 16- or 32-bit floats.

Formats: FP8 in blocks as DeepSeek-V3 and Qwen publish it (`weight_scale_inv`, transformers'
`quantizers/quantizer_finegrained_fp8.py`), and compressed-tensors' "float-quantized" (`weight_scale`). In both the
weight is the float times its scale. E4M3 without infinities: https://arxiv.org/abs/2209.05433, table 1.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from app.engine.checkpoints.required_tensors import FLOAT8, FLOATS, Expected
from app.engine.checkpoints.tensor_files import TensorFiles

_SCALES = ("weight_scale_inv", "weight_scale")
_BIAS, _MANTISSA_BITS = 7, 3
_NOT_A_NUMBER = 0x7F
"""All exponent and mantissa bits."""


def float8_layer(tensors: TensorFiles, name: str, outputs: int, inputs: int) -> Iterator[Expected]:
    """Yield the tensors of a linear layer in 8-bit floats; its scales divide the weight evenly if their shape can."""
    yield Expected(f"{name}.weight", (outputs, inputs), (FLOAT8,))
    stored = next((found for suffix in _SCALES if (found := f"{name}.{suffix}") in tensors.entries), None)
    if stored is None:
        yield Expected(f"{name}.{_SCALES[0]}", (outputs, 1), FLOATS)
        return
    shape = tensors.entries[stored].shape
    rows, columns = _in_two_dimensions(shape)
    is_even = rows and columns and outputs % rows == 0 and inputs % columns == 0
    yield Expected(stored, shape if is_even else (outputs, 1), FLOATS)


def scales_of(tensors: TensorFiles, name: str) -> str:
    """Return the name of the scales of the tensor `name` ("….weight")."""
    layer = name.removesuffix("weight")
    return next(found for suffix in _SCALES if (found := f"{layer}{suffix}") in tensors.entries)


def scaled(
    bits: npt.NDArray[np.uint8], scales: npt.NDArray[np.float32], rows: npt.NDArray[np.integer] | slice, outputs: int
) -> npt.NDArray[np.float32]:
    """Return these `rows` of a weight [outputs, K] as float32 [..., K]; `bits` uint8 [..., K] are theirs alone.

    `scales` are [a, b] with a dividing the outputs and b dividing K, [outputs], [1] or [].
    """
    scales = scales.reshape(_in_two_dimensions(scales.shape))
    chosen = scales[np.arange(outputs)[rows] // (outputs // len(scales))]
    values = _numbers()[bits].reshape(*chosen.shape, -1) * chosen[..., None]
    return values.reshape(bits.shape)


def _in_two_dimensions(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the numbers of rows and columns of scales; (0, 0) if they have more dimensions."""
    match shape:
        case ():
            return 1, 1
        case (rows,):
            return rows, 1
        case (rows, columns):
            return rows, columns
    return 0, 0


@cache
def _numbers() -> npt.NDArray[np.float32]:
    """Return the number of each byte, float32 [256]."""
    magnitudes = np.arange(_NOT_A_NUMBER + 1)
    exponents, mantissas = magnitudes >> _MANTISSA_BITS, magnitudes & 7
    is_normal = exponents > 0
    values = np.ldexp((mantissas + 8 * is_normal) / 8, np.where(is_normal, exponents, 1) - _BIAS)
    values[_NOT_A_NUMBER] = np.nan
    return np.concatenate((values, -values)).astype(np.float32)
