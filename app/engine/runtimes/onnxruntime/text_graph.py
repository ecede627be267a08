"""The language model as one graph: Qwen3 with M-RoPE and deepstack, after Hugging Face's modeling_qwen3_vl."""

import numpy as np
import numpy.typing as npt

from app.domain.ports import ProgressCallback
from app.engine.checkpoints.arrays import float_array
from app.engine.checkpoints.grouped_weight import GroupedWeight
from app.engine.checkpoints.open_checkpoint import Checkpoint
from app.engine.checkpoints.weights import TEXT
from app.engine.runtimes.onnxruntime.graph_builder import MICROSOFT, GraphBuilder
from app.engine.runtimes.packed_weights import packed_weights
from app.engine.runtimes.weight_cache import WeightCache

KEYS, VALUES = "keys.", "values."
WRITTEN = "written "
"""Prefix of the names of a layer's keys and values as outputs, which share the inputs' memory."""


class TextGraph:
    """Adds the model of `checkpoint` to `builder`; reordered weights are stored in `cache`.

    Inputs: `embeddings` float32 [1, T, hidden]; `cosines` and `sines` [T, head_dim / 2], with the row number of each
    token in `positions` int64 [1, T]; `deepstack.0` and further [1, T, hidden]; `last` int32 [1], the index of the last
    token, and `total` int32 [], the number of all tokens; and each layer's keys and values [1, kv_heads, allocated,
    head_dim], which are written. With a head also `wanted` int64 [n], the tokens whose hidden states and logits are
    returned. Outputs then: `hidden` float32 [1, n, hidden], normalised, and `logits` [1, n, vocabulary].
    """

    def __init__(self, builder: GraphBuilder, checkpoint: Checkpoint, cache: WeightCache) -> None:
        self._builder = builder
        self._checkpoint = checkpoint
        self._tensors = checkpoint.tensors
        self._cache = cache
        self._config = checkpoint.config.text
        self._levels = len(checkpoint.config.vision.deepstack_layers)

    def add(self, head: GroupedWeight | None, progress: ProgressCallback) -> None:
        """Add everything from the embeddings to the logits; without a head, to the last keys and values."""
        builder, config = self._builder, self._config
        width, half = config.hidden_size, config.head_dim // 2
        hidden = builder.input("embeddings", np.float32, [1, "T", width])
        for name in ("cosines", "sines"):
            builder.input(name, np.float32, ["T", half])
        builder.input("positions", np.int64, [1, "T"])
        builder.input("last", np.int32, [1])
        builder.input("total", np.int32, [])
        for level in range(self._levels):
            builder.input(f"deepstack.{level}", np.float32, [1, "T", width])
        self._add_shapes()
        for index in range(config.layers):
            hidden = self._layer(index, hidden)
            progress((index + 1) / config.layers)
        if head is not None:
            self._add_logits(hidden, head)

    def _add_logits(self, hidden: str, head: GroupedWeight) -> None:
        builder = self._builder
        builder.input("wanted", np.int64, ["n"])
        chosen = builder.node("Gather", "chosen", [hidden, "wanted"], axis=1)
        self._normed("hidden", chosen, f"{TEXT}.norm")
        builder.output("hidden", [1, "n", self._config.hidden_size])
        builder.product("logits", "hidden", head)
        builder.output("logits", [1, "n", head.outputs])

    def _add_shapes(self) -> None:
        config, builder = self._config, self._builder
        widths = {"query": config.heads * config.head_dim, "key": config.kv_heads * config.head_dim}
        for kind, heads in (("query", config.heads), ("key", config.kv_heads)):
            builder.numbers(f"{kind} heads", _integers(0, 0, heads, config.head_dim))
            builder.numbers(f"{kind} width", _integers(0, 0, widths[kind]))
        builder.numbers("attention widths", _integers(widths["query"], widths["key"], widths["key"]))
        builder.numbers("gate and up", _integers(config.intermediate_size, config.intermediate_size))

    def _layer(self, index: int, hidden: str) -> str:
        builder, prefix = self._builder, f"{TEXT}.layers.{index}"
        normed = self._normed(f"input.{index}", hidden, f"{prefix}.input_layernorm")
        attended = self._attend(index, normed)
        projected = self._linear(f"attention.{index}", attended, f"{prefix}.self_attn.o_proj")
        hidden = builder.node("Add", f"attended.{index}", [projected, hidden])
        normed = self._normed(f"mlp.{index}", hidden, f"{prefix}.post_attention_layernorm")
        both = self._linear(f"both.{index}", normed, f"{prefix}.mlp.gate_proj", f"{prefix}.mlp.up_proj")
        gate, up = f"gate.{index}", f"up.{index}"
        builder.nodes("Split", [gate, up], [both, "gate and up"], axis=-1)
        swished = builder.node("QuickGelu", f"swish.{index}", [gate], MICROSOFT, alpha=1.0)
        inner = builder.node("Mul", f"inner.{index}", [swished, up])
        down = self._linear(f"down.{index}", inner, f"{prefix}.mlp.down_proj")
        if index < self._levels:
            down = builder.node("Add", f"seen.{index}", [down, f"deepstack.{index}"])
        return builder.node("Add", f"layer.{index}", [down, hidden])

    def _attend(self, index: int, normed: str) -> str:
        builder, config, prefix = self._builder, self._config, f"{TEXT}.layers.{index}.self_attn"
        names = [f"{prefix}.{kind}_proj" for kind in "qkv"]
        together = self._linear(f"qkv.{index}", normed, *names)
        queries, keys, values = (f"{kind}.{index}" for kind in "qkv")
        builder.nodes("Split", [queries, keys, values], [together, "attention widths"], axis=-1)
        rotated = [
            self._norm_and_rope(x, kind, heads, f"{prefix}.{kind[0]}_norm")
            for x, kind, heads in ((queries, "query", config.heads), (keys, "key", config.kv_heads))
        ]
        shape: list[int | str] = [1, config.kv_heads, "allocated", config.head_dim]
        caches = [builder.input(f"{kind}{index}", np.float32, shape) for kind in (KEYS, VALUES)]
        written = [f"{WRITTEN}{cache}" for cache in caches]
        attended = f"attend.{index}"
        builder.nodes(
            "GroupQueryAttention", [attended, *written], [*rotated, values, *caches, "last", "total"], MICROSOFT,
            num_heads=config.heads, kv_num_heads=config.kv_heads, scale=config.head_dim**-0.5,
        )  # fmt: skip
        for name in written:
            builder.output(name, shape)
        return attended

    def _norm_and_rope(self, x: str, kind: str, heads: int, norm: str) -> str:
        """Normalise [1, T, heads * d] per head and apply rotary position embeddings."""
        builder = self._builder
        apart = builder.node("Reshape", f"{x} apart", [x, f"{kind} heads"])
        normed = self._normed(f"{x} normed", apart, norm)
        whole = builder.node("Reshape", f"{x} whole", [normed, f"{kind} width"])
        inputs_by_name = [whole, "positions", "cosines", "sines"]
        return builder.node(
            "RotaryEmbedding", f"{x} rotated", inputs_by_name, MICROSOFT, interleaved=0, num_heads=heads
        )

    def _normed(self, name: str, x: str, weight: str) -> str:
        factors = self._builder.numbers(f"{name} factors", float_array(self._tensors, f"{weight}.weight"))
        epsilon = self._config.rms_norm_eps
        return self._builder.node("SimplifiedLayerNormalization", name, [x, factors], epsilon=epsilon, axis=-1)

    def _linear(self, name: str, x: str, *layers: str) -> str:
        """Add linear layers with one input, their outputs side by side."""
        weights = packed_weights(self._checkpoint, self._cache, layers)
        if len(weights) == 1:
            return self._product(name, x, weights[0])
        parts = [self._product(f"{name}.{number}", x, weight) for number, weight in enumerate(weights)]
        return self._builder.node("Concat", name, parts, axis=-1)

    def _product(self, name: str, x: str, weight: GroupedWeight | str) -> str:
        if isinstance(weight, GroupedWeight):
            return self._builder.product(name, x, weight)
        transposed = np.ascontiguousarray(float_array(self._tensors, f"{weight}.weight").T)
        return self._builder.node("MatMul", name, [x, self._builder.weight(weight, transposed)])


def _integers(*values: int) -> npt.NDArray[np.int64]:
    return np.array(values, np.int64)
