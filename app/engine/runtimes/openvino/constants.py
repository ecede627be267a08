"""A checkpoint's tensors as constants of an OpenVINO graph: nothing is rounded, 4-bit weights are only re-ordered."""

from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as op

from app.engine.checkpoints.arrays import GptqArrays, float_array, gptq_arrays, stored_array
from app.engine.checkpoints.tensor_files import TensorFiles
from app.engine.runtimes.openvino.weight_cache import WeightCache

_KEPT_IN_16_BITS = "decompression_0"
"""How OpenVINO marks a conversion that is not to be carried out beforehand (its rt_info/decompression.hpp)."""
ZERO = 8
"""What stands for zero in a symmetric scheme of 4 bits."""


class Constants:
    """Makes constants from `tensors`. They share its memory, and that of `held`, which must live as long as they.

    What has to be re-ordered is kept in `cache`.
    """

    def __init__(self, tensors: TensorFiles, cache: WeightCache) -> None:
        self._tensors = tensors
        self.cache = cache
        self.held: list[npt.NDArray[Any]] = []

    def floats(self, name: str) -> ov.Output:
        """A tensor as float32."""
        return op.constant(float_array(self._tensors, name)).output(0)

    def weight(self, *names: str) -> ov.Output:
        """The weights of the linear layers `names`, which share their input: float32 [N, K] in the graph.

        In the file and in memory they stay in 4 or 16 bits. Raises CheckpointError for other 4-bit schemes than ours.
        """
        if all(f"{name}.qweight" in self._tensors.entries for name in names):
            layers = [gptq_arrays(self._tensors, name) for name in names]
            # A layer alone may have groups of its own size; side by side they share one.
            if len({layer.group_size for layer in layers}) == 1:
                return self._packed(layers, "+".join(names))
        parts = [self._one_weight(name) for name in names]
        return op.concat(parts, 0).output(0) if len(parts) > 1 else parts[0]

    def int4(self, name: str, pairs: npt.NDArray[np.uint8], scales: npt.NDArray[np.floating], group: int) -> ov.Output:
        """Bytes [N, K/2], low half first, and scales [N, K/g] as a weight (q - 8) * scale, float32 [N, K] in the graph.

        It is in the form that the CPU plugin fuses into the product. In the graph its parts are called by `name`.
        """
        outputs, inputs = len(pairs), pairs.shape[1] * 2
        shape = ov.Shape([outputs, inputs // group, group])
        self.held.append(pairs)
        integers = ov.op.Constant(ov.Tensor(pairs, shape, ov.Type.u4), shared_memory=True)
        integers.set_friendly_name(f"{name}.integers")
        factors = op.constant(np.ascontiguousarray(scales)[:, :, None])
        factors.set_friendly_name(f"{name}.scales")
        zero = ov.Tensor(ov.Type.u4, ov.Shape([1, 1, 1]))
        np.asarray(zero.data)[...] = ZERO
        kind = "f16" if scales.dtype == np.float16 else "f32"
        centred = op.subtract(op.convert(integers, kind), op.convert(ov.op.Constant(zero), kind))
        scaled = op.multiply(centred, factors)
        whole = op.reshape(scaled, op.constant(np.array([outputs, inputs])), special_zero=False)
        return op.convert(whole, "f32").output(0)

    def dense(self, name: str, *shape: int) -> ov.Output:
        """A 16- or 32-bit tensor of this shape, kept in its own type, float32 in the graph."""
        kinds = {"BF16": ov.Type.bf16, "F16": ov.Type.f16, "F32": ov.Type.f32}
        array = np.ascontiguousarray(stored_array(self._tensors, name))
        self.held.append(array)
        tensor = ov.Tensor(array, ov.Shape(shape or array.shape), kinds[self._tensors.entries[name].dtype])
        widened = op.convert(ov.op.Constant(tensor, shared_memory=True), "f32")
        # Without the mark a float32 copy of the whole weight stays in memory as long as the graph does.
        widened.get_rt_info()[_KEPT_IN_16_BITS] = True
        return widened.output(0)

    def _one_weight(self, name: str) -> ov.Output:
        if f"{name}.qweight" in self._tensors.entries:
            return self._packed([gptq_arrays(self._tensors, name)], name)
        return self.dense(f"{name}.weight")

    def _packed(self, layers: list[GptqArrays], name: str) -> ov.Output:
        scales = np.concatenate([layer.scales.T for layer in layers])
        shape = (len(scales), layers[0].qweight.shape[0] * 4)
        pairs = self.cache.array(name, shape, lambda: np.concatenate([nibble_pairs(layer) for layer in layers]))
        return self.int4(name, pairs, scales, layers[0].group_size)


def nibble_pairs(layer: GptqArrays) -> npt.NDArray[np.uint8]:
    """The integers 0..15 as bytes [N, K/2]: inputs 2i in the low half, 2i + 1 in the high half."""
    rows, outputs = layer.qweight.shape
    # Eight inputs fill an int32 from its lowest bits, so its bytes in memory are pairs of inputs in order.
    pairs = layer.qweight.astype("<i4", copy=False).view(np.uint8).reshape(rows, outputs, 4)
    return np.ascontiguousarray(pairs.transpose(1, 0, 2)).reshape(outputs, rows * 4)
