"""Prefix cache: a follow-up question is prefilled from its first new token on.

A KV cache depends on tokens and images in order. So a prompt that shares its beginning with an earlier one, image for
image and token for token, needs only its rest prefilled. The most recently used conversations stay while they fit.
"""

import math
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.error_texts import engine_texts
from app.domain.errors import EngineError
from app.domain.gigabytes import gigabytes_needed, gigabytes_there
from app.domain.models.engine_status import Stage
from app.domain.models.model_fit import COMFORTABLE
from app.domain.ports import CancelCheck
from app.engine.answering import StageCallback
from app.engine.generation.disk_cache import DiskCache, common_prefix_length
from app.engine.generation.disk_cache_writer import ReadTokens, TokensGoneError
from app.engine.generation.mrope_positions import text_positions
from app.engine.generation.prompt import Prompt
from app.engine.generation.vision_cache import ImageKey, PromptImage, VisionFeatureCache
from app.engine.runtimes.port import (
    BoolArray,
    Bytes,
    DecoderRuntime,
    DecoderSequence,
    FloatArray,
    IntArray,
    VisionFeatures,
)


class TooLittleMemoryError(EngineError):
    """A prompt and its answer do not fit into the device's free memory."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class _Session:
    """A conversation's KV cache, and the prefix-cache keys of all its tokens."""

    sequence: DecoderSequence
    prefix_keys: IntArray


