"""The language model: Qwen3 with M-RoPE and deepstack, after Hugging Face's modeling_qwen3_vl."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import ModelConfig
from app.engine.checkpoints.weights import TEXT
from app.engine.runtimes.port import IntArray
from app.engine.runtimes.rope import TextRope
from app.engine.runtimes.torch.kv_cache import KvCache
from app.engine.runtimes.torch.rotation import on_device, rotated
from app.engine.runtimes.torch.w4a16 import Linear
from app.engine.runtimes.torch.weights import Weights

RESCORED = 64


@dataclass(frozen=True, slots=True)
class VisualInput:
    """What replaces the image tokens: their places [n] in the prompt, and deepstack features, each [n, hidden]."""

    places: Tensor
    deepstack: Sequence[Tensor]


@dataclass(frozen=True, slots=True)
class Pass:
    """What all layers of one pass over T tokens share.

    The turns of their positions, each [T, head_dim]; the cache; who sees whom, bool [T, seen], None where it goes
    without saying; and where a single token is written, int64 [1], None for behind the others.
    """

    cosines: Tensor
    sines: Tensor
    cache: KvCache
    mask: Tensor | None
    place: Tensor | None = None


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


class TextDecoder:
    """Weights and arithmetic; what has been seen is in the cache that the caller passes in."""

    def __init__(self, weights: Weights, config: ModelConfig, progress: ProgressCallback, check: CancelCheck) -> None:
        self._config = config.text
        self.embedding = weights.tensor(f"{TEXT}.embed_tokens.weight")
        self._head = self.embedding if config.tied_embeddings else weights.tensor("lm_head.weight")
        self._norm = weights.tensor(f"{TEXT}.norm.weight")
        self._rope = TextRope(config.text)
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
        """Append tokens to the cache: embeddings [T, hidden], positions [3, T] -> hidden states [T, hidden].

        Where `check` raises, the cache's length has not changed.
        """
        count = embeddings.shape[0]
        cache.reserve(cache.length + count)
        shared = Pass(*self.angles(positions, embeddings), cache, _mask(cache.length, count, embeddings.device))
        hidden = embeddings
        for index in range(len(self._layers)):
            check()
            hidden = self._layer(index, hidden, shared)
            if visual is not None and index < len(visual.deepstack):
                hidden = hidden.index_add(0, visual.places, visual.deepstack[index])
            progress((index + 1) / len(self._layers))
        cache.length += count
        return hidden

    def step(self, embedding: Tensor, shared: Pass) -> Tensor:
        """One token [1, hidden] at the place that `shared` says, its mask [1, room]: its hidden state [1, hidden].

        The cache's length is the caller's affair.
        """
        hidden = embedding
        for index in range(len(self._layers)):
            hidden = self._layer(index, hidden, shared)
        return hidden

    def angles(self, positions: IntArray, like: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines of `positions` [3, T], each [T, head_dim], on the device of `like`."""
        return on_device(self._rope.angles(positions), like)

    def logits(self, hidden: Tensor) -> Tensor:
        """Hidden states [T, hidden] -> float32 [T, vocabulary]."""
        normed = self._normed(hidden, self._norm)
        logits = functional.linear(normed, self._head).float()
        # A 16-bit product leaves the likeliest tokens tied; theirs is taken again in 32 bits.
        likeliest = logits.topk(min(RESCORED, logits.shape[1])).indices
        exact = torch.einsum("tkh,th->tk", self._head[likeliest].float(), normed.float())
        return logits.scatter_(1, likeliest, exact)

    def _layer(self, index: int, hidden: Tensor, shared: Pass) -> Tensor:
        attended = hidden + self._attend(index, hidden, shared)
        return attended + self._mlp(self._layers[index], attended)

    def _attend(self, index: int, hidden: Tensor, shared: Pass) -> Tensor:
        layer, config, count = self._layers[index], self._config, hidden.shape[0]
        qkv = layer.qkv(self._normed(hidden, layer.input_norm)).view(count, -1, config.head_dim).transpose(0, 1)
        first_value = config.heads + config.kv_heads
        queries, keys, values = qkv[: config.heads], qkv[config.heads : first_value], qkv[first_value:]
        queries = rotated(self._normed(queries, layer.query_norm), shared.cosines, shared.sines)
        keys = rotated(self._normed(keys, layer.key_norm), shared.cosines, shared.sines)
        all_keys, all_values = shared.cache.append(index, keys, values, shared.place)
        is_start = shared.mask is None and count > 1
        attended = functional.scaled_dot_product_attention(
            queries[None], all_keys[None], all_values[None], attn_mask=shared.mask, is_causal=is_start, enable_gqa=True
        )
        return layer.output(attended[0].transpose(0, 1).flatten(1))

    def _mlp(self, layer: _Layer, hidden: Tensor) -> Tensor:
        gate, up = layer.gate_up(self._normed(hidden, layer.post_norm)).chunk(2, dim=1)
        return layer.down(functional.silu(gate) * up)

    def _normed(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(x, weight.shape, weight, self._config.rms_norm_eps)


def _mask(past: int, count: int, device: torch.device) -> Tensor | None:
    """Who sees whom, bool [count, past + count]; None for a single token or an empty cache, where it is not needed."""
    if past == 0 or count == 1:
        return None
    return torch.ones(count, past + count, dtype=torch.bool, device=device).tril(past)


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
