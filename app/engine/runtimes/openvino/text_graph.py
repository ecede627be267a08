"""The language model as one graph: Qwen3 with M-RoPE and deepstack, after Hugging Face's modeling_qwen3_vl."""

import openvino as ov
from openvino import opset13 as op

from app.domain.ports import ProgressCallback
from app.engine.checkpoints.config import ModelConfig
from app.engine.checkpoints.weights import TEXT
from app.engine.runtimes.openvino.constants import Constants
from app.engine.runtimes.openvino.graph_ops import (
    Node,
    added,
    apply_rope,
    linear,
    parameter,
    parts_of,
    reshaped,
    result,
    rms_norm,
)
from app.engine.runtimes.openvino.paged_attention import PagedInputs, paged_attention, paged_inputs


def text_graph(constants: Constants, config: ModelConfig, head: Node, progress: ProgressCallback) -> ov.Model:
    """Build the graph, which appends tokens to the cache.

    Inputs: `embeddings` float32 [T, hidden], `cosines` and `sines` [T, 1, head_dim], `deepstack` [levels, T, hidden]
    with zeros for text tokens, `wanted` int32 [n], the tokens whose hidden states and logits are returned, and those of
    `paged_attention`. Outputs: `hidden` float32 [n, hidden], normalised, and `logits` [n, vocabulary].
    """
    text, levels = config.text, len(config.vision.deepstack_layers)
    embeddings = parameter("embeddings", ov.Type.f32, [-1, text.hidden_size])
    cosines = parameter("cosines", ov.Type.f32, [-1, 1, text.head_dim])
    sines = parameter("sines", ov.Type.f32, [-1, 1, text.head_dim])
    deepstack = parameter("deepstack", ov.Type.f32, [levels, -1, text.hidden_size])
    wanted = parameter("wanted", ov.Type.i32, [-1])
    paged = paged_inputs()
    added_levels = [reshaped(level, -1, text.hidden_size) for level in parts_of(deepstack.output(0), 0, *[1] * levels)]
    builder = _Layers(constants, config, cosines.output(0), sines.output(0), paged)
    hidden = embeddings.output(0)
    for index in range(text.layers):
        hidden = builder.layer(index, hidden)
        progress((index + 1) / text.layers)
        if index < levels:
            hidden = added(hidden, added_levels[index])
    chosen = op.gather(hidden, wanted, op.constant(0)).output(0)
    normed = rms_norm(chosen, constants.floats(f"{TEXT}.norm.weight"), text.rms_norm_eps)
    results = [result(normed, "hidden"), result(linear(normed, head), "logits")]
    inputs = [embeddings, cosines, sines, deepstack, wanted, *paged.parameters, *builder.caches]
    return ov.Model(results, inputs, "text")


class _Layers:
    """The decoder's layers, and the inputs for their caches."""

    def __init__(
        self, constants: Constants, config: ModelConfig, cosines: Node, sines: Node, paged: PagedInputs
    ) -> None:
        self._constants = constants
        self._config = config.text
        self._cosines, self._sines = cosines, sines
        self._paged = paged
        self.caches: list[ov.op.Parameter] = []

    def layer(self, index: int, hidden: Node) -> Node:
        """[T, hidden] -> [T, hidden]."""
        prefix, constants, config = f"{TEXT}.layers.{index}", self._constants, self._config

        def normed(x: Node, name: str) -> Node:
            return rms_norm(x, constants.floats(f"{prefix}.{name}.weight"), config.rms_norm_eps)

        attended = self._attend(index, normed(hidden, "input_layernorm"))
        hidden = added(hidden, constants.product(attended, f"{prefix}.self_attn.o_proj"))
        before_mlp = normed(hidden, "post_attention_layernorm")
        wide = constants.product(before_mlp, f"{prefix}.mlp.gate_proj", f"{prefix}.mlp.up_proj")
        gate, up = parts_of(wide, -1, config.intermediate_size, config.intermediate_size)
        inner = op.multiply(op.swish(gate), up).output(0)
        return added(hidden, constants.product(inner, f"{prefix}.mlp.down_proj"))

    def _attend(self, index: int, normed: Node) -> Node:
        prefix, config = f"{TEXT}.layers.{index}.self_attn", self._config
        size = config.head_dim
        names = [f"{prefix}.{kind}_proj" for kind in "qkv"]
        widths = (config.heads * size, config.kv_heads * size, config.kv_heads * size)
        queries, keys, values = parts_of(self._constants.product(normed, *names), -1, *widths)
        rotated = [
            reshaped(self._norm_and_rope(x, heads, f"{prefix}.{norm}.weight"), -1, heads * size)
            for x, heads, norm in ((queries, config.heads, "q_norm"), (keys, config.kv_heads, "k_norm"))
        ]
        attended, caches = paged_attention(index, rotated[0], rotated[1], values, self._paged, config)
        self.caches += caches
        return attended

    def _norm_and_rope(self, x: Node, heads: int, norm: str) -> Node:
        """[T, heads * d] -> [T, heads, d], normalised per head, with rotary position embeddings applied."""
        apart = reshaped(x, -1, heads, self._config.head_dim)
        normed = rms_norm(apart, self._constants.floats(norm), self._config.rms_norm_eps)
        return apply_rope(normed, self._cosines, self._sines)