class PrefixCache:
    """The runtime and the conversations in its KV cache; the last one is the current one.

    `seconds_per_visual_token` is the time that the last new images took, including the text around them; initially 0.
    """

    def __init__(self, runtime: DecoderRuntime, images: VisionFeatureCache, visual_tokens: tuple[int, int]) -> None:
        self._runtime = runtime
        self._images = images
        self._visual_tokens = visual_tokens
        self._sessions: list[_Session] = []
        self._lock = threading.Lock()  # The disk cache is written by another thread.
        self.seconds_per_visual_token = 0.0
        self.disk: DiskCache | None = None

    @property
    def capacity(self) -> int:
        """Maximum number of tokens of a prompt and its answer."""
        return self._runtime.capacity

    def prefill(
        self,
        prompt: Prompt,
        images: Sequence[PromptImage],
        max_new_tokens: int,
        stage: StageCallback,
        check: CancelCheck,
    ) -> tuple[FloatArray, int]:
        """Prefill the new part of `prompt`; return the logits after it [V] and the number of reused tokens.

        Memory is freed for an answer of `max_new_tokens` by evicting the least recently used conversations. Raises
        TooLittleMemoryError if it does not suffice, before anything is computed.
        """
        with self._lock:
            return self._prefill(prompt, images, max_new_tokens, stage, check)

    def _prefill(
        self,
        prompt: Prompt,
        images: Sequence[PromptImage],
        max_new_tokens: int,
        stage: StageCallback,
        check: CancelCheck,
    ) -> tuple[FloatArray, int]:
        prefix_keys = prefix_keys_of(prompt.token_ids, [image.key for image in images], self._visual_tokens)
        needed_tokens = min(self.capacity, len(prefix_keys) + max_new_tokens)
        session, reused = self._resume_or_open(prefix_keys, needed_tokens)
        reused = self._restore(session, prefix_keys, reused, needed_tokens, check)
        starts = _image_starts(prompt.token_ids, self._visual_tokens)
        new_images = [image for image, start in zip(images, starts, strict=True) if start >= reused]
        is_uncached = not any(self._images.has_features(image) for image in new_images)
        self._check_memory(session.sequence, needed_tokens, new_images)
        started = time.perf_counter()
        features = self._encode_images(new_images, stage, check)
        session.sequence.truncate(reused)
        session.prefix_keys = prefix_keys[:reused]
        logits = session.sequence.prefill(
            prompt.token_ids[reused:],
            prompt.positions[:, reused:],
            features,
            lambda part: stage(Stage.PREFILLING, part),
            check,
        )
        session.prefix_keys = prefix_keys
        if new_images and is_uncached:
            encoded = sum(image.visual_tokens for image in features)
            self.seconds_per_visual_token = (time.perf_counter() - started) / encoded
        return logits, reused

    def step(self, tokens: Sequence[int], position: int, allowed: BoolArray | None = None) -> FloatArray:
        """Append tokens of the answer, the first at `position`; return the logits after each [T, V].

        Those of tokens outside `allowed` [T, V], if it is given, are minus infinity.
        """
        session = self._sessions[-1]
        with self._lock:
            logits = session.sequence.step(np.array(tokens, np.int64), text_positions(position, len(tokens)), allowed)
            session.prefix_keys = np.append(session.prefix_keys, tokens)
        return logits

    def rollback(self, count: int) -> None:
        """Drop the last `count` tokens, which were not accepted."""
        self.truncate(len(self._sessions[-1].prefix_keys) - count)

    def truncate(self, length: int) -> None:
        """Drop all tokens of the current conversation but the first `length`."""
        session = self._sessions[-1]
        with self._lock:
            session.prefix_keys = session.prefix_keys[:length]
            session.sequence.truncate(length)

    def current(self) -> tuple[IntArray, ReadTokens]:
        """Return the prefix keys of the current conversation, and how another thread reads its keys and values.

        The conversation may be evicted meanwhile, or go on otherwise.
        """
        session = self._sessions[-1]
        prefix_keys = session.prefix_keys
        held, cache = weakref.ref(session), weakref.ref(self)

        def read(start: int, end: int) -> Bytes:
            owner = cache()
            if owner is None:
                raise TokensGoneError
            return owner._read(held, prefix_keys[:end], start)  # noqa: SLF001 - its own

        return prefix_keys, read

    def _read(self, held: "weakref.ref[_Session]", prefix_keys: IntArray, start: int) -> Bytes:
        """Read a conversation's tokens from `start` on, up to the last one of `prefix_keys`."""
        with self._lock:
            session = held()
            if session is None or common_prefix_length(session.prefix_keys, prefix_keys) < len(prefix_keys):
                raise TokensGoneError
            return session.sequence.read(start, len(prefix_keys))

    def _restore(
        self, session: _Session, prefix_keys: IntArray, reused: int, needed_tokens: int, check: CancelCheck
    ) -> int:
        """Extend the first `reused` tokens by those of the disk cache; return how many are in the cache then."""
        if self.disk is None or self.disk.covered(prefix_keys[:-1], reused) <= reused:
            return reused
        self._check_memory(session.sequence, needed_tokens, ())
        session.sequence.truncate(reused)
        try:
            self.disk.restore(session.sequence, prefix_keys[:-1], check)
        finally:
            session.prefix_keys = prefix_keys[: session.sequence.length]
        return session.sequence.length

    def _resume_or_open(self, prefix_keys: IntArray, needed_tokens: int) -> tuple[_Session, int]:
        """Return the conversation to continue, moved to the end, and how many of its tokens are reused."""
        # A conversation that was stopped before its prefill is useless.
        self._sessions = [session for session in self._sessions if len(session.prefix_keys)]
        # The last token is always recomputed: its logits are needed.
        common = [common_prefix_length(session.prefix_keys, prefix_keys[:-1]) for session in self._sessions]
        # Where more would be dropped than reused, it is another conversation, to which the user may return.
        similar = [i for i, length in enumerate(common) if length * 2 >= len(self._sessions[i].prefix_keys)]
        if similar:
            best = max(similar, key=common.__getitem__)
            session, reused = self._sessions.pop(best), common[best]
        else:
            session, reused = _Session(self._runtime.open_sequence(), prefix_keys[:0]), 0
        while self._sessions and self._allocated_tokens + needed_tokens > self._runtime.cache_tokens:
            del self._sessions[0]
        self._sessions.append(session)
        return session, reused

    def _check_memory(self, sequence: DecoderSequence, tokens: int, images: Sequence[PromptImage]) -> None:
        """Evict conversations until `sequence` can hold `tokens` tokens and each of the images can be encoded."""
        patches = [math.prod(image.grid_thw) for image in images if not self._images.has_features(image)]
        encoding = max((self._runtime.image_memory(count) for count in patches), default=0)
        while True:
            needed, free = sequence.memory_to_hold(tokens) + encoding, self._runtime.free_memory()
            if needed <= COMFORTABLE * free:
                return
            if len(self._sessions) == 1:
                raise TooLittleMemoryError(
                    engine_texts.TOO_LITTLE_MEMORY, needed=gigabytes_needed(needed), free=gigabytes_there(free)
                )
            del self._sessions[0]

    @property
    def _allocated_tokens(self) -> int:
        return sum(session.sequence.allocated_tokens for session in self._sessions)

    def _encode_images(
        self, images: Sequence[PromptImage], stage: StageCallback, check: CancelCheck
    ) -> list[VisionFeatures]:
        features = []
        for number, image in enumerate(images):

            def progress(part: float, encoded: int = number) -> None:
                stage(Stage.ENCODING_IMAGE, (encoded + part) / len(images))

            features.append(self._images.features(image, self._runtime, progress, check))
        return features


def prefix_keys_of(token_ids: IntArray, images: Sequence[ImageKey], visual_tokens: tuple[int, int]) -> IntArray:
    """Return a key per token, equal only for equal tokens: its id, or a negative number for a position in an image."""
    prefix_keys = token_ids.copy()
    positions = np.flatnonzero(np.isin(token_ids, visual_tokens))
    runs = np.split(positions, np.flatnonzero(np.diff(positions) > 1) + 1) if len(positions) else []
    for run, (digest, pixel_budget) in zip(runs, images, strict=True):
        # 60 bits of the digest: a collision is practically impossible.
        name = int(digest[:15], 16) ^ pixel_budget
        prefix_keys[run] = -1 - (name + np.arange(len(run)))
    return prefix_keys


def _image_starts(token_ids: IntArray, visual_tokens: tuple[int, int]) -> IntArray:
    is_image = np.isin(token_ids, visual_tokens)
    return np.flatnonzero(is_image & ~np.concatenate(([False], is_image[:-1])))
