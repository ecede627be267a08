"""The vision tower, after Hugging Face's modeling_qwen3_vl: patches in, image tokens and deepstack features out.

The residual stream and the MLPs stay in 32 bits where floats of 16 end at 65,504, on GPUs: Qwen3-VL's linear_fc1 passes
that number (https://github.com/unslothai/unsloth-zoo/pull/720).

It is split after each layer that feeds deepstack, so that progress can be shown and Stop checked between sections. No
section depends on the image's size: positions are inputs.
"""

from itertools import pairwise

import numpy as np
import openvino as ov
from openvino import opset13 as op

from app.engine.checkpoints.config import VisionConfig
from app.engine.checkpoints.weights import VISION
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.graph_ops import (
    Node,
    added,
    apply_rope,
    integers,
    kept_in_32_bits,
    layer_norm,
    linear,
    parameter,
    reshaped,
    result,
)

NORM_EPS = 1e-6


def vision_graphs(constants: Constants, config: VisionConfig) -> list[ov.Model]:
    """Build the sections in order.

    The first takes `pixels` float32 [P, values], `indices` int32 [4, P] and `bilinear_weights` float32 [4, P] for the
    table of position embeddings; each takes `cosines` and `sines` [P, 1, head_dim], and from the second on `previous`
    [P, hidden], the output `hidden` of the preceding section. Sections that end at a deepstack layer return
    `deepstack`, and the last one `tokens`, both [P / merge², text hidden].
    """
    ends = sorted({layer + 1 for layer in config.deepstack_layers} | {config.depth})
    tower = _Tower(constants, config)
    return [tower.section(first, end) for first, end in pairwise([0, *ends])]


class _Tower:
    def __init__(self, constants: Constants, config: VisionConfig) -> None:
        self._constants = constants
        self._config = config

    def section(self, first: int, end: int) -> ov.Model:
        """Build blocks [first, end), with the embeddings before or the mergers after them."""
        config = self._config
        size = config.hidden_size // config.heads
        cos_sin = [parameter(name, ov.Type.f32, [-1, 1, size]) for name in ("cosines", "sines")]
        if first == 0:
            inputs = [
                parameter("pixels", ov.Type.f32, [-1, config.patch_values]),
                parameter("indices", ov.Type.i32, [4, -1]),
                parameter("bilinear_weights", ov.Type.f32, [4, -1]),
            ]
            hidden = self._embedded(*(node.output(0) for node in inputs))
        else:
            inputs = [parameter("previous", ov.Type.f32, [-1, config.hidden_size])]
            hidden = inputs[0].output(0)
        cosines, sines = (node.output(0) for node in cos_sin)
        for index in range(first, end):
            hidden = self._block(f"{VISION}.blocks.{index}", hidden, cosines, sines)
        results = []
        if end - 1 in config.deepstack_layers:
            level = config.deepstack_layers.index(end - 1)
            merged = self._merged(f"{VISION}.deepstack_merger_list.{level}", hidden, norm_after_merge=True)
            results.append(result(merged, "deepstack"))
        if end == config.depth:
            results.append(result(self._merged(f"{VISION}.merger", hidden, norm_after_merge=False), "tokens"))
        else:
            results.append(result(hidden, "hidden"))
        return ov.Model(results, [*inputs, *cos_sin], f"vision {first} to {end}")

    def _embedded(self, pixels: Node, indices: Node, bilinear_weights: Node) -> Node:
        config, constants, name = self._config, self._constants, f"{VISION}.patch_embed.proj"
        weight = constants.dense(f"{name}.weight", config.hidden_size, config.patch_values)
        hidden = linear(pixels, weight, constants.floats(f"{name}.bias"))
        corners = op.gather(constants.dense(f"{VISION}.pos_embed.weight"), indices, op.constant(0))  # [4, P, hidden]
        shared = op.multiply(corners, op.unsqueeze(bilinear_weights, integers(2)))
        return added(hidden, op.reduce_sum(shared, integers(0), keep_dims=False).output(0))

    def _block(self, prefix: str, hidden: Node, cosines: Node, sines: Node) -> Node:
        attended = self._attend(f"{prefix}.attn", self._normed(f"{prefix}.norm1", hidden), cosines, sines)
        hidden = kept_in_32_bits(added(hidden, attended))
        wide = self._affine(f"{prefix}.mlp.linear_fc1", self._normed(f"{prefix}.norm2", hidden))
        inner = kept_in_32_bits(op.gelu(kept_in_32_bits(wide), "tanh").output(0))
        down = kept_in_32_bits(self._affine(f"{prefix}.mlp.linear_fc2", inner))
        return kept_in_32_bits(added(hidden, down))

    def _attend(self, prefix: str, normed: Node, cosines: Node, sines: Node) -> Node:
        heads, size = self._config.heads, self._config.hidden_size // self._config.heads
        qkv = reshaped(self._affine(f"{prefix}.qkv", normed), -1, 3, heads, size)
        queries, keys, values = (
            op.squeeze(part, integers(1)).output(0) for part in op.split(qkv, op.constant(np.int64(1)), 3).outputs()
        )
        # [P, heads, d] -> [1, heads, P, d]
        apart = [
            op.unsqueeze(op.transpose(x, integers(1, 0, 2)), integers(0)).output(0)
            for x in (apply_rope(queries, cosines, sines), apply_rope(keys, cosines, sines), values)
        ]
        attended = op.scaled_dot_product_attention(*apart, causal=False)
        together = op.transpose(op.squeeze(attended, integers(0)), integers(1, 0, 2)).output(0)
        return self._affine(f"{prefix}.proj", reshaped(together, -1, heads * size))

    def _merged(self, prefix: str, hidden: Node, *, norm_after_merge: bool) -> Node:
        """Merge windows of merge_size² patches into one token each; deepstack's mergers normalise after merging."""
        width = self._config.hidden_size * self._config.merge_size**2
        if norm_after_merge:
            joined = self._normed(f"{prefix}.norm", reshaped(hidden, -1, width))
        else:
            joined = reshaped(self._normed(f"{prefix}.norm", hidden), -1, width)
        inner = op.gelu(self._affine(f"{prefix}.linear_fc1", joined), "erf").output(0)
        return self._affine(f"{prefix}.linear_fc2", inner)

    def _normed(self, name: str, x: Node) -> Node:
        weight, bias = (self._constants.floats(f"{name}.{part}") for part in ("weight", "bias"))
        return layer_norm(x, weight, bias, NORM_EPS)

    def _affine(self, name: str, x: Node) -> Node:
        return added(self._constants.product(x, name), self._constants.floats(f"{name}.bias"))
