"""A layer's operations between its matrix products on NVIDIA GPUs: a few custom kernels instead of torch's thirty.

A pass over one token is bound by the number of kernels, not by their computation. Their source is cuda_ops.cu.
"""

from functools import cache
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.torch.gptq import GptqWeight
from app.engine.runtimes.torch.kv_cache import KvCache
from app.engine.runtimes.torch.layer_ops import CAPTURE_SIZES, ForwardContext
from app.engine.runtimes.torch.nvrtc import Arguments, Launch, compile_kernels

_ops = cast(Any, torch.ops.aten)
SOURCE = Path(__file__).with_name("cuda_ops.cu")
TILE = 32
"""Number of keys that a block reads at a time, one per lane of a warp."""
MAX_ROWS = 32
"""Maximum number of queries that share a KV head and are computed together: their sums fit into registers."""
MAX_SPLITS = 64
_THREADS = 256


class CudaOps:
    """Implements `LayerOps` (see its docstrings) for bf16 on GPUs of compute capability 8.0 and newer.

    Raises RuntimeError if the kernels cannot be compiled.
    """

    prefill_tokens = None

    def __init__(self, config: TextConfig) -> None:
        self._config = config
        self.capturable_sizes = tuple(
            size for size in CAPTURE_SIZES if size * (config.heads // config.kv_heads) <= MAX_ROWS
        )
        self._kernels = _kernels(config.heads, config.kv_heads, config.head_dim, self.capturable_sizes)

    def begin(self, cos_sin: tuple[Tensor, Tensor], cache: KvCache, start: Tensor | None) -> ForwardContext:
        """Return the context of a forward pass."""
        is_captured = start is not None
        if start is None:
            start = torch.full((1,), cache.length, dtype=torch.int32, device=cos_sin[0].device)
        cosines, sines = (part.contiguous() for part in cos_sin)
        return ForwardContext(cosines, sines, cache, start, None, is_captured)

    def rms_norm(self, x: Tensor, weight: Tensor) -> Tensor:
        """Apply RMS norm."""
        normed = torch.empty_like(x)
        self._add_rms_norm(x, x, weight, x, normed, adds=False)
        return normed

    def add_rms_norm(self, x: Tensor, delta: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sum of both, and its norm."""
        total, normed = torch.empty_like(x), torch.empty_like(x)
        self._add_rms_norm(x, delta, weight, total, normed, adds=True)
        return total, normed

    def rope_and_cache_kv(
        self, layer: int, qkv: Tensor, norms: tuple[Tensor, Tensor], context: ForwardContext
    ) -> Tensor:
        """Return the queries; keys and values are written to the cache."""
        config, count = self._config, len(qkv)
        queries = qkv.new_empty(count, config.heads, config.head_dim)
        self._kernels["rope_and_cache_kv"](
            (count, config.heads + 2 * config.kv_heads, 1),
            (config.head_dim, 1, 1),
            [
                qkv,
                *norms,
                context.cosines,
                context.sines,
                queries,
                context.cache.layer(layer),
                context.start,
                context.cache.allocated_tokens,
                config.rms_norm_eps,
            ],
        )
        return queries

    def attention(self, layer: int, queries: Tensor, context: ForwardContext) -> Tensor:
        """Return the attention over the cached tokens."""
        if len(queries) in self.capturable_sizes:
            return self._decode_attention(layer, queries, context)
        keys, values = context.cache.layer(layer)[:, :, : context.cache.length + len(queries)]
        # In this operator "causal" means that the last query sees all keys, as in torch.nn.attention.bias, which
        # takes seconds to import.
        attention_output = _ops._scaled_dot_product_flash_attention(
            queries.transpose(0, 1)[None], keys[None], values[None], is_causal=True
        )[0]
        return cast(Tensor, attention_output[0].transpose(0, 1).flatten(1))

    def silu_and_mul(self, gate_up: Tensor) -> Tensor:
        """Return silu(gate) * up."""
        count, width = len(gate_up), gate_up.shape[1] // 2
        out = gate_up.new_empty(count, width)
        blocks = -(-count * width // (8 * _THREADS))
        self._kernels["silu_and_mul"]((blocks, 1, 1), (_THREADS, 1, 1), [gate_up, out, count, width])
        return out

    def _add_rms_norm(
        self, x: Tensor, delta: Tensor, weight: Tensor, total: Tensor, normed: Tensor, *, adds: bool
    ) -> None:
        arguments: Arguments = [x, delta, weight, total, normed, x.shape[1], int(adds), self._config.rms_norm_eps]
        self._kernels["add_rms_norm"]((len(x), 1, 1), (_THREADS, 1, 1), arguments)

    def _decode_attention(self, layer: int, queries: Tensor, context: ForwardContext) -> Tensor:
        config, allocated_tokens, count = self._config, context.cache.allocated_tokens, len(queries)
        # Splits as small as possible, so that the whole GPU is busy.
        chunk = -(-allocated_tokens // (MAX_SPLITS * TILE)) * TILE
        splits, block = -(-allocated_tokens // chunk), (config.head_dim, 1, 1)
        rows = splits * config.heads * count
        sums, maxima, total = (
            torch.empty(rows * width, dtype=torch.float32, device=queries.device) for width in (config.head_dim, 1, 1)
        )
        self._kernels[f"attention_{count}"](
            (splits, config.kv_heads, 1),
            block,
            [queries, context.cache.layer(layer), context.start, sums, maxima, total, allocated_tokens, chunk],
        )
        out = queries.new_empty(count, config.heads * config.head_dim)
        self._kernels["merge_attn_states"](
            (config.heads, count, 1), block, [sums, maxima, total, context.start, out, chunk]
        )
        return out


def dequantized_on_gpu(weight: GptqWeight, dtype: torch.dtype) -> Tensor:
    """Dequantise as `int4.dequantized`, in one pass over the weight; `dtype` is bf16."""
    eighths, outputs = weight.qweight.shape
    out = torch.empty(outputs, eighths * 8, dtype=dtype, device=weight.qweight.device)
    _weight_kernels()["dequantize"](
        (-(-outputs // TILE), -(-eighths // TILE), 1),
        (TILE, 8, 1),
        [weight.qweight, weight.scales.float(), out, eighths * 8, outputs, weight.group_size],
    )
    return out


@cache
def _kernels(heads: int, kv_heads: int, head_dim: int, sizes: tuple[int, ...]) -> dict[str, Launch]:
    numbers = {
        "HEADS": heads,
        "KV_HEADS": kv_heads,
        "HEAD_DIM": head_dim,
        "TILE": TILE,
        "MAX_ROWS": MAX_ROWS,
        "MAX_SPLITS": MAX_SPLITS,
    }
    defines = "".join(f"#define {name} {number}\n" for name, number in numbers.items())
    names = (
        "add_rms_norm",
        "rope_and_cache_kv",
        "merge_attn_states",
        "silu_and_mul",
        *(f"attention_{size}" for size in sizes),
    )
    return compile_kernels(defines + SOURCE.read_text(encoding="utf-8"), names)


@cache
def _weight_kernels() -> dict[str, Launch]:
    return compile_kernels(SOURCE.read_text(encoding="utf-8"), ("dequantize",))
