"""What the runtime has read already: a follow-up question is read from its first new token on.

The KV cache holds what was computed from tokens and images in order. So a prompt that begins as the last one did, image
for image and token for token, needs only its rest.
"""

from collections.abc import Callable, Sequence

import numpy as np

from app.domain.engine_status import Stage
from app.domain.ports import CancelCheck
from app.engine.generation.image_memory import ImageKey, ImageMemory, PromptImage
from app.engine.generation.prompt import Prompt, text_positions
from app.engine.runtimes.port import DecoderRuntime, FloatArray, IntArray

StageCallback = Callable[[Stage, float], None]


class SessionCache:
    """The runtime, and the identities of all that is in its KV cache."""

    def __init__(self, runtime: DecoderRuntime, images: ImageMemory, image_token: int) -> None:
        self._runtime = runtime
        self._images = images
        self._image_token = image_token
        self._identities = np.zeros(0, np.int64)

    @property
    def capacity(self) -> int:
        """The most tokens of a prompt and its answer."""
        return self._runtime.capacity

    def prefill(
        self, prompt: Prompt, images: Sequence[PromptImage], stage: StageCallback, check: CancelCheck
    ) -> tuple[FloatArray, int]:
        """Read what is new in `prompt`: the logits behind it [V], and how many tokens were there already."""
        identities = identities_of(prompt.token_ids, [image.key for image in images], self._image_token)
        # The last token is always read again: its logits are what is wanted.
        reused = _common_beginning(self._identities, identities[:-1])
        starts = _image_starts(prompt.token_ids, self._image_token)
        unread = [image for image, start in zip(images, starts, strict=True) if start >= reused]
        features = []
        for number, image in enumerate(unread):

            def progress(part: float, seen: int = number) -> None:
                stage(Stage.LOOKING, (seen + part) / len(unread))

            features.append(self._images.features(image, self._runtime, progress, check))
        self._runtime.truncate(reused)
        self._identities = identities[:reused]
        logits = self._runtime.prefill(
            prompt.token_ids[reused:],
            prompt.positions[:, reused:],
            features,
            lambda part: stage(Stage.THINKING, part),
            check,
        )
        self._identities = identities
        return logits, reused

    def step(self, token: int, position: int) -> FloatArray:
        """Read one token of the answer: the logits behind it [V]."""
        logits = self._runtime.step(np.array([token], np.int64), text_positions(position, 1))[0]
        self._identities = np.append(self._identities, token)
        return np.asarray(logits)


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
