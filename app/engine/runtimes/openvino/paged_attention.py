"""OpenVINO's paged attention: the only place that knows its inputs and their order, as of 2026.4.

Keys and values are in blocks, which the graph's caller owns; the operator writes the new ones into them. The context is
given by block numbers and lengths only, so that truncating a cache, or sharing its prefix, costs nothing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino import opset13 as op
from openvino.op import _PagedAttentionExtension

from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.openvino.graph_ops import Node, parameter

KEYS, VALUES = "key_cache.", "value_cache."


@dataclass(frozen=True, slots=True)
class PagedInputs:
    """The inputs that describe a step's context and its blocks; shared by all layers."""

    past_lengths: ov.op.Parameter
    begins: ov.op.Parameter
    blocks: ov.op.Parameter
    block_begins: ov.op.Parameter
    context_length: ov.op.Parameter

    @property
    def parameters(self) -> list[ov.op.Parameter]:
        """Return all of them."""
        return [self.past_lengths, self.begins, self.blocks, self.block_begins, self.context_length]


def paged_inputs() -> PagedInputs:
    """Create the graph's inputs of these names."""
    return PagedInputs(
        past_lengths=parameter("past_lens", ov.Type.i32, [-1]),
        begins=parameter("subsequence_begins", ov.Type.i32, [-1]),
        blocks=parameter("block_indices", ov.Type.i32, [-1]),
        block_begins=parameter("block_indices_begins", ov.Type.i32, [-1]),
        context_length=parameter("max_context_len", ov.Type.i32, []),
    )


def paged_values(past: int, count: int, blocks: npt.NDArray[np.int32]) -> dict[str, npt.NDArray[np.int32]]:
    """Return the values of these inputs for one sequence that appends `count` tokens to `past` in `blocks`."""
    return {
        "past_lens": np.array([past], np.int32),
        "subsequence_begins": np.array([0, count], np.int32),
        "block_indices": blocks,
        "block_indices_begins": np.array([0, len(blocks)], np.int32),
        "max_context_len": np.array(past + count, np.int32),
    }


def paged_attention(
    layer: int, queries: Node, keys: Node, values: Node, inputs: PagedInputs, config: TextConfig
) -> tuple[Node, list[ov.op.Parameter]]:
    """Queries [T, heads * d], keys and values [T, kv_heads * d] -> the attention's output, and its caches."""
    caches = [parameter(f"{kind}{layer}", ov.Type.dynamic, ov.PartialShape.dynamic(4)) for kind in (KEYS, VALUES)]
    nodes = [
        queries, keys, values, *(cache.output(0) for cache in caches),
        inputs.past_lengths.output(0), inputs.begins.output(0), inputs.blocks.output(0), inputs.block_begins.output(0),
        _constant(config.head_dim**-0.5, np.float32),
        _constant(0, np.int32),  # no sliding window
        _empty(np.float32),  # no ALiBi
        inputs.context_length.output(0),
        _empty(np.int32),  # scores are not aggregated
        _empty(np.int32), _empty(np.int32), _empty(np.float32),  # blocks are not rotated
        _empty(np.float32), _constant(0, np.int32), _constant(0, np.int32),  # attention is not sparse
        op.constant(np.zeros((0, 0, 0, 0), np.float32)).output(0),  # no sinks
        _constant(0, np.int32), _empty(np.int32), _empty(np.int32), _empty(np.int32),  # nothing is evicted
        _empty(np.int32),  # token types
        _empty(np.uint8), _empty(np.int32),  # no bias among queries
    ]  # fmt: skip
    made = _PagedAttentionExtension(nodes)
    sizes = {"num_v_heads": config.kv_heads, "v_head_size": config.head_dim}
    sizes |= {"num_k_heads": config.kv_heads, "k_head_size": config.head_dim}
    for node in (made, *caches):
        info = node.get_rt_info()
        for name, size in sizes.items():
            info[name] = size
    return made.output(0), caches


def _constant(value: float, kind: type[np.generic]) -> Node:
    return op.constant(np.array(value, kind)).output(0)


def _empty(kind: type[np.generic]) -> Node:
    return op.constant(np.zeros(0, kind)).output(0)
