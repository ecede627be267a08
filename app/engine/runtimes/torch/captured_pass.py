"""Passes over a few tokens that are recorded once and replayed.

A card would wait longer for its kernels to be launched, ten a layer, than they take. Nothing in a recorded pass may
depend on how long the cache is: tokens are written at a place that is a tensor. See torch.cuda.CUDAGraph.
"""

import numpy as np
import torch
from torch import Tensor

from app.engine.runtimes.port import FloatArray, IntArray
from app.engine.runtimes.torch.cuda_graph import Capture
from app.engine.runtimes.torch.kv_cache import KvCache
from app.engine.runtimes.torch.text_decoder import TextDecoder


class CapturedPasses:
    """Passes over one cache, each size recorded when it is first wanted, and anew when the cache has grown.

    Other numbers of tokens are filled up to a size: what is behind them is overwritten by the next ones.
    """

    def __init__(self, text: TextDecoder, cache: KvCache, capture: Capture) -> None:
        self._text = text
        self._cache = cache
        self._capture = capture
        self._recorded: dict[tuple[int, int], _Recorded] = {}

    def fit(self, count: int) -> bool:
        """Whether so many tokens can be read at once, filled up."""
        size = self._filled(count)
        return size >= count and self._cache.length + size <= self._cache.capacity

    def __call__(self, token_ids: IntArray, positions: IntArray) -> FloatArray:
        """Append tokens [T] at `positions` [3, T]: their logits, float32 [T, vocabulary]."""
        cache, count = self._cache, len(token_ids)
        size = self._filled(count)
        cache.reserve(cache.length + size)
        recorded = self._recorded.get((cache.room, size))
        if recorded is None:
            # The others refer to tensors that the cache has left behind.
            self._recorded = {key: other for key, other in self._recorded.items() if key[0] == cache.room}
            recorded = self._recorded[cache.room, size] = _Recorded(self._text, cache, size, self._capture)
        logits = recorded(token_ids, self._text.angles(positions), cache.length)
        cache.length += count
        return logits

    def _filled(self, count: int) -> int:
        """The smallest size for so many; the largest one where none is."""
        sizes = self._text.recordable
        return next((size for size in sizes if size >= count), sizes[-1])


class _Recorded:
    """One pass over `size` tokens, with what it reads and writes."""

    def __init__(self, text: TextDecoder, cache: KvCache, size: int, capture: Capture) -> None:
        device = text.embedding.device
        head_dim = text.head_dim
        # One copy takes everything to the card: the place, the ids, the cosines and the sines.
        self._sent = _host_tensor((1 + size + 2 * size * head_dim,), torch.int32, device)
        self._sent.zero_()
        self._sent[0] = cache.length  # Recording runs the pass; what it writes must lie behind all that is in use.
        self._arrived = self._sent.to(device)
        self._ids, self._angles = self._split(self._sent.numpy(), size, head_dim)
        start, ids, angles = self._arrived[:1], self._arrived[1 : 1 + size], self._arrived[1 + size :]
        cosines, sines = angles.view(torch.float32).view(2, size, head_dim)
        self._replay = capture(lambda: text.step(ids, (cosines, sines), start, cache))

    def __call__(self, token_ids: IntArray, angles: tuple[FloatArray, FloatArray], start: int) -> FloatArray:
        count = len(token_ids)
        self._sent[0] = start
        self._ids[:count] = token_ids
        self._angles[0, :count], self._angles[1, :count] = angles
        self._arrived.copy_(self._sent, non_blocking=True)
        logits = self._replay()
        returned = _host_tensor((count, logits.shape[1]), logits.dtype, logits.device)
        array: FloatArray = returned.copy_(logits[:count]).numpy()
        return array

    @staticmethod
    def _split(sent: IntArray, size: int, head_dim: int) -> tuple[IntArray, FloatArray]:
        return sent[1 : 1 + size], sent[1 + size :].view(np.float32).reshape(2, size, head_dim)


def _host_tensor(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """A tensor beside the processor that the card can read and write by itself."""
    return torch.empty(shape, dtype=dtype, pin_memory=device.type == "cuda")
