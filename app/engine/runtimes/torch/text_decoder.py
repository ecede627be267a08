"""The language model: Qwen3 with M-RoPE and deepstack, after Hugging Face's modeling_qwen3_vl."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import ModelConfig
from app.engine.checkpoints.weights import TEXT
from app.engine.runtimes.port import FloatArray, IntArray
from app.engine.runtimes.rope import TextRope
from app.engine.runtimes.torch.kv_cache import KvCache
from app.engine.runtimes.torch.layer_ops import ForwardContext
from app.engine.runtimes.torch.output_head import OutputHead
from app.engine.runtimes.torch.w4a16 import Linear
from app.engine.runtimes.torch.weights import Weights


@dataclass(frozen=True, slots=True)
class VisualInput:
    """Deepstack features of the image tokens, each [n, hidden], and the tokens' positions [n] in the prompt."""

    image_positions: Tensor
    deepstack: Sequence[Tensor]

    def part(self, begin: int, end: int) -> "VisualInput":
        """Return what belongs to the tokens from `begin` up to `end`, the first of which gets position 0."""
        chosen = (self.image_positions >= begin) & (self.image_positions < end)
        return VisualInput(self.image_positions[chosen] - begin, [level[chosen] for level in self.deepstack])


@dataclass(frozen=True, slots=True)
class _Layer:
    input_norm: Tensor
    post_norm: Tensor
    query_norm: Tensor
    key_norm: Tensor
    qkv: Linear
    output: Linear
    gate_up: Linear
    down: Linear


LARGEST_INNER = 256.0
"""Magnitude to which float16 products are scaled before `down_proj`, which multiplies it by less than 256 in turn."""


