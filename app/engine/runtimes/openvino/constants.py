"""A checkpoint's tensors as constants of an OpenVINO graph; nothing is rounded."""

from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as op

from app.engine.checkpoints.arrays import float_array, stored_array
from app.engine.checkpoints.tensor_files import TensorFiles
from app.engine.runtimes.packed_weights import ZERO, PackedWeight, packed_weights
from app.engine.runtimes.weight_cache import WeightCache

_KEPT_IN_16_BITS = "decompression_0"
"""OpenVINO's mark of a conversion that must not be constant-folded (its rt_info/decompression.hpp)."""


class Constants:
    """Creates constants from `tensors`. They share its memory, and that of `held`, which must outlive them.

    Reordered weights are stored in `cache`.
    """

    def __init__(self, tensors: TensorFiles, cache: WeightCache) -> None:
        self._tensors = tensors
        self.cache = cache
        self.held: list[npt.NDArray[Any]] = []

    def release(self) -> None:
        """Release the memory of the mapped files; later reads load it from the files again."""
        self.cache.release()
        self._tensors.release()

    def floats(self, name: str) -> ov.Output:
        """Return a tensor as float32."""
        return op.constant(float_array(self._tensors, name)).output(0)

    def weight(self, *names: str) -> ov.Output:
        """Return the weights of the linear layers `names`, which share their input: float32 [N, K] in the graph.

        In the file and in memory they stay in 4 or 16 bits. Raises CheckpointError for unsupported 4-bit schemes.
        """
        parts = [
            self.dense(f"{weight}.weight") if isinstance(weight, str) else self.int4(weight)
            for weight in packed_weights(self._tensors, self.cache, names)
        ]
        return op.concat(parts, 0).output(0) if len(parts) > 1 else parts[0]

    def int4(self, weight: PackedWeight) -> ov.Output:
        """Return a 4-bit weight, float32 [N, K] in the graph.

        It has the form that the CPU plugin fuses into the product. The graph's nodes of it are named after it.
        """
        shape = ov.Shape([weight.outputs, weight.inputs // weight.group, weight.group])
        self.held.append(weight.pairs)
        integers = ov.op.Constant(ov.Tensor(weight.pairs, shape, ov.Type.u4), shared_memory=True)
        integers.set_friendly_name(f"{weight.name}.integers")
        factors = op.constant(np.ascontiguousarray(weight.scales)[:, :, None])
        factors.set_friendly_name(f"{weight.name}.scales")
        zero = ov.Tensor(ov.Type.u4, ov.Shape([1, 1, 1]))
        np.asarray(zero.data)[...] = ZERO
        kind = "f16" if weight.scales.dtype == np.float16 else "f32"
        centred = op.subtract(op.convert(integers, kind), op.convert(ov.op.Constant(zero), kind))
        scaled = op.multiply(centred, factors)
        whole = op.reshape(scaled, op.constant(np.array([weight.outputs, weight.inputs])), special_zero=False)
        return op.convert(whole, "f32").output(0)

    def dense(self, name: str, *shape: int) -> ov.Output:
        """Return a 16- or 32-bit tensor of this shape, stored in its own dtype, float32 in the graph."""
        kinds = {"BF16": ov.Type.bf16, "F16": ov.Type.f16, "F32": ov.Type.f32}
        array = np.ascontiguousarray(stored_array(self._tensors, name))
        self.held.append(array)
        tensor = ov.Tensor(array, ov.Shape(shape or array.shape), kinds[self._tensors.entries[name].dtype])
        widened = op.convert(ov.op.Constant(tensor, shared_memory=True), "f32")
        # Without the mark a float32 copy of the whole weight would stay in memory with the graph.
        widened.get_rt_info()[_KEPT_IN_16_BITS] = True
        return widened.output(0)
