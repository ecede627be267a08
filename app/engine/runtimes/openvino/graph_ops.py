"""Building blocks of both graphs, in the forms that OpenVINO's plugins recognise and fuse."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import openvino as ov
from openvino import opset13 as op

Node: TypeAlias = ov.Output
_PRECISE = "precise_0"
"""OpenVINO's mark of a node that keeps its 32 bits where a plugin converts (its disable_fp16_compression.hpp)."""


def number(value: float) -> Node:
    """Return a float32 scalar."""
    return op.constant(np.float32(value)).output(0)


def integers(*values: int) -> Node:
    """Return an int64 vector."""
    return op.constant(np.array(values, np.int64)).output(0)


def reshaped(x: Node, *shape: int) -> Node:
    """Reshape `x`; -1 is inferred, as in numpy."""
    return op.reshape(x, integers(*shape), special_zero=False).output(0)


def linear(x: Node, weight: Node, bias: Node | None = None) -> Node:
    """Multiply x [..., K] by a weight [N, K], and add a bias [N]."""
    product = op.matmul(x, weight, transpose_a=False, transpose_b=True)
    return (op.add(product, bias) if bias is not None else product).output(0)


def kept_in_32_bits(x: Node) -> Node:
    """Keep what computes `x`, an added bias and the product before it, in 32 bits on devices that compute in 16."""
    node = x.get_node()
    node.get_rt_info()[_PRECISE] = True
    for before in (value.get_source_output().get_node() for value in node.inputs()):
        if before.get_type_name() == "MatMul":
            before.get_rt_info()[_PRECISE] = True
    return x


def added(x: Node, y: Node) -> Node:
    """Return the sum x + y."""
    return op.add(x, y).output(0)


def marked_precise(x: Node) -> Node:
    """Keep the one node that computes `x` in 32 bits on devices that compute in 16; its inputs may have 16."""
    x.get_node().get_rt_info()[_PRECISE] = True
    return x


def rms_norm(x: Node, weight: Node, epsilon: float, *, is_precise: bool = False) -> Node:
    """Apply RMS norm over the last axis; if `is_precise`, in 32 bits on devices that compute in 16, too."""
    squares = op.power(x, number(2))
    mean = op.reduce_mean(squares, integers(-1), keep_dims=True)
    root = op.sqrt(op.add(mean, number(epsilon)))
    scale = op.divide(number(1), root)
    scaled = op.multiply(x, scale)
    for node in (squares, mean, root.input_value(0).get_node(), root, scale, scaled) if is_precise else ():
        marked_precise(node.output(0))
    return op.multiply(scaled, weight).output(0)


def layer_norm(x: Node, weight: Node, bias: Node, epsilon: float) -> Node:
    """Apply layer norm over the last axis."""
    normed = op.mvn(x, integers(-1), normalize_variance=True, eps=epsilon, eps_mode="inside_sqrt")
    return op.add(op.multiply(normed, weight), bias).output(0)


def apply_rope(x: Node, cosines: Node, sines: Node) -> Node:
    """Apply rotary position embeddings by halves of the last axis."""
    first, second = op.split(x, op.constant(np.int64(-1)), 2).outputs()
    rotated_half = op.concat([op.multiply(second, number(-1)), first], -1)
    return op.add(op.multiply(x, cosines), op.multiply(rotated_half, sines)).output(0)


def parts_of(x: Node, axis: int, *sizes: int) -> list[Node]:
    """Split `x` along an axis into parts of these sizes."""
    outputs: list[Node] = op.variadic_split(x, op.constant(np.int64(axis)), integers(*sizes)).outputs()
    return outputs


def parameter(name: str, kind: ov.Type, shape: Sequence[int] | ov.PartialShape) -> ov.op.Parameter:
    """Create an input of this name; -1 is a dynamic dimension."""
    node = op.parameter(ov.PartialShape(list(shape)) if not isinstance(shape, ov.PartialShape) else shape, kind)
    node.set_friendly_name(name)
    node.output(0).get_tensor().set_names({name})
    return node


def result(x: Node, name: str) -> ov.op.Result:
    """Create an output of this name."""
    node = op.result(x)
    node.output(0).get_tensor().set_names({name})
    return node
