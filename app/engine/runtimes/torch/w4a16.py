"""Linear layers of the text model: 4-bit weights with 16-bit activations, or plain 16-bit weights."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from app.engine.runtimes.torch.gptq import GptqWeight, nibbles
from app.engine.runtimes.torch.int4_operators import Int4Operator


class Linear(Protocol):
    """A bias-free linear layer."""

    def __call__(self, x: Tensor) -> Tensor:
        """X [T, K] -> [T, N]."""
        ...


class DenseLinear:
    """16-bit weights [N, K]."""

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight

    def __call__(self, x: Tensor) -> Tensor:
        """X [T, K] -> [T, N]."""
        return functional.linear(x, self._weight)


class W4A16Linear:
    """4-bit weights, multiplied by the device's own operator.

    Several layers with the same input (queries, keys and values; gate and up) are concatenated and multiplied together.
    If `keep_dequantized` (there is memory for it), they are kept in 16 bits as well, for wide inputs. Otherwise their
    GPTQ tensors are kept and dequantised each time.
    """

    def __init__(
        self,
        weights: Sequence[GptqWeight],
        operator: Int4Operator,
        dtype: torch.dtype,
        *,
        keep_dequantized: bool = False,
    ) -> None:
        self._dequantized = (
            torch.cat([operator.dequantize(weight, dtype) for weight in weights]) if keep_dequantized else None
        )
        self._weights = () if keep_dequantized else tuple(weights)
        self._operator = operator
        self._dtype = dtype
        self._group_size = weights[0].group_size
        pairs = torch.cat([nibbles(weight) for weight in weights])
        self._packed = operator.pack(pairs, torch.cat([weight.scales for weight in weights], dim=1), dtype)

    def __call__(self, x: Tensor) -> Tensor:
        """X [T, K] -> [T, N]."""
        if x.shape[0] < self._operator.dequant_min_rows:
            return self._operator.multiply(x, self._packed, self._group_size)
        if self._dequantized is not None:
            return functional.linear(x, self._dequantized)
        parts = [functional.linear(x, self._operator.dequantize(weight, self._dtype)) for weight in self._weights]
        return torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]
