"""Builds a graph for ONNX Runtime: operators by name, weights that stay in our own memory.

The standard operators are described at https://onnx.ai/onnx/operators, those of `MICROSOFT` in ONNX Runtime's
ContribOperators.md.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from app.engine.runtimes.packed_weights import PackedWeight

MICROSOFT = "com.microsoft"
_OPSET, _IR_VERSION = 21, 10
"""The oldest versions with all operators used here, so that no release of ONNX Runtime is too old for them."""
IN_8_BITS, IN_32_BITS = 4, 1
"""Values of MatMulNBits' `accuracy_level`: what activations are rounded to, by group, for 4-bit weights."""


class GraphBuilder:
    """Collects nodes; a value is referred to by the name of the node that produces it."""

    def __init__(self, accuracy_level: int) -> None:
        self._accuracy_level = accuracy_level
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

    def product(self, name: str, x: str, weight: PackedWeight) -> str:
        """Add the product of x [..., K] and a 4-bit weight [N, K]."""
        pairs = weight.pairs.reshape(weight.outputs, -1, weight.group // 2)
        scales = weight.scales.astype(np.float32).ravel()
        inputs_by_name = [
            x,
            self.weight(f"{weight.name}.integers", pairs),
            self.weight(f"{weight.name}.scales", scales),
        ]
        return self.node(
            "MatMulNBits", name, inputs_by_name, MICROSOFT,
            K=weight.inputs, N=weight.outputs, bits=4, block_size=weight.group, accuracy_level=self._accuracy_level,
        )  # fmt: skip

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