class TextDecoder:
    """The decoder's weights and computation; the context is in the cache that the caller passes in.

    On a device that computes in float16, which ends at 65,504, the residual stream is in 32 bits, and the input of
    `down_proj` is scaled: massive activations of trained models come near that number.
    """

    def __init__(self, weights: Weights, config: ModelConfig, progress: ProgressCallback, check: CancelCheck) -> None:
        self.embedding = weights.tensor(f"{TEXT}.embed_tokens.weight")
        head = self.embedding if config.tied_embeddings else weights.tensor("lm_head.weight")
        self.vocabulary = len(head)
        self._head = OutputHead(head, weights.device)
        self._norm = weights.tensor(f"{TEXT}.norm.weight")
        self._rope = TextRope(config.text)
        self.head_dim = config.text.head_dim
        self._ops = weights.device.layer_ops(config.text)
        self._is_float16 = weights.device.dtype is torch.float16
        self.capturable_sizes = self._ops.capturable_sizes
        self.prefill_tokens = self._ops.prefill_tokens
        self._layers: list[_Layer] = []
        for index in range(config.text.layers):
            check()
            self._layers.append(_load_layer(weights, f"{TEXT}.layers.{index}"))
            progress((index + 1) / config.text.layers)

    def forward(
        self,
        embeddings: Tensor,
        positions: IntArray,
        cache: KvCache,
        visual: VisualInput | None,
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> Tensor:
        """Append tokens to the cache: embeddings [T, hidden], positions [3, T] -> normed hidden states [T, hidden].

        If `check` raises, the cache's length is unchanged.
        """
        cache.reserve(cache.length + len(embeddings))
        cosines, sines = (torch.from_numpy(part).to(embeddings.device) for part in self.cos_sin(positions))
        context = self._ops.begin((cosines, sines), cache, None)
        hidden = self._residual(embeddings)
        normed = self._ops.rms_norm(hidden, self._layers[0].input_norm)
        for index in range(len(self._layers)):
            check()
            hidden, normed = self._layer(index, hidden, normed, context)
            if visual is not None and index < len(visual.deepstack):
                hidden = hidden.index_add(0, visual.image_positions, visual.deepstack[index].to(hidden.dtype))
                normed = self._ops.rms_norm(hidden, self._next_norm(index))
            progress((index + 1) / len(self._layers))
        cache.length += len(embeddings)
        return normed

    def step(
        self, token_ids: Tensor, cos_sin: tuple[Tensor, Tensor], start: Tensor, cache: KvCache, allowed: Tensor
    ) -> Tensor:
        """Capturable step: token ids [T], cosines and sines, each [T, head_dim] -> logits [T, vocabulary].

        `allowed` is bool [T, vocabulary], see `logits`. The tokens are written from slot `start`, int32 [1]. The cache
        must have memory for them; the caller updates its length.
        """
        hidden = self._residual(self.embedding[token_ids])
        normed = self._ops.rms_norm(hidden, self._layers[0].input_norm)
        context = self._ops.begin(cos_sin, cache, start)
        for index in range(len(self._layers)):
            hidden, normed = self._layer(index, hidden, normed, context)
        return self.logits(normed, allowed)

    def cos_sin(self, positions: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return cosines and sines of `positions` [3, T], each float32 [T, head_dim]."""
        return self._rope.cos_sin(positions)

    def logits(self, normed: Tensor, allowed: Tensor | None = None) -> Tensor:
        """Normed hidden states [T, hidden] -> float32 [T, vocabulary], minus infinity for those not `allowed`."""
        return self._head(normed, allowed)

    def _layer(self, index: int, hidden: Tensor, normed: Tensor, context: ForwardContext) -> tuple[Tensor, Tensor]:
        """Return the hidden states and their norms after the layer `index`, from those before it."""
        layer, ops = self._layers[index], self._ops
        queries = ops.rope_and_cache_kv(index, layer.qkv(normed), (layer.query_norm, layer.key_norm), context)
        hidden, normed = ops.add_rms_norm(hidden, layer.output(ops.attention(index, queries, context)), layer.post_norm)
        return ops.add_rms_norm(hidden, self._mlp(layer, normed), self._next_norm(index))

    def _mlp(self, layer: _Layer, normed: Tensor) -> Tensor:
        """Return the MLP's output, from normed hidden states [T, hidden]; in 32 bits if the device has float16."""
        gate_up = layer.gate_up(normed)
        if not self._is_float16:
            return layer.down(self._ops.silu_and_mul(gate_up))
        inner = self._ops.silu_and_mul(gate_up.float())
        # Powers of two, a row each, so that nothing is rounded twice; 1 for all but a few tokens.
        excess = inner.abs().amax(dim=1, keepdim=True) / LARGEST_INNER
        factors = excess.clamp(min=1.0).log2().ceil().exp2()
        return layer.down((inner / factors).half()).float() * factors

    def _residual(self, embeddings: Tensor) -> Tensor:
        """Return the hidden states with which the residual stream begins."""
        return embeddings.float() if self._is_float16 else embeddings

    def _next_norm(self, index: int) -> Tensor:
        """Return the weight of the norm after the layer `index`: the next layer's first, or the final norm."""
        return self._layers[index + 1].input_norm if index + 1 < len(self._layers) else self._norm


def _load_layer(weights: Weights, prefix: str) -> _Layer:
    attention, mlp = f"{prefix}.self_attn", f"{prefix}.mlp"
    return _Layer(
        input_norm=weights.tensor(f"{prefix}.input_layernorm.weight"),
        post_norm=weights.tensor(f"{prefix}.post_attention_layernorm.weight"),
        query_norm=weights.tensor(f"{attention}.q_norm.weight"),
        key_norm=weights.tensor(f"{attention}.k_norm.weight"),
        qkv=weights.linear(f"{attention}.q_proj", f"{attention}.k_proj", f"{attention}.v_proj"),
        output=weights.linear(f"{attention}.o_proj"),
        gate_up=weights.linear(f"{mlp}.gate_proj", f"{mlp}.up_proj"),
        down=weights.linear(f"{mlp}.down_proj"),
    )
