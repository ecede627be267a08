"""A linear layer of a GGUF file in one of its quantised types."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.domain.error_texts import checkpoint_texts
from app.domain.errors import CheckpointError
from app.engine.checkpoints.arrays import stored_blocks
from app.engine.checkpoints.gguf import blocks
from app.engine.checkpoints.gguf.blocks import PACKINGS
from app.engine.checkpoints.grouped_weight import Bytes, Floats, nibble_pairs
from app.engine.checkpoints.packings.stored_layer import StoredLayer
from app.engine.checkpoints.required_tensors import Expected
from app.engine.checkpoints.tensor_files import TensorFiles

_MAX_ROWS = 512
"""Maximum number of rows that are unpacked at a time, so that their copies stay small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufLayer(StoredLayer):
    """A layer in the type `kind`.

    Its float offsets are taken apart into the nearest whole zero and a rest of at most half a scale: runtimes that
    round activations then multiply small integers, as with the other packings.
    """

    kind: str

    def expected(self) -> Iterator[Expected]:
        """Yield the one tensor."""
        yield Expected(f"{self.name}.weight", (self.outputs, self.inputs), (self.kind,))

    def integers(self) -> Bytes:
        """Return the integers, a few rows at a time."""
        raw = stored_blocks(self.tensors, f"{self.name}.weight")
        unpacked = np.empty((self.outputs, self.inputs * self.bits // 8), np.uint8)
        for start in range(0, self.outputs, _MAX_ROWS):
            rows = blocks.integers(PACKINGS[self.kind], raw[start : start + _MAX_ROWS])
            unpacked[start : start + _MAX_ROWS] = nibble_pairs(rows) if self.bits == 4 else rows
        return unpacked

    def scales(self) -> Floats:
        """Return the scales [N, K/g]. Raises CheckpointError if one is NaN or infinite."""
        return self._factors()[0]

    def stored_zeros(self) -> Bytes | None:
        """Return the whole zeros [N, K/g] next to the offsets, None if there are none."""
        scales, offsets = self._factors()
        return None if offsets is None else _nearest_zeros(scales, offsets, self.bits)

    def offsets(self) -> Floats | None:
        """Return the rest of the offsets [N, K/g], float32."""
        scales, offsets = self._factors()
        if offsets is None:
            return None
        # The product has 21 bits, and the difference of two numbers so near is exact in float32. It is rounded in its
        # last bit if all weights of a group are far from zero.
        return offsets + _nearest_zeros(scales, offsets, self.bits) * scales.astype(np.float32)

    def _factors(self) -> tuple[Floats, Floats | None]:
        name = f"{self.name}.weight"
        scales, offsets = blocks.factors(PACKINGS[self.kind], stored_blocks(self.tensors, name))
        if not np.isfinite(scales).all() or (offsets is not None and not np.isfinite(offsets).all()):
            raise CheckpointError(checkpoint_texts.NOT_FINITE, tensor=name)
        return scales, offsets


def gguf_layer(tensors: TensorFiles, name: str, kind: str, outputs: int, inputs: int) -> GgufLayer:
    """Return the layer `name`, whose tensor is of the type `kind`."""
    packing = PACKINGS[kind]
    return GgufLayer(
        tensors=tensors, name=name, outputs=outputs, inputs=inputs,
        bits=packing.bits, group=packing.group, is_symmetric=packing.is_symmetric, kind=kind,
    )  # fmt: skip


def _nearest_zeros(scales: Floats, offsets: Floats, bits: int) -> Bytes:
    """Return the integers [N, K/g] whose weights are nearest to zero."""
    divisors = np.where(scales == 0, 1, scales).astype(np.float32)
    with np.errstate(over="ignore"):  # A scale may be tiny beside its offset.
        nearest: Bytes = np.rint(-offsets / divisors).clip(0, (1 << bits) - 1).astype(np.uint8)
    return nearest
