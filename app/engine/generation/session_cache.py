"""What the runtime has read already: a follow-up question is read from its first new token on.

A KV cache holds what was computed from tokens and images in order. So a prompt that begins as an earlier one did, image
for image and token for token, needs only its rest. Several conversations are kept, the ones used last, while they fit.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.engine_status import Stage
from app.domain.ports import CancelCheck
from app.engine.generation.image_memory import ImageKey, ImageMemory, PromptImage
from app.engine.generation.prompt import Prompt, text_positions
from app.engine.runtimes.port import DecoderRuntime, DecoderSequence, FloatArray, IntArray, VisionFeatures

ROOM_STEP = 64
"""Runtimes take memory for so many tokens at a time."""

StageCallback = Callable[[Stage, float], None]


@dataclass(slots=True)
class _Session:
    """A conversation, and the identities of all that is in its KV cache."""

    sequence: DecoderSequence
    identities: IntArray


class SessionCache:
    """The runtime and the conversations that it has read; the last one is the one that is going on.

    `seconds_per_visual_token` is what the last images took that were new, with the text around them; 0 before.
    """

    def __init__(self, runtime: DecoderRuntime, images: ImageMemory, image_token: int) -> None:
        self._runtime = runtime
        self._images = images
        self._image_token = image_token
        self._sessions: list[_Session] = []
        self.seconds_per_visual_token = 0.0

    @property
    def capacity(self) -> int:
        """The most tokens of a prompt and its answer."""
        return self._runtime.capacity

    def prefill(
        self,
        prompt: Prompt,
        images: Sequence[PromptImage],
        max_new_tokens: int,
        stage: StageCallback,
        check: CancelCheck,
    ) -> tuple[FloatArray, int]:
        """Read what is new in `prompt`: the logits behind it [V], and how many tokens had been read before.

        Room is made for an answer of `max_new_tokens`, at the cost of conversations that were not used for long.
        """
        identities = identities_of(prompt.token_ids, [image.key for image in images], self._image_token)
        session, reused = self._begin(identities, min(self.capacity, len(identities) + max_new_tokens))
        starts = _image_starts(prompt.token_ids, self._image_token)
        unread = [image for image, start in zip(images, starts, strict=True) if start >= reused]
        is_all_new = not any(self._images.remembers(image) for image in unread)
        began = time.perf_counter()
        features = self._look(unread, stage, check)
        session.sequence.truncate(reused)
        session.identities = identities[:reused]
        logits = session.sequence.prefill(
            prompt.token_ids[reused:],
            prompt.positions[:, reused:],
            features,
            lambda part: stage(Stage.THINKING, part),
            check,
        )
        session.identities = identities
        if unread and is_all_new:
            seen = sum(image.visual_tokens for image in features)
            self.seconds_per_visual_token = (time.perf_counter() - began) / seen
        return logits, reused

    def step(self, tokens: Sequence[int], position: int) -> FloatArray:
        """Read tokens of the answer, the first of them at `position`: the logits behind each [T, V]."""
        session = self._sessions[-1]
        logits = session.sequence.step(np.array(tokens, np.int64), text_positions(position, len(tokens)))
        session.identities = np.append(session.identities, tokens)
        return logits

    def forget(self, count: int) -> None:
        """The last `count` tokens were not said."""
        session = self._sessions[-1]
        session.identities = session.identities[: len(session.identities) - count]
        session.sequence.truncate(len(session.identities))

    def _begin(self, identities: IntArray, room: int) -> tuple[_Session, int]:
        """The conversation to go on with, moved to the end, and how many of its tokens are of use."""
        # One that was stopped before anything was read is of no use.
        self._sessions = [session for session in self._sessions if len(session.identities)]
        # The last token is always read again: its logits are what is wanted.
        common = [_common_beginning(session.identities, identities[:-1]) for session in self._sessions]
        best = max(range(len(common)), key=common.__getitem__, default=-1)
        # Where more would be thrown away than is of use, it is another conversation, to which the user may come back.
        if best >= 0 and common[best] * 2 >= len(self._sessions[best].identities):
            session, reused = self._sessions.pop(best), common[best]
        else:
            session, reused = _Session(self._runtime.open_sequence(), identities[:0]), 0
        while self._sessions and sum(map(_room, self._sessions)) + room > self._runtime.cache_tokens:
            del self._sessions[0]
        self._sessions.append(session)
        return session, reused

    def _look(self, images: Sequence[PromptImage], stage: StageCallback, check: CancelCheck) -> list[VisionFeatures]:
        features = []
        for number, image in enumerate(images):

            def progress(part: float, seen: int = number) -> None:
                stage(Stage.LOOKING, (seen + part) / len(images))

            features.append(self._images.features(image, self._runtime, progress, check))
        return features


def identities_of(token_ids: IntArray, images: Sequence[ImageKey], image_token: int) -> IntArray:
    """A number for each token that is the same only for the same: its id, and below zero for a place in an image."""
    identities = token_ids.copy()
    places = np.flatnonzero(token_ids == image_token)
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []
    for run, (digest, pixel_budget) in zip(runs, images, strict=True):
        # 60 bits of the digest: two images that share them by chance will not be met.
        name = int(digest[:15], 16) ^ pixel_budget
        identities[run] = -1 - (name + np.arange(len(run)))
    return identities


def _image_starts(token_ids: IntArray, image_token: int) -> IntArray:
    is_image = token_ids == image_token
    return np.flatnonzero(is_image & ~np.concatenate(([False], is_image[:-1])))


def _common_beginning(one: IntArray, other: IntArray) -> int:
    length = min(len(one), len(other))
    different = np.flatnonzero(one[:length] != other[:length])
    return int(different[0]) if len(different) else length


def _room(session: _Session) -> int:
    return -(-len(session.identities) // ROOM_STEP) * ROOM_STEP
