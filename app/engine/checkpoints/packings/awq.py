"""AWQ's packing for matrix products (`version: "gemm"`), as AutoAWQ and AutoRound's `auto_awq` write it.

For a linear layer of K inputs and N outputs in 4 bits: `qweight` int32 [K, N/8] and `qzeros` int32 [K/g, N/8] with
eight outputs in each, in the order 0, 2, 4, 6, 1, 3, 5, 7 from the lowest bits; `scales` [K/g, N]. The weight is
(q - zero) * scale.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.engine.checkpoints.grouped_weight import Bytes, Floats, nibble_pairs, nibbles
from app.engine.checkpoints.packings.stored_layer import StoredLayer
from app.engine.checkpoints.required_tensors import FLOATS, INTEGERS, Expected

_PLACES = np.array((0, 4, 1, 5, 2, 6, 3, 7))
"""Place, from the lowest bits, of each of eight outputs."""
_MAX_OUTPUTS = 512
"""Maximum number of outputs that are transposed at a time, so that their copies stay small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwqLayer(StoredLayer):
    """A layer in AWQ's packing."""

    def expected(self) -> Iterator[Expected]:
        """Yield `qweight`, `scales` and, if there, `qzeros`."""
        groups = self.inputs // self.group
        yield Expected(f"{self.name}.qweight", (self.inputs, self.outputs // 8), INTEGERS)
        if self._has("qzeros") or not self.is_symmetric:
            yield Expected(f"{self.name}.qzeros", (groups, self.outputs // 8), INTEGERS)
        yield Expected(f"{self.name}.scales", (groups, self.outputs), FLOATS)

    def integers(self) -> Bytes:
        """Return the integers; a few outputs at a time, as they have to be transposed."""
        packed = self._array("qweight").astype("<i4", copy=False)
        pairs = np.empty((self.outputs, self.inputs // 2), np.uint8)
        for start in range(0, self.outputs, _MAX_OUTPUTS):
            stop = min(start + _MAX_OUTPUTS, self.outputs)
            integers = _in_order(packed[:, start // 8 : stop // 8])
            pairs[start:stop] = nibble_pairs(integers.T)
        return pairs

    def scales(self) -> Floats:
        """Return the scales [N, K/g]."""
        return self._floats("scales").T

    def stored_zeros(self) -> Bytes | None:
        """Return the zeros in the file [N, K/g]."""
        if not self._has("qzeros"):
            return None
        return np.ascontiguousarray(_in_order(self._array("qzeros").astype("<i4", copy=False)).T)


def _in_order(packed: npt.NDArray[np.int32]) -> Bytes:
    """Unpack int32 [rows, N/8] to integers [rows, N]."""
    rows, words = packed.shape
    stored = nibbles(np.ascontiguousarray(packed).view(np.uint8)).reshape(rows, words, 8)
    return stored[:, :, _PLACES].reshape(rows, words * 8)
