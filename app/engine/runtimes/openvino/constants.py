"""A checkpoint's tensors as constants of an OpenVINO graph; nothing is rounded."""

from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as op

from app.engine.checkpoints.arrays import float_array, float_as_bf16, stored_array
from app.engine.checkpoints.grouped_weight import Bytes, Floats, GroupedWeight, middle, nibble_pairs
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.required_tensors import FLOAT8
from app.engine.runtimes.openvino.graph_ops import Node, added, linear, reshaped
from app.engine.runtimes.packed_weights import packed_weights
from app.engine.runtimes.weight_cache import WeightCache

_INTEGERS = {4: ov.Type.u4, 8: ov.Type.u8}
_KEPT_IN_16_BITS = "decompression_0"
"""OpenVINO's mark of a conversion that must not be constant-folded (its rt_info/decompression.hpp)."""


class Constants:
    """Creates constants from the tensors of `checkpoint`.

    They share its memory, and that of `held`, which must outlive them. Reordered weights are stored in `cache`.
    """

    def __init__(self, checkpoint: Checkpoint, cache: WeightCache) -> None:
        self._checkpoint = checkpoint
        self._tensors = checkpoint.tensors
        self.cache = cache
        self.held: list[npt.NDArray[Any]] = []

    def release(self) -> None:
        """Release the memory of the mapped files; later reads load it from the files again."""
        self.cache.release()
        self._tensors.release()

    def floats(self, name: str) -> ov.Output:
        """Return a tensor as float32."""
        return op.constant(float_array(self._tensors, name)).output(0)

    def product(self, x: Node, *names: str) -> Node:
        """Multiply x [T, K] by the weights of the linear layers `names`; their outputs lie side by side.

        In the file and in memory the weights stay in 4, 8 or 16 bits. Raises CheckpointError as `packed_weights` does.
        """
        parts = [self._product(x, weight) for weight in packed_weights(self._checkpoint, self.cache, names)]
        return op.concat(parts, -1).output(0) if len(parts) > 1 else parts[0]

    def _product(self, x: Node, weight: GroupedWeight | str) -> Node:
        if isinstance(weight, str):
            return linear(x, self.dense(f"{weight}.weight"))
        if weight.order is not None:
            x = op.gather(x, op.constant(weight.order.astype(np.int64)), op.constant(np.int64(-1))).output(0)
        product = linear(x, self.grouped(weight))
        return product if weight.offsets is None else added(product, _product_of_offsets(x, weight, weight.offsets))

    def grouped(self, weight: GroupedWeight) -> ov.Output:
        """Return a weight in 4 or 8 bits, float32 [N, K] in the graph, its columns in the weight's order.

        Its offsets are not added. It has the form that the CPU plugin fuses into the product. The graph's nodes of it
        are named after it.
        """
        kind, integer = "f16" if weight.scales.dtype == np.float16 else "f32", _INTEGERS[weight.bits]
        shape = ov.Shape([weight.outputs, weight.inputs // weight.group, weight.group])
        integers = self._shared(weight.integers, shape, integer)
        integers.set_friendly_name(f"{weight.name}.integers")
        factors = op.constant(np.ascontiguousarray(weight.scales)[:, :, None])
        factors.set_friendly_name(f"{weight.name}.scales")
        centred = op.subtract(op.convert(integers, kind), op.convert(self._zeros(weight), kind))
        scaled = op.multiply(centred, factors)
        whole = op.reshape(scaled, op.constant(np.array([weight.outputs, weight.inputs])), special_zero=False)
        return op.convert(whole, "f32").output(0)

    def _zeros(self, weight: GroupedWeight) -> ov.op.Constant:
        """Return the zeros [N, K/g, 1], or the one of all groups [1, 1, 1]."""
        integer = _INTEGERS[weight.bits]
        if weight.zeros is None:
            zero = ov.Tensor(integer, ov.Shape([1, 1, 1]))
            np.asarray(zero.data)[...] = middle(weight.bits)
            return ov.op.Constant(zero)
        shape = ov.Shape([*weight.zeros.shape, 1])
        if weight.bits == 8:
            return self._shared(np.ascontiguousarray(weight.zeros), shape, integer)
        flat = weight.zeros.reshape(1, -1)
        return self._shared(nibble_pairs(np.pad(flat, ((0, 0), (0, flat.shape[1] % 2)))).ravel(), shape, integer)

    def _shared(self, array: Bytes, shape: ov.Shape, integer: ov.Type) -> ov.op.Constant:
        self.held.append(array)
        return ov.op.Constant(ov.Tensor(array, shape, integer), shared_memory=True)

    def dense(self, name: str, *shape: int) -> ov.Output:
        """Return a tensor of this shape, stored in its own 16 or 32 bits, float32 in the graph.

        8-bit floats become bfloat16, whose rounding is a thirtieth of theirs.
        """
        kinds = {"BF16": ov.Type.bf16, "F16": ov.Type.f16, "F32": ov.Type.f32}
        dtype = self._tensors.entries[name].dtype
        if dtype == FLOAT8:
            array, dtype = float_as_bf16(float_array(self._tensors, name)), "BF16"
        else:
            array = np.ascontiguousarray(stored_array(self._tensors, name))
        self.held.append(array)
        tensor = ov.Tensor(array, ov.Shape(shape or array.shape), kinds[dtype])
        widened = op.convert(ov.op.Constant(tensor, shared_memory=True), "f32")
        # Without the mark a float32 copy of the whole weight would stay in memory with the graph.
        widened.get_rt_info()[_KEPT_IN_16_BITS] = True
        return widened.output(0)


def _product_of_offsets(x: Node, weight: GroupedWeight, offsets: Floats) -> Node:
    """Multiply x [T, K] by offsets [N, K/g], which all weights of a group share: by the sums of the groups' inputs."""
    groups = reshaped(x, -1, weight.inputs // weight.group, weight.group)
    sums = op.reduce_sum(groups, op.constant(np.int64(-1)), keep_dims=False).output(0)
    return linear(sums, op.constant(np.ascontiguousarray(offsets)).output(0))
