"""What a layer does between its matrix products on an NVIDIA card: a few kernels of our own instead of thirty of torch.

A pass over one token is bound by the number of its kernels, not by what they compute. Their source is cuda_ops.cu.
"""

from functools import cache
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from app.engine.checkpoints.config import TextConfig
from app.engine.runtimes.torch.int4 import GptqWeight
from app.engine.runtimes.torch.kv_cache import KvCache
from app.engine.runtimes.torch.layer_ops import SIZES, Pass
from app.engine.runtimes.torch.nvrtc import Arguments, Launch, compile_kernels

_ops = cast(Any, torch.ops.aten)
SOURCE = Path(__file__).with_name("cuda_ops.cu")
TILE = 32
"""Keys that a block looks at at a time, one for each lane of a warp."""
MOST_ROWS = 32
"""Queries that share a KV head and are looked at at once: so many sums fit into a thread's registers."""
MOST_PARTS = 64
_THREADS = 256


class CudaOps:
    """Implements `LayerOps` (see its docstrings) for bf16 on cards of compute capability 8.0 and newer.

    Raises RuntimeError where the kernels cannot be compiled.
    """

    def __init__(self, config: TextConfig) -> None:
        self._config = config
        self.recordable = tuple(size for size in SIZES if size * (config.heads // config.kv_heads) <= MOST_ROWS)
        self._kernels = _kernels(config.heads, config.kv_heads, config.head_dim, self.recordable)

    def begin(self, angles: tuple[Tensor, Tensor], cache: KvCache, start: Tensor | None) -> Pass:
        """A pass over some tokens."""
        is_recorded = start is not None
        if start is None:
            start = torch.full((1,), cache.length, dtype=torch.int32, device=angles[0].device)
        cosines, sines = (part.contiguous() for part in angles)
        return Pass(cosines, sines, cache, start, None, is_recorded)

    def normed(self, x: Tensor, weight: Tensor) -> Tensor:
        """RMS norm."""
        normed = torch.empty_like(x)
        self._add_and_norm(x, x, weight, x, normed, adds=False)
        return normed

    def added(self, x: Tensor, delta: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The sum of both, and its norm."""
        total, normed = torch.empty_like(x), torch.empty_like(x)
        self._add_and_norm(x, delta, weight, total, normed, adds=True)
        return total, normed

    def remembered(self, layer: int, qkv: Tensor, norms: tuple[Tensor, Tensor], shared: Pass) -> Tensor:
        """The queries; keys and values are written to the cache."""
        config, count = self._config, len(qkv)
        queries = qkv.new_empty(count, config.heads, config.head_dim)
        self._kernels["remember"](
            (count, config.heads + 2 * config.kv_heads, 1),
            (config.head_dim, 1, 1),
            [
                qkv,
                *norms,
                shared.cosines,
                shared.sines,
                queries,
                shared.cache.layer(layer),
                shared.start,
                shared.cache.room,
                config.rms_norm_eps,
            ],
        )
        return queries

    def attended(self, layer: int, queries: Tensor, shared: Pass) -> Tensor:
        """Attention over all that was remembered."""
        if len(queries) in self.recordable:
            return self._attended_by_few(layer, queries, shared)
        keys, values = shared.cache.layer(layer)[:, :, : shared.cache.length + len(queries)]
        # Of this operator "causal" means that the last query sees all keys, as torch.nn.attention.bias has it; to
        # import that takes seconds.
        attended = _ops._scaled_dot_product_flash_attention(
            queries.transpose(0, 1)[None], keys[None], values[None], is_causal=True
        )[0]
        return cast(Tensor, attended[0].transpose(0, 1).flatten(1))

    def gated(self, gate_up: Tensor) -> Tensor:
        """silu(gate) * up."""
        count, width = len(gate_up), gate_up.shape[1] // 2
        out = gate_up.new_empty(count, width)
        blocks = -(-count * width // (8 * _THREADS))
        self._kernels["gate"]((blocks, 1, 1), (_THREADS, 1, 1), [gate_up, out, count, width])
        return out

    def _add_and_norm(
        self, x: Tensor, delta: Tensor, weight: Tensor, total: Tensor, normed: Tensor, *, adds: bool
    ) -> None:
        arguments: Arguments = [x, delta, weight, total, normed, x.shape[1], int(adds), self._config.rms_norm_eps]
        self._kernels["add_and_norm"]((len(x), 1, 1), (_THREADS, 1, 1), arguments)

    def _attended_by_few(self, layer: int, queries: Tensor, shared: Pass) -> Tensor:
        config, room, count = self._config, shared.cache.room, len(queries)
        # Parts as small as may be, so that a whole card is busy.
        chunk = -(-room // (MOST_PARTS * TILE)) * TILE
        parts, block = -(-room // chunk), (config.head_dim, 1, 1)
        rows = parts * config.heads * count
        sums, most, total = (
            torch.empty(rows * width, dtype=torch.float32, device=queries.device) for width in (config.head_dim, 1, 1)
        )
        self._kernels[f"attend_{count}"](
            (parts, config.kv_heads, 1),
            block,
            [queries, shared.cache.layer(layer), shared.start, sums, most, total, room, chunk],
        )
        out = queries.new_empty(count, config.heads * config.head_dim)
        self._kernels["join_parts"]((config.heads, count, 1), block, [sums, most, total, shared.start, out, chunk])
        return out


def dequantized_on_card(weight: GptqWeight, dtype: torch.dtype) -> Tensor:
    """What `int4.dequantized` says, in one pass over the weight; `dtype` is bf16."""
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
        "MOST_ROWS": MOST_ROWS,
        "MOST_PARTS": MOST_PARTS,
    }
    defines = "".join(f"#define {name} {number}\n" for name, number in numbers.items())
    names = ("add_and_norm", "remember", "join_parts", "gate", *(f"attend_{size}" for size in sizes))
    return compile_kernels(defines + SOURCE.read_text(encoding="utf-8"), names)


@cache
def _weight_kernels() -> dict[str, Launch]:
    return compile_kernels(SOURCE.read_text(encoding="utf-8"), ("dequantize",))
