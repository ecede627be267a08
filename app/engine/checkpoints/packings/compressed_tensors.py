"""The packing `pack-quantized` of compressed-tensors, as LLM Compressor writes it.

For a linear layer of K inputs and N outputs in b bits: `weight_packed` int32 [N, K b/32], numbers along K, lowest bits
first, each 2 ** (b - 1) above the signed one; `weight_scale` [N, K/g]; `weight_zero_point` int32 [N b/32, K/g], numbers
along N, stored likewise, if the scheme is asymmetric; `weight_shape` [2]; `weight_g_idx` [K], the group of each input,
after quantising with `actorder: "group"`.
Source: https://github.com/vllm-project/compressed-tensors, compressors/quantized_compressors/pack_quantized.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.engine.checkpoints.grouped_weight import Bytes, Floats, Order, nibbles
from app.engine.checkpoints.packings.gptq import reordered
from app.engine.checkpoints.packings.stored_layer import StoredLayer
from app.engine.checkpoints.required_tensors import FLOATS, INDEXES, INTEGERS, Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressedLayer(StoredLayer):
    """A layer in compressed-tensors' packing."""

    def expected(self) -> Iterator[Expected]:
        """Yield `weight_packed`, `weight_scale`, and those of the others that are there or needed."""
        groups = self.inputs // self.group
        yield Expected(f"{self.name}.weight_packed", (self.outputs, self.inputs * self.bits // 32), INTEGERS)
        yield Expected(f"{self.name}.weight_scale", (self.outputs, groups), FLOATS)
        if not self.is_symmetric:
            zeros = (self.outputs * self.bits // 32, groups)
            yield Expected(f"{self.name}.weight_zero_point", zeros, INTEGERS)
        if self._has("weight_g_idx"):
            yield Expected(f"{self.name}.weight_g_idx", (self.inputs,), INDEXES)

    def integers(self) -> Bytes:
        """Return the integers, inputs of one group side by side."""
        packed = self._array("weight_packed").astype("<i4", copy=False)
        return reordered(np.ascontiguousarray(packed).view(np.uint8), self.bits, self.order())

    def scales(self) -> Floats:
        """Return the scales [N, K/g]."""
        return self._floats("weight_scale")

    def stored_zeros(self) -> Bytes | None:
        """Return the zeros in the file [N, K/g]."""
        if self.is_symmetric:
            return None
        packed = self._array("weight_zero_point").astype("<i4", copy=False)
        by_groups = np.ascontiguousarray(packed.T).view(np.uint8)
        return np.ascontiguousarray((nibbles(by_groups) if self.bits == 4 else by_groups).T)

    def order(self) -> Order | None:
        """Return the input of each column."""
        return self._order_of_groups("weight_g_idx")
