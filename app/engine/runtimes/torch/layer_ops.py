"""The operations of the language model's layers between matrix products, in torch's own operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.torch.apply_rope import apply_rope
from app.engine.runtimes.torch.kv_cache import KvCache

CAPTURE_SIZES = (1, 2, 4, 8, 16)
"""The numbers of tokens for which CUDA graphs can be captured."""


@dataclass(frozen=True, slots=True)
class ForwardContext:
    """The data that all layers of one pass over T tokens share.

    The cosines and sines of the tokens' positions, each [T, head_dim]; the KV cache; the slot of the first token, int32
    [1]; and the attention mask, bool [T, context], None for plain causal attention. A captured graph is replayed at
    other slots, so it must not depend on the cache's length.
    """

    cosines: Tensor
    sines: Tensor
    cache: KvCache
    start: Tensor
    mask: Tensor | None
    is_captured: bool


class LayerOps(Protocol):
    """The operations of all layers; hidden states are [T, hidden]."""

    @property
    def prefill_tokens(self) -> int | None:
        """Number of a prompt's tokens per pass, where attention keeps all their scores; None if it does not."""
        ...

    @property
    def capturable_sizes(self) -> Sequence[int]:
        """The CAPTURE_SIZES, in ascending order, that can be captured."""
        ...

    def begin(self, cos_sin: tuple[Tensor, Tensor], cache: KvCache, start: Tensor | None) -> ForwardContext:
        """Begin a pass over the tokens whose cosines and sines are `cos_sin`, float32 [T, head_dim].

        They follow the cached tokens, or in a captured graph start at slot `start`.
        """
        ...

    def rms_norm(self, x: Tensor, weight: Tensor) -> Tensor:
        """Apply RMS norm over the last dimension; the result has the dtype of `weight`."""
        ...

    def add_rms_norm(self, x: Tensor, delta: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sum of both, and its norm."""
        ...

    def rope_and_cache_kv(
        self, layer: int, qkv: Tensor, norms: tuple[Tensor, Tensor], context: ForwardContext
    ) -> Tensor:
        """Norm and rotate queries and keys, cache keys and values, and return the queries [T, heads, head_dim].

        `qkv` [T, (heads + 2 * kv_heads) * head_dim] holds all three; `norms` are the queries' and the keys' weights.
        """
        ...

    def attention(self, layer: int, queries: Tensor, context: ForwardContext) -> Tensor:
        """Return the attention of `queries` over the cached keys that the mask allows: [T, heads * head_dim]."""
        ...

    def silu_and_mul(self, gate_up: Tensor) -> Tensor:
        """[T, 2 * n], gate and up side by side -> silu(gate) * up, [T, n]."""
        ...


class PlainOps:
    """Implements `LayerOps` (see its docstrings) on every device of torch."""

    capturable_sizes = CAPTURE_SIZES
    prefill_tokens = 512

    def __init__(self, config: TextConfig) -> None:
        self._config = config

    def begin(self, cos_sin: tuple[Tensor, Tensor], cache: KvCache, start: Tensor | None) -> ForwardContext:
        """Return the context of a forward pass."""
        cosines, sines = (part.to(cache.dtype) for part in cos_sin)
        count = len(cosines)
        if start is None:
            mask = _mask(cache.length, count, cosines.device)
            start = torch.full((1,), cache.length, dtype=torch.int32, device=cosines.device)
            return ForwardContext(cosines, sines, cache, start, mask, is_captured=False)
        slots = torch.arange(cache.allocated_tokens, device=cosines.device)
        mask = slots <= start + torch.arange(count, device=cosines.device)[:, None]
        return ForwardContext(cosines, sines, cache, start, mask, is_captured=True)

    def rms_norm(self, x: Tensor, weight: Tensor) -> Tensor:
        """Apply RMS norm, in the dtype of `x`."""
        normed = functional.rms_norm(x, weight.shape, weight.to(x.dtype), self._config.rms_norm_eps)
        return normed.to(weight.dtype)

    def add_rms_norm(self, x: Tensor, delta: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sum of both, and its norm."""
        total = x + delta
        return total, self.rms_norm(total, weight)

    def rope_and_cache_kv(
        self, layer: int, qkv: Tensor, norms: tuple[Tensor, Tensor], context: ForwardContext
    ) -> Tensor:
        """Return the queries; keys and values are written to the cache."""
        config = self._config
        parts = qkv.view(len(qkv), -1, config.head_dim).transpose(0, 1)
        first_value = config.heads + config.kv_heads
        queries, keys, values = parts[: config.heads], parts[config.heads : first_value], parts[first_value:]
        queries, keys = (
            apply_rope(self.rms_norm(part, norm), context.cosines, context.sines)
            for part, norm in zip((queries, keys), norms, strict=True)
        )
        if context.is_captured:
            slots = context.start + torch.arange(len(qkv), device=qkv.device)
            context.cache.layer(layer)[0].index_copy_(1, slots, keys)
            context.cache.layer(layer)[1].index_copy_(1, slots, values)
        else:
            end = context.cache.length + len(qkv)
            context.cache.layer(layer)[0, :, context.cache.length : end] = keys
            context.cache.layer(layer)[1, :, context.cache.length : end] = values
        return queries.transpose(0, 1)

    def attention(self, layer: int, queries: Tensor, context: ForwardContext) -> Tensor:
        """Return the attention over the cached tokens, or in a captured graph over the cache's whole memory, masked."""
        count = len(queries)
        context_length = context.cache.allocated_tokens if context.is_captured else context.cache.length + count
        keys, values = context.cache.layer(layer)[:, :, :context_length]
        is_start = context.mask is None and count > 1
        attention_output = functional.scaled_dot_product_attention(
            queries.transpose(0, 1)[None],
            keys[None],
            values[None],
            attn_mask=context.mask,
            is_causal=is_start,
            enable_gqa=True,
        )
        return attention_output[0].transpose(0, 1).flatten(1)

    def silu_and_mul(self, gate_up: Tensor) -> Tensor:
        """Return silu(gate) * up."""
        gate, up = gate_up.chunk(2, dim=1)
        return functional.silu(gate) * up


def _mask(past: int, count: int, device: torch.device) -> Tensor | None:
    """Return the mask, bool [count, past + count]; None for a single token or an empty cache, which need none."""
    if past == 0 or count == 1:
        return None
    return torch.ones(count, past + count, dtype=torch.bool, device=device).tril(past)
