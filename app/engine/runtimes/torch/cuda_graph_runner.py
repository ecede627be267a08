"""Decode steps over a few tokens, captured once as CUDA graphs and replayed.

Launching kernels, ten per layer, would take longer than running them. Nothing in a captured graph may depend on the
cache's length: tokens are written at a slot given by a tensor. See torch.cuda.CUDAGraph.
"""

import numpy as np
import torch
from torch import Tensor

from app.engine.runtimes.port import BoolArray, FloatArray, IntArray
from app.engine.runtimes.torch.cuda_graph import Capture
from app.engine.runtimes.torch.kv_cache import KvCache
from app.engine.runtimes.torch.text_decoder import TextDecoder


class CudaGraphRunner:
    """CUDA graphs over one cache, one per size, captured at first use and again when the cache has grown.

    Other numbers of tokens are padded to a size; the next tokens overwrite the padding.
    """

    def __init__(self, text: TextDecoder, cache: KvCache, capture: Capture) -> None:
        self._text = text
        self._cache = cache
        self._capture = capture
        self._graphs: dict[tuple[int, int], _CapturedGraph] = {}

    def fits(self, count: int) -> bool:
        """Return whether `count` tokens, padded, fit into a graph."""
        size = self._padded_size(count)
        return size >= count and self._cache.length + size <= self._cache.capacity

    def __call__(self, token_ids: IntArray, positions: IntArray, allowed: BoolArray | None = None) -> FloatArray:
        """Append tokens [T] at `positions` [3, T]; return their logits, float32 [T, vocabulary].

        Those of tokens outside `allowed` [T, vocabulary], if it is given, are minus infinity.
        """
        cache, count = self._cache, len(token_ids)
        size = self._padded_size(count)
        cache.reserve(cache.length + size)
        graph = self._graphs.get((cache.allocated_tokens, size))
        if graph is None:
            # The others refer to tensors that the cache no longer uses.
            self._graphs = {key: other for key, other in self._graphs.items() if key[0] == cache.allocated_tokens}
            graph = self._graphs[cache.allocated_tokens, size] = _CapturedGraph(self._text, cache, size, self._capture)
        logits = graph(token_ids, self._text.cos_sin(positions), cache.length, allowed)
        cache.length += count
        return logits

    def _padded_size(self, count: int) -> int:
        """Return the smallest size that fits `count`, or the largest size if none does."""
        sizes = self._text.capturable_sizes
        return next((size for size in sizes if size >= count), sizes[-1])


class _CapturedGraph:
    """A CUDA graph over `size` tokens, with its input and output buffers."""

    def __init__(self, text: TextDecoder, cache: KvCache, size: int, capture: Capture) -> None:
        device = text.embedding.device
        head_dim = text.head_dim
        # One copy moves everything to the GPU: the slot, the ids, the cosines and the sines.
        self._host_buffer = _host_tensor((1 + size + 2 * size * head_dim,), torch.int32, device)
        self._host_buffer.zero_()
        self._host_buffer[0] = cache.length  # Capturing writes after the slots in use.
        self._device_buffer = self._host_buffer.to(device)
        self._ids, self._cos_sin = self._split(self._host_buffer.numpy(), size, head_dim)
        start, ids, cos_sin = (
            self._device_buffer[:1],
            self._device_buffer[1 : 1 + size],
            self._device_buffer[1 + size :],
        )
        cosines, sines = cos_sin.view(torch.float32).view(2, size, head_dim)
        self._allowed = torch.ones(size, text.vocabulary, dtype=torch.bool, device=device)
        self._is_limited = False
        self._replay = capture(lambda: text.step(ids, (cosines, sines), start, cache, self._allowed))

    def __call__(
        self, token_ids: IntArray, cos_sin: tuple[FloatArray, FloatArray], start: int, allowed: BoolArray | None
    ) -> FloatArray:
        count = len(token_ids)
        if allowed is not None:
            self._allowed[:count] = torch.from_numpy(allowed).to(self._allowed.device)
            self._is_limited = True
        elif self._is_limited:
            self._allowed.fill_(value=True)
            self._is_limited = False
        self._host_buffer[0] = start
        self._ids[:count] = token_ids
        self._cos_sin[0, :count], self._cos_sin[1, :count] = cos_sin
        self._device_buffer.copy_(self._host_buffer, non_blocking=True)
        logits = self._replay()
        host_logits = _host_tensor((count, logits.shape[1]), logits.dtype, logits.device)
        array: FloatArray = host_logits.copy_(logits[:count]).numpy()
        return array

    @staticmethod
    def _split(buffer: IntArray, size: int, head_dim: int) -> tuple[IntArray, FloatArray]:
        return buffer[1 : 1 + size], buffer[1 + size :].view(np.float32).reshape(2, size, head_dim)


def _host_tensor(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Allocate a tensor in host memory, pinned if the device is a GPU."""
    return torch.empty(shape, dtype=dtype, pin_memory=device.type == "cuda")
