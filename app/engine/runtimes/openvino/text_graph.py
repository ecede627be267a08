"""The language model as one graph: Qwen3 with M-RoPE and deepstack, after Hugging Face's modeling_qwen3_vl.

Where floats of 16 bits end at 65,504, the residual stream and its norms stay in 32 bits, and the input of `down_proj`
is scaled: massive activations of trained models come near that number.
"""

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
    marked_precise,
    number,
    parameter,
    parts_of,
    reshaped,
    result,
    rms_norm,
)
from app.engine.runtimes.openvino.paged_attention import PagedInputs, paged_attention, paged_inputs

_INNER_SCALE = 32.0
"""By which the input of `down_proj` is divided in float16; a power of two, so that nothing normal is rounded."""


def text_graph(
    constants: Constants, config: ModelConfig, head: Node, progress: ProgressCallback, *, in_float16: bool = False
) -> ov.Model:
    """Build the graph, which appends tokens to the cache; `in_float16` if the device computes in it.

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
    builder = _Layers(constants, config, (cosines.output(0), sines.output(0)), paged, in_float16=in_float16)
    hidden = embeddings.output(0)
    for index in range(text.layers):
        hidden = builder.layer(index, hidden)
        progress((index + 1) / text.layers)
        if index < levels:
            hidden = builder.residual(hidden, added_levels[index])
    chosen = op.gather(hidden, wanted, op.constant(0)).output(0)
    normed = builder.normed(chosen, f"{TEXT}.norm")
    results = [result(normed, "hidden"), result(linear(normed, head), "logits")]
    inputs = [embeddings, cosines, sines, deepstack, wanted, *paged.parameters, *builder.caches]
    return ov.Model(results, inputs, "text")


class _Layers:
    """The decoder's layers, and the inputs for their caches."""

    def __init__(
        self,
        constants: Constants,
        config: ModelConfig,
        cos_sin: tuple[Node, Node],
        paged: PagedInputs,
        *,
        in_float16: bool,
    ) -> None:
        self._constants = constants
        self._config = config.text
        self._cosines, self._sines = cos_sin
        self._paged = paged
        self._in_float16 = in_float16
        self.caches: list[ov.op.Parameter] = []

    def layer(self, index: int, hidden: Node) -> Node:
        """[T, hidden] -> [T, hidden]."""
        prefix, constants, config = f"{TEXT}.layers.{index}", self._constants, self._config
        attended = self._attend(index, self.normed(hidden, f"{prefix}.input_layernorm"))
        hidden = self.residual(hidden, constants.product(attended, f"{prefix}.self_attn.o_proj"))
        before_mlp = self.normed(hidden, f"{prefix}.post_attention_layernorm")
        wide = constants.product(before_mlp, f"{prefix}.mlp.gate_proj", f"{prefix}.mlp.up_proj")
        gate, up = parts_of(wide, -1, config.intermediate_size, config.intermediate_size)
        if self._in_float16:
            up = op.multiply(up, number(1 / _INNER_SCALE)).output(0)
        inner = op.multiply(op.swish(gate), up).output(0)
        down = constants.product(inner, f"{prefix}.mlp.down_proj")
        if self._in_float16:
            down = marked_precise(op.multiply(down, number(_INNER_SCALE)).output(0))
        return self.residual(hidden, down)

    def residual(self, hidden: Node, added_part: Node) -> Node:
        """Add to the residual stream."""
        total = added(hidden, added_part)
        return marked_precise(total) if self._in_float16 else total

    def normed(self, hidden: Node, name: str) -> Node:
        """Apply the norm `name` to the residual stream."""
        weight = self._constants.floats(f"{name}.weight")
        return rms_norm(hidden, weight, self._config.rms_norm_eps, is_precise=self._in_float16)

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
