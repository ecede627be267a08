"""One conversation of a runtime whose language model is a graph that appends tokens to a KV cache.

The graphs take embeddings and return hidden states with 4-bit logits; the steps before and after them are here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

import numpy as np
from threadpoolctl import threadpool_limits

from app.domain.ports import CancelCheck, ProgressCallback
from app.engine.checkpoints.config import ModelConfig
from app.engine.runtimes.features import ImageFeatures, joined
from app.engine.runtimes.port import BoolArray, Bytes, FloatArray, IntArray, VisionFeatures
from app.engine.runtimes.rope import TextRope
from app.engine.runtimes.shortlist_head import ShortlistHead

CHUNK = 512
"""Number of a prompt's tokens per pass of the graph: wide products are fast, and progress is shown between passes."""


class KeyValueCache(Protocol):
    """The keys and values of one sequence's tokens; their memory is freed with the object."""

    length: int
    """Number of tokens in use."""

    @property
    def allocated_tokens(self) -> int:
        """Number of tokens for which memory is allocated."""
        ...

    def memory_to_hold(self, length: int) -> int:
        """Return the bytes that must still be taken for `length` tokens."""
        ...

    def truncate(self, length: int) -> None:
        """Drop everything after the first `length` tokens. Raises ValueError if there are fewer."""
        ...

    def reserve(self, length: int) -> object:
        """Allocate memory for `length` tokens. Raises ValueError beyond the capacity, and MemoryError."""
        ...

    def read(self, start: int, end: int) -> Bytes:
        """Return the keys and values of these tokens, uint8 [N]."""
        ...

    def restore(self, start: int, end: int, data: Bytes) -> None:
        """Write the keys and values of these tokens, after which the length is `end`."""
        ...


CacheT = TypeVar("CacheT", bound=KeyValueCache)
CacheT_contra = TypeVar("CacheT_contra", bound=KeyValueCache, contravariant=True)


@dataclass(frozen=True, slots=True)
class TextInputs:
    """T tokens, of which the logits of the last `wanted` are requested.

    `embeddings` are float32 [T, hidden], `cosines` and `sines` [T, head_dim], `deepstack` [levels, T, hidden] with
    zeros for text tokens.
    """

    embeddings: FloatArray
    cosines: FloatArray
    sines: FloatArray
    deepstack: FloatArray
    wanted: int

    @property
    def count(self) -> int:
        """Number of tokens T."""
        return len(self.embeddings)


class TextGraph(Protocol[CacheT_contra]):
    """A compiled graph."""

    def run(self, cache: CacheT_contra, inputs: TextInputs, check: CancelCheck | None) -> tuple[FloatArray, FloatArray]:
        """Write after the `cache.length` tokens of `cache`; return hidden states [wanted, hidden], logits [wanted, V].

        The length is left unchanged. Propagates what `check` raises. Raises ValueError if the sequence would exceed
        its maximum length, and MemoryError.
        """
        ...


class TextModel(Generic[CacheT]):
    """The graph with embeddings by token id and exact logits."""

    def __init__(
        self, graph: TextGraph[CacheT], config: ModelConfig, embedding: ShortlistHead, head: ShortlistHead
    ) -> None:
        # After each product numpy's BLAS keeps its threads spinning for 20 ms, on cores that the graph needs.
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
        allowed: BoolArray | None = None,
    ) -> FloatArray:
        """Append tokens to `cache`; return the logits of the last `wanted` of them, float32 [wanted, V].

        `embeddings` are [T, hidden], `positions` [3, T], `deepstack` [levels, T, hidden], `allowed` [wanted, V].
        """
        inputs = TextInputs(embeddings, *self._rope.cos_sin(positions), deepstack, wanted)
        hidden, logits = self._graph.run(cache, inputs, check)
        cache.length += inputs.count
        return self._head.rescored(hidden, logits, allowed)

    def embedded(self, token_ids: IntArray, visual: ImageFeatures | None = None) -> tuple[FloatArray, FloatArray]:
        """Return embeddings [T, hidden] and deepstack's additions [levels, T, hidden] of tokens [T].

        `visual` are the features of the image tokens among them.
        """
        embeddings = self._embedding.rows(token_ids)
        levels = len(self._config.vision.deepstack_layers)
        deepstack = np.zeros((levels, *embeddings.shape), np.float32)
        if visual is not None:
            is_visual = self.is_visual(token_ids)
            embeddings[is_visual] = visual.embeddings
            deepstack[:, is_visual] = visual.deepstack
        return embeddings, deepstack

    def is_visual(self, token_ids: IntArray) -> BoolArray:
        """Return which of the tokens [T] are replaced by an image's features."""
        return np.isin(token_ids, self._config.visual_tokens)


class GraphSequence(Generic[CacheT]):
    """Implements `DecoderSequence` (see its docstrings)."""

    def __init__(self, text: TextModel[CacheT], cache: CacheT) -> None:
        self._text = text
        self._cache = cache

    @property
    def length(self) -> int:
        """Number of tokens in the KV cache."""
        return self._cache.length

    @property
    def allocated_tokens(self) -> int:
        """Number of tokens for which memory is allocated."""
        return self._cache.allocated_tokens

    def memory_to_hold(self, length: int) -> int:
        """Return the bytes that the KV cache must still take for `length` tokens."""
        return self._cache.memory_to_hold(length)

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
        visual = joined([cast(ImageFeatures, feature) for feature in features]) if features else None
        image_tokens = np.concatenate(([0], np.cumsum(text.is_visual(token_ids))))  # Before each token.
        before = cache.length
        last = np.zeros(0, np.float32)
        try:
            for start in range(0, len(token_ids), CHUNK):
                end = min(start + CHUNK, len(token_ids))
                part = None if visual is None else visual.part(image_tokens[start], image_tokens[end])
                embeddings, deepstack = text.embedded(token_ids[start:end], part)
                (last,) = text.append(cache, embeddings, positions[:, start:end], deepstack, 1, check)
                progress(min(1.0, (start + CHUNK) / len(token_ids)))
        except BaseException:
            cache.truncate(before)
            raise
        return last

    def step(self, token_ids: IntArray, positions: IntArray, allowed: BoolArray | None = None) -> FloatArray:
        """Append a few text tokens [T] and return the logits of each [T, V]."""
        embeddings, deepstack = self._text.embedded(token_ids)
        return self._text.append(self._cache, embeddings, positions, deepstack, len(token_ids), None, allowed)

    def truncate(self, length: int) -> None:
        """Drop everything after the first `length` tokens."""
        self._cache.truncate(length)

    def reserve(self, length: int) -> None:
        """Take memory for `length` tokens at once."""
        self._cache.reserve(length)

    def read(self, start: int, end: int) -> Bytes:
        """Return the keys and values of the tokens from `start` up to `end`, uint8 [N]."""
        return self._cache.read(start, end)

    def restore(self, start: int, end: int, data: Bytes) -> None:
        """Put what `read` returned in place of everything after the first `start` tokens."""
        self._cache.restore(start, end, data)
