"""A checkpoint's 4-bit layers in the order that graphs need: the numbers are only reordered, not rounded."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.engine.checkpoints.arrays import GptqArrays, gptq_arrays
from app.engine.checkpoints.tensor_files import TensorFiles
from app.engine.runtimes.weight_cache import WeightCache

ZERO = 8
"""Quantised value of zero in a symmetric 4-bit scheme."""


@dataclass(frozen=True, slots=True)
class PackedWeight:
    """A weight [N, K] that is (q - 8) * scale.

    `pairs` is uint8 [N, K/2], q of input 2i in the low half and that of 2i + 1 in the high half; `scales` [N, K/g] are
    float16, or float32 if the file has another dtype. `name` is unique within a model.
    """

    name: str
    pairs: npt.NDArray[np.uint8]
    scales: npt.NDArray[np.floating]

    @property
    def inputs(self) -> int:
        """Number of inputs K."""
        return int(self.pairs.shape[1]) * 2

    @property
    def outputs(self) -> int:
        """Number of outputs N."""
        return len(self.pairs)

    @property
    def group(self) -> int:
        """Number of weights that share one scale, along the inputs."""
        return self.inputs // int(self.scales.shape[1])


def packed_weights(tensors: TensorFiles, cache: WeightCache, names: tuple[str, ...]) -> list[PackedWeight | str]:
    """Return the linear layers `names`, which share their input, as few weights as possible, in their order.

    They are joined into one if all are in 4 bits with the same group size; a 16-bit layer is returned as its name.
    Raises CheckpointError for unsupported 4-bit schemes.
    """
    layers = {name: gptq_arrays(tensors, name) for name in names if f"{name}.qweight" in tensors.entries}
    if len(layers) == len(names) and len({layer.group_size for layer in layers.values()}) == 1:
        return [_packed(cache, "+".join(names), list(layers.values()))]
    return [_packed(cache, name, [layers[name]]) if name in layers else name for name in names]


def _packed(cache: WeightCache, name: str, layers: list[GptqArrays]) -> PackedWeight:
    scales = np.concatenate([layer.scales.T for layer in layers])
    shape = (len(scales), layers[0].qweight.shape[0] * 4)
    pairs = cache.array(name, shape, lambda: np.concatenate([nibble_pairs(layer) for layer in layers]))
    return PackedWeight(name, pairs, scales)


def nibble_pairs(layer: GptqArrays) -> npt.NDArray[np.uint8]:
    """Return the integers 0..15 as bytes [N, K/2]: inputs 2i in the low half, 2i + 1 in the high half."""
    rows, outputs = layer.qweight.shape
    # Eight inputs fill an int32 from its lowest bits, so its bytes in memory are pairs of inputs in order.
    pairs = layer.qweight.astype("<i4", copy=False).view(np.uint8).reshape(rows, outputs, 4)
    return np.ascontiguousarray(pairs.transpose(1, 0, 2)).reshape(outputs, rows * 4)
