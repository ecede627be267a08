"""One conversation of a runtime whose language model is a graph that appends tokens to a cache of keys and values.

The graphs take embeddings and give hidden states with screened logits; what stands before and behind them is here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

import numpy as np
from threadpoolctl import threadpool_limits

from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import ModelConfig
from app.engine.runtimes.features import ImageFeatures
from app.engine.runtimes.port import FloatArray, IntArray, VisionFeatures
from app.engine.runtimes.rope import TextRope
from app.engine.runtimes.screening import ScreeningHead

CHUNK = 512
"""Tokens of a prompt that go through the graph at once: wide products are fast, and progress is shown between them."""


class KeyValueCache(Protocol):
    """What the tokens of one sequence have left; its memory comes back with it."""

    length: int
    """Tokens in use."""

    def truncate(self, length: int) -> None:
        """Forget everything behind the first `length` tokens. Raises ValueError where there are not so many."""
        ...


CacheT = TypeVar("CacheT", bound=KeyValueCache)
CacheT_contra = TypeVar("CacheT_contra", bound=KeyValueCache, contravariant=True)


@dataclass(frozen=True, slots=True)
class TextInputs:
    """T tokens, the logits of whose last `wanted` are asked for.

    `embeddings` are float32 [T, hidden], `cosines` and `sines` [T, head_dim], `deepstack` [levels, T, hidden] with
    zeros for what is not an image.
    """

    embeddings: FloatArray
    cosines: FloatArray
    sines: FloatArray
    deepstack: FloatArray
    wanted: int

    @property
    def count(self) -> int:
        """T."""
        return len(self.embeddings)


class TextGraph(Protocol[CacheT_contra]):
    """A compiled graph."""

    def run(self, cache: CacheT_contra, inputs: TextInputs, check: CancelCheck | None) -> tuple[FloatArray, FloatArray]:
        """Write behind the `cache.length` tokens of `cache`: hidden states [wanted, hidden] and logits [wanted, V].

        The length is left as it was. Where `check` raises, so does this. Raises ValueError where the sequence would
        be longer than it may be, and MemoryError.
        """
        ...


class TextModel(Generic[CacheT]):
    """The graph with embeddings by number and exact logits."""

    def __init__(
        self, graph: TextGraph[CacheT], config: ModelConfig, embedding: ScreeningHead, head: ScreeningHead
    ) -> None:
        # After each product numpy's matrix library keeps its threads spinning for 20 ms, on cores that the graph needs.
        threadpool_limits(1, user_api="blas")
        self._graph = graph
        self._config = config
        self._embedding = embedding
        self._head = head
        self._rope = TextRope(config.text)

    def append(
        self,
        cache: CacheT,
        embeddings: FloatArray,
        positions: IntArray,
        deepstack: FloatArray,
        wanted: int,
        check: CancelCheck | None,
    ) -> FloatArray:
        """Read tokens into `cache`: the logits of the last `wanted` of them, float32 [wanted, V].

        `embeddings` are [T, hidden], `positions` [3, T], `deepstack` [levels, T, hidden].
        """
        inputs = TextInputs(embeddings, *self._rope.angles(positions), deepstack, wanted)
        hidden, logits = self._graph.run(cache, inputs, check)
        cache.length += inputs.count
        return self._head.corrected(hidden, logits)

    def embedded(self, token_ids: IntArray, features: Sequence[VisionFeatures] = ()) -> tuple[FloatArray, FloatArray]:
        """Tokens [T] as embeddings [T, hidden] and what deepstack adds [levels, T, hidden], images among them."""
        embeddings = self._embedding.rows(token_ids)
        levels = len(self._config.vision.deepstack_layers)
        deepstack = np.zeros((levels, *embeddings.shape), np.float32)
        if features:
            own = [cast(ImageFeatures, feature) for feature in features]
            places = np.flatnonzero(token_ids == self._config.image_token)
            embeddings[places] = np.concatenate([feature.embeddings for feature in own])
            deepstack[:, places] = np.concatenate([feature.deepstack for feature in own], axis=1)
        return embeddings, deepstack


class GraphSequence(Generic[CacheT]):
    """Implements `DecoderSequence` (see its docstrings)."""

    def __init__(self, text: TextModel[CacheT], cache: CacheT) -> None:
        self._text = text
        self._cache = cache

    @property
    def length(self) -> int:
        """Tokens in the KV cache."""
        return self._cache.length

    def prefill(
        self,
        token_ids: IntArray,
        positions: IntArray,
        features: Sequence[VisionFeatures],
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> FloatArray:
        """Append a prompt and return its last token's logits [V]."""
        text, cache = self._text, self._cache
        embeddings, deepstack = text.embedded(token_ids, features)
        before = cache.length
        last = np.zeros(0, np.float32)
        try:
            for start in range(0, len(token_ids), CHUNK):
                part = np.s_[start : start + CHUNK]
                (last,) = text.append(cache, embeddings[part], positions[:, part], deepstack[:, part], 1, check)
                progress(min(1.0, (start + CHUNK) / len(token_ids)))
        except BaseException:
            cache.truncate(before)
            raise
        return last

    def step(self, token_ids: IntArray, positions: IntArray) -> FloatArray:
        """Append a few text tokens [T] and return the logits of each [T, V]."""
        embeddings, deepstack = self._text.embedded(token_ids)
        return self._text.append(self._cache, embeddings, positions, deepstack, len(token_ids), None)

    def truncate(self, length: int) -> None:
        """Forget everything behind the first `length` tokens."""
        self._cache.truncate(length)
