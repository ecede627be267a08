"""The one form in which the runtimes take quantised weights: integers with a scale, and a zero, per group of inputs."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating]
Order = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedWeight:
    """A weight [N, K] that is (q - zero) * scale + offset, in 4 or 8 bits; nothing is rounded on the way from the file.

    `integers` uint8 are q: with 4 bits [N, K/2], input 2i in the low half and 2i + 1 in the high half; with 8 bits
    [N, K]. `scales` [N, K/g] are float16, or float32 if the file has another dtype. `zeros` uint8 [N, K/g] are None if
    all are 2 ** (bits - 1), `offsets` float32 [N, K/g] if all are 0. Column j belongs to the input `order[j]`, to input
    j if `order` is None. `name` is unique within a model.
    """

    name: str
    bits: int
    integers: Bytes
    scales: Floats
    zeros: Bytes | None = None
    offsets: Floats | None = None
    order: Order | None = None

    @property
    def inputs(self) -> int:
        """Number of inputs K."""
        return int(self.integers.shape[1]) * 8 // self.bits

    @property
    def outputs(self) -> int:
        """Number of outputs N."""
        return len(self.integers)

    @property
    def group(self) -> int:
        """Number of weights that share one scale, along the inputs."""
        return self.inputs // int(self.scales.shape[1])

    def in_groups_of(self, group: int) -> "GroupedWeight":
        """Return the same weight with what groups have repeated for smaller ones, which divide the present ones."""
        if group == self.group:
            return self
        times = self.group // group
        return replace(
            self,
            scales=np.repeat(self.scales, times, axis=1),
            zeros=None if self.zeros is None else np.repeat(self.zeros, times, axis=1),
            offsets=None if self.offsets is None else np.repeat(self.offsets, times, axis=1),
        )


def middle(bits: int) -> int:
    """Return the integer that is zero in a symmetric scheme."""
    return 1 << (bits - 1)


def nibbles(pairs: Bytes) -> Bytes:
    """Unpack bytes [N, K/2] to integers 0..15 [N, K], the low half first."""
    return np.stack((pairs & 15, pairs >> 4), axis=-1).reshape(len(pairs), -1)


def nibble_pairs(integers: Bytes) -> Bytes:
    """Pack integers 0..15 [N, K] to bytes [N, K/2], the low half first."""
    return np.ascontiguousarray(integers[:, ::2] | integers[:, 1::2] << 4, np.uint8)


def dequantized(weight: GroupedWeight) -> npt.NDArray[np.float32]:
    """Return the weight [N, K] in float32, its columns in the order of the inputs."""
    integers = nibbles(weight.integers) if weight.bits == 4 else weight.integers
    groups = integers.reshape(weight.outputs, -1, weight.group).astype(np.float32)
    zeros = middle(weight.bits) if weight.zeros is None else weight.zeros.astype(np.float32)[:, :, None]
    scaled = (groups - zeros) * weight.scales.astype(np.float32)[:, :, None]
    if weight.offsets is not None:
        scaled += weight.offsets[:, :, None]
    values = scaled.reshape(weight.outputs, -1)
    if weight.order is None:
        return values
    ordered = np.empty_like(values)
    ordered[:, weight.order] = values
    return ordered
