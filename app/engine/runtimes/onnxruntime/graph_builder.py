"""Builds a graph for ONNX Runtime: operators by name, weights that stay in our own memory.

The standard operators are described at https://onnx.ai/onnx/operators, those of `MICROSOFT` in ONNX Runtime's
ContribOperators.md.
"""

import math
from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from app.engine.checkpoints.grouped_weight import Bytes, Floats, GroupedWeight, Order, nibble_pairs

MICROSOFT = "com.microsoft"
_OPSET, _IR_VERSION = 21, 10
"""The oldest versions with all operators used here, so that no release of ONNX Runtime is too old for them."""
BLOCK = 32
"""Number of weights in a block, with whose activations they are rounded together.

The scales of larger groups are repeated; larger blocks cost trained models their accuracy: see decision 0009.
"""
_LARGEST = 127
"""Largest of the integers to which MatMulNBits rounds a block's activations."""
_LEAST_SCALE = 1e-30
"""Keeps blocks of zeros from dividing by zero."""


class Activations(Enum):
    """What activations are rounded to where they meet quantised weights, block by block.

    16 bits are two products of 8: of the rounded activations, and of what rounding has left. As the two are rows of one
    product, each weight is read and unpacked once, and a single token takes a fifth to two fifths longer than in 8
    bits. 32 bits take at most a third longer than 8 for hundreds of tokens, and ten times as long for one.
    """

    IN_8_BITS = 4
    IN_16_BITS = 16
    IN_32_BITS = 1

    @property
    def accuracy_level(self) -> int:
        """Value of MatMulNBits' attribute of this name: 4 rounds to 8 bits, 1 not at all."""
        return 1 if self is Activations.IN_32_BITS else 4


