"""GPTQ's packing, as AutoRound, GPTQModel and AutoGPTQ write it.

For a linear layer of K inputs and N outputs in b bits: `qweight` int32 [K b/32, N], numbers along K, lowest bits first;
`scales` [K/g, N]; `qzeros` int32 [K/g, N b/32], numbers along N, which hold zero - 1 in version 1 and the zero in
version 2 (GPTQModel's `checkpoint_format: "gptq_v2"`), and may be absent if all are in the middle; `g_idx` [K], the
group of each input, which is not in order after quantising with `desc_act`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.engine.checkpoints.grouped_weight import Bytes, Floats, Order, middle, nibble_pairs, nibbles
from app.engine.checkpoints.packings.stored_layer import StoredLayer
from app.engine.checkpoints.required_tensors import FLOATS, INDEXES, INTEGERS, Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class GptqLayer(StoredLayer):
    """A layer in GPTQ's packing; `version` is 1 or 2."""

    version: int = 1

    def expected(self) -> Iterator[Expected]:
        """Yield `qweight`, `scales` and, if there, `qzeros` and `g_idx`."""
        groups = self.inputs // self.group
        yield Expected(f"{self.name}.qweight", (self.inputs * self.bits // 32, self.outputs), INTEGERS)
        if self._has("qzeros") or not self.is_symmetric:
            yield Expected(f"{self.name}.qzeros", (groups, self.outputs * self.bits // 32), INTEGERS)
        yield Expected(f"{self.name}.scales", (groups, self.outputs), FLOATS)
        if self._has("g_idx"):
            yield Expected(f"{self.name}.g_idx", (self.inputs,), INDEXES)

    def integers(self) -> Bytes:
        """Return the integers, inputs of one group side by side."""
        qweight = self._array("qweight").astype("<i4", copy=False)
        rows = len(qweight)
        # Numbers fill an int32 from its lowest bits, so its bytes in memory are inputs, or pairs of inputs, in order.
        grouped = qweight.view(np.uint8).reshape(rows, self.outputs, 4).transpose(1, 0, 2)
        integers = np.ascontiguousarray(grouped).reshape(self.outputs, rows * 4)
        return reordered(integers, self.bits, self.order())

    def scales(self) -> Floats:
        """Return the scales [N, K/g]."""
        return self._floats("scales").T

    def stored_zeros(self) -> Bytes | None:
        """Return the zeros in the file [N, K/g]; those of a symmetric layer may be of either version."""
        if not self._has("qzeros"):
            return None
        packed = np.ascontiguousarray(self._array("qzeros").astype("<i4", copy=False)).view(np.uint8)
        stored = nibbles(packed) if self.bits == 4 else packed
        highest = (1 << self.bits) - 1
        if self.is_symmetric and (stored == middle(self.bits)).all():
            return np.ascontiguousarray(stored.T)  # Version 2 under the name of version 1.
        return np.ascontiguousarray(((stored + (2 - self.version)) & highest).T)

    def order(self) -> Order | None:
        """Return the input of each column."""
        return self._order_of_groups("g_idx")


def reordered(integers: Bytes, bits: int, order: Order | None) -> Bytes:
    """Return the integers of a `GroupedWeight` with the columns in this order."""
    if order is None:
        return integers
    if bits == 8:
        return np.ascontiguousarray(integers[:, order])
    return nibble_pairs(nibbles(integers)[:, order])
