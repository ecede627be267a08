"""What a layer of the language model does between its matrix products, in torch's own operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.torch.kv_cache import KvCache
from app.engine.runtimes.torch.rotation import rotated

SIZES = (1, 2, 4, 8, 16)
"""Tokens of a pass that can be recorded."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What all layers of one pass over T tokens share.

    The turns of their positions, each [T, head_dim]; the cache; the place of the first of them in it, int32 [1]; and
    who sees whom, bool [T, seen], None where it goes without saying. A recorded pass will be replayed at other places,
    so it must not depend on the cache's length.
    """

    cosines: Tensor
    sines: Tensor
    cache: KvCache
    start: Tensor
    mask: Tensor | None
    is_recorded: bool


class LayerOps(Protocol):
    """The operations of all layers; hidden states are [T, hidden]."""

    @property
    def recordable(self) -> Sequence[int]:
        """Which of SIZES, from the smallest on, can be recorded."""
        ...

    def begin(self, angles: tuple[Tensor, Tensor], cache: KvCache, start: Tensor | None) -> Pass:
        """A pass over the tokens whose cosines and sines are `angles`, float32 [T, head_dim].

        They stand behind the cache's others, or in a recorded pass at `start`.
        """
        ...

    def normed(self, x: Tensor, weight: Tensor) -> Tensor:
        """RMS norm over the last dimension."""
        ...

    def added(self, x: Tensor, delta: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The sum of both, and its norm."""
        ...

    def remembered(self, layer: int, qkv: Tensor, norms: tuple[Tensor, Tensor], shared: Pass) -> Tensor:
        """Norm and turn queries and keys, and write keys and values to the cache: the queries [T, heads, head_dim].

        `qkv` [T, (heads + 2 * kv_heads) * head_dim] holds all three; `norms` are the queries' and the keys' weights.
        """
        ...

    def attended(self, layer: int, queries: Tensor, shared: Pass) -> Tensor:
        """Attention of `queries` over what they may see: [T, heads * head_dim]."""
        ...

    def gated(self, gate_up: Tensor) -> Tensor:
        """[T, 2 * n], gate and up side by side -> silu(gate) * up, [T, n]."""
        ...


class PlainOps:
    """Implements `LayerOps` (see its docstrings) on every device of torch."""

    recordable = SIZES

    def __init__(self, config: TextConfig) -> None:
        self._config = config

    def begin(self, angles: tuple[Tensor, Tensor], cache: KvCache, start: Tensor | None) -> Pass:
        """A pass over some tokens."""
        cosines, sines = (part.to(cache.dtype) for part in angles)
        count = len(cosines)
        if start is None:
            mask = _mask(cache.length, count, cosines.device)
            start = torch.full((1,), cache.length, dtype=torch.int32, device=cosines.device)
            return Pass(cosines, sines, cache, start, mask, is_recorded=False)
        places = torch.arange(cache.room, device=cosines.device)
        mask = places <= start + torch.arange(count, device=cosines.device)[:, None]
        return Pass(cosines, sines, cache, start, mask, is_recorded=True)

    def normed(self, x: Tensor, weight: Tensor) -> Tensor:
        """RMS norm."""
        return functional.rms_norm(x, weight.shape, weight, self._config.rms_norm_eps)

    def added(self, x: Tensor, delta: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The sum of both, and its norm."""
        total = x + delta
        return total, self.normed(total, weight)

    def remembered(self, layer: int, qkv: Tensor, norms: tuple[Tensor, Tensor], shared: Pass) -> Tensor:
        """The queries; keys and values are written to the cache."""
        config = self._config
        parts = qkv.view(len(qkv), -1, config.head_dim).transpose(0, 1)
        first_value = config.heads + config.kv_heads
        queries, keys, values = parts[: config.heads], parts[config.heads : first_value], parts[first_value:]
        queries, keys = (
            rotated(self.normed(part, norm), shared.cosines, shared.sines)
            for part, norm in zip((queries, keys), norms, strict=True)
        )
        if shared.is_recorded:
            places = shared.start + torch.arange(len(qkv), device=qkv.device)
            shared.cache.layer(layer)[0].index_copy_(1, places, keys)
            shared.cache.layer(layer)[1].index_copy_(1, places, values)
        else:
            end = shared.cache.length + len(qkv)
            shared.cache.layer(layer)[0, :, shared.cache.length : end] = keys
            shared.cache.layer(layer)[1, :, shared.cache.length : end] = values
        return queries.transpose(0, 1)

    def attended(self, layer: int, queries: Tensor, shared: Pass) -> Tensor:
        """Attention over all that was remembered, or in a recorded pass over the cache's whole room, masked."""
        count = len(queries)
        seen = shared.cache.room if shared.is_recorded else shared.cache.length + count
        keys, values = shared.cache.layer(layer)[:, :, :seen]
        is_start = shared.mask is None and count > 1
        attended = functional.scaled_dot_product_attention(
            queries.transpose(0, 1)[None],
            keys[None],
            values[None],
            attn_mask=shared.mask,
            is_causal=is_start,
            enable_gqa=True,
        )
        return attended[0].transpose(0, 1).flatten(1)

    def gated(self, gate_up: Tensor) -> Tensor:
        """silu(gate) * up."""
        gate, up = gate_up.chunk(2, dim=1)
        return functional.silu(gate) * up


def _mask(past: int, count: int, device: torch.device) -> Tensor | None:
    """Who sees whom, bool [count, past + count]; None for a single token or an empty cache, where it is not needed."""
    if past == 0 or count == 1:
        return None
    return torch.ones(count, past + count, dtype=torch.bool, device=device).tril(past)