class GraphBuilder:
    """Collects nodes; a value is referred to by the name of the node that produces it."""

    def __init__(self, activations: Activations) -> None:
        self._activations = activations
        self._nodes: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []
        self._initializers: list[Any] = []
        self.weights: dict[str, npt.NDArray[Any]] = {}
        """Weights whose memory is shared, by name; they must outlive the session that `open` returns."""

    def input(self, name: str, kind: type[np.generic], shape: Sequence[int | str]) -> str:
        """Add an input; a dimension given by name may vary."""
        self._inputs.append(_described(name, kind, shape))
        return name

    def output(self, name: str, shape: Sequence[int | str]) -> None:
        """Make the float32 value `name` an output of the graph."""
        self._outputs.append(_described(name, np.float32, shape))

    def numbers(self, name: str, values: npt.NDArray[Any]) -> str:
        """Add a small constant, stored in the graph."""
        self._initializers.append(numpy_helper.from_array(values, name))
        return name

    def weight(self, name: str, array: npt.NDArray[Any]) -> str:
        """Add a constant whose memory is shared, not copied into the graph."""
        tensor = TensorProto(name=name, data_type=helper.np_dtype_to_tensor_dtype(array.dtype), dims=array.shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="memory")  # Never looked up: see `open`.
        self._initializers.append(tensor)
        self.weights[name] = array
        return name

    def node(self, operator: str, name: str, inputs: Sequence[str], domain: str = "", **attributes: Any) -> str:  # noqa: ANN401
        """Add an operator with one result."""
        self.nodes(operator, [name], inputs, domain, **attributes)
        return name

    def nodes(
        self,
        operator: str,
        names: Sequence[str],
        inputs: Sequence[str],
        domain: str = "",
        **attributes: Any,  # noqa: ANN401 - as in ONNX
    ) -> None:
        """Add an operator with several results; those with an empty name are omitted."""
        self._nodes.append(helper.make_node(operator, inputs, names, domain=domain, **attributes))

    def product(self, name: str, x: str, weight: GroupedWeight) -> str:
        """Add the product of x [1, T, K] and a weight [N, K] in 4 or 8 bits."""
        if weight.order is not None:
            x = self._ordered(name, x, weight.order)
        if weight.offsets is None:
            return self._product_of_integers(name, x, weight)
        parts = [
            self._product_of_integers(f"{name} integers", x, weight),
            self._product_of_offsets(name, x, weight, weight.offsets),
        ]
        return self.node("Add", name, parts)

    def _product_of_integers(self, name: str, x: str, weight: GroupedWeight) -> str:
        blocks = weight.in_groups_of(math.gcd(weight.group, BLOCK))
        if self._activations is not Activations.IN_16_BITS:
            return self._product(name, x, blocks)
        rounded = self._rounded(f"{name} rounded", x, blocks)
        rest = self.node("Sub", f"{name} rest", [x, rounded])
        rows = self.node("Concat", f"{name} rows", [rounded, rest], axis=1)
        parts = [f"{name} of rounded", f"{name} of rest"]
        self.nodes("Split", parts, [self._product(f"{name} of rows", rows, blocks)], axis=1, num_outputs=2)
        return self.node("Add", name, parts)

    def _product(self, name: str, x: str, blocks: GroupedWeight) -> str:
        inputs = [
            x,
            self.weight(f"{blocks.name}.integers", blocks.integers.reshape(blocks.outputs, blocks.scales.shape[1], -1)),
            self.weight(f"{blocks.name}.scales", blocks.scales.astype(np.float32).ravel()),
        ]
        if blocks.zeros is not None:
            inputs.append(self.weight(f"{blocks.name}.zeros", _packed_zeros(blocks.zeros, blocks.bits)))
        return self.node(
            "MatMulNBits", name, inputs, MICROSOFT,
            K=blocks.inputs, N=blocks.outputs, bits=blocks.bits, block_size=blocks.group,
            accuracy_level=self._activations.accuracy_level,
        )  # fmt: skip

    def _product_of_offsets(self, name: str, x: str, weight: GroupedWeight, offsets: Floats) -> str:
        """Add the product with what all weights of a group share: with the sums of the groups' inputs."""
        shape = self.numbers(f"{name} shape", np.array((0, 0, -1, weight.group), np.int64))
        groups = self.node("Reshape", f"{name} groups", [x, shape])
        axes = self.numbers(f"{name} axes", np.array((-1,), np.int64))
        sums = self.node("ReduceSum", f"{name} sums", [groups, axes], keepdims=0)
        transposed = self.weight(f"{weight.name}.offsets", np.ascontiguousarray(offsets.T))
        return self.node("MatMul", f"{name} offsets", [sums, transposed])

    def _rounded(self, name: str, x: str, blocks: GroupedWeight) -> str:
        """Return x [1, T, K] rounded as MatMulNBits rounds it, so that it rounds the result to itself.

        See QuantizeARow_CompInt8 in ONNX Runtime's MLAS: a block's largest magnitude becomes 127.
        """
        size = blocks.group
        shape = self.numbers(f"{name} shape", np.array([0, 0, blocks.inputs // size, size], np.int64))
        whole = self.numbers(f"{name} width", np.array([0, 0, blocks.inputs], np.int64))
        last = self.numbers(f"{name} axis", np.array([-1], np.int64))
        step = self.numbers(f"{name} step", np.array(1 / _LARGEST, np.float32))
        least = self.numbers(f"{name} least", np.array(_LEAST_SCALE, np.float32))
        apart = self.node("Reshape", f"{name} apart", [x, shape])
        magnitudes = self.node("Abs", f"{name} magnitudes", [apart])
        largest = self.node("ReduceMax", f"{name} largest", [magnitudes, last], keepdims=1)
        scales = self.node("Max", f"{name} scales", [self.node("Mul", f"{name} steps", [largest, step]), least])
        integers = self.node("Round", f"{name} integers", [self.node("Div", f"{name} quotients", [apart, scales])])
        return self.node("Reshape", name, [self.node("Mul", f"{name} values", [integers, scales]), whole])

    def _ordered(self, name: str, x: str, order: Order) -> str:
        """Return the columns of x in this order."""
        return self.node(
            "Gather", f"{name} ordered", [x, self.numbers(f"{name} order", order.astype(np.int64))], axis=-1
        )

    def open(self, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
        """Compile the graph for this CPU."""
        onnxruntime.disable_telemetry_events()  # On Windows it would report each session to the system.
        graph = helper.make_graph(self._nodes, "text", self._inputs, self._outputs, self._initializers)
        imports = [helper.make_opsetid("", _OPSET), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=imports, ir_version=_IR_VERSION)
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in self.weights.values()]
        options.add_external_initializers(list(self.weights), values)
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def _described(name: str, kind: type[np.generic], shape: Sequence[int | str]) -> Any:  # noqa: ANN401 - onnx has no types
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), shape)


def _packed_zeros(zeros: Bytes, bits: int) -> Bytes:
    """Return zeros [N, K/g] as the operator takes them: with 4 bits two in a byte, the low half first."""
    if bits == 8:
        return zeros
    return nibble_pairs(np.pad(zeros, ((0, 0), (0, zeros.shape[1] % 2))))
