"""A decoding step that is recorded once and replayed.

A card would wait longer for its kernels to be launched, some twenty a layer, than they take. Nothing in a recorded
step may depend on how long the cache is: the token is written at a place that is a tensor, and attention runs over the
cache's whole room, the rest of it masked. See torch.cuda.CUDAGraph; not run on a card so far.
"""

import torch
from torch import Tensor

from app.engine.runtimes.port import IntArray
from app.engine.runtimes.torch.cuda_graph import Capture
from app.engine.runtimes.torch.kv_cache import KvCache
from app.engine.runtimes.torch.text_decoder import Pass, TextDecoder


class CapturedStep:
    """Single steps over one cache; recorded anew when the cache has grown."""

    def __init__(self, text: TextDecoder, cache: KvCache, capture: Capture) -> None:
        self._text = text
        self._cache = cache
        self._capture = capture
        self._room = 0

    def __call__(self, embedding: Tensor, positions: IntArray) -> Tensor:
        """Append the token `embedding` [1, hidden] at `positions` [3, 1]: its logits, float32 [1, vocabulary]."""
        cache = self._cache
        cache.reserve(cache.length + 1)
        cosines, sines = self._text.angles(positions, embedding)
        if cache.room != self._room:
            self._record(embedding, cosines, sines)
        self._embedding.copy_(embedding)
        self._cosines.copy_(cosines)
        self._sines.copy_(sines)
        self._place.fill_(cache.length)
        logits = self._replay()
        cache.length += 1
        return logits

    def _record(self, embedding: Tensor, cosines: Tensor, sines: Tensor) -> None:
        self._room = self._cache.room
        self._embedding, self._cosines, self._sines = embedding.clone(), cosines.clone(), sines.clone()
        self._place = torch.full((1,), self._cache.length, device=embedding.device)
        places = torch.arange(self._room, device=embedding.device)

        def body() -> Tensor:
            mask = (places <= self._place)[None]
            shared = Pass(self._cosines, self._sines, self._cache, mask, self._place)
            return self._text.logits(self._text.step(self._embedding, shared))

        self._replay = self._capture(body)
