"""The interface of all runtimes to the generation loop, which is written once for all of them.

Arrays that cross the port are numpy, so that no runtime's library is needed to call another's. Data that stays on the
device (weights, KV cache, vision features) is opaque to the loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.domain.ports import CancelCheck, ProgressCallback

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ImagePatches:
    """One image, ready for the vision tower.

    `pixels` is float32 [patches, channels * temporal_patch * patch * patch], normalised, patches ordered in merge
    windows as Qwen3-VL's processor orders them; `grid_thw` counts patches along time, height and width.
    """

    pixels: FloatArray
    grid_thw: tuple[int, int, int]


class VisionFeatures(Protocol):
    """The vision tower's output for one image: embeddings and deepstack features, stored on the device."""

    @property
    def visual_tokens(self) -> int:
        """Number of image tokens of the prompt that these features replace."""
        ...

    def to_bytes(self) -> Bytes:
        """Return the features exactly, uint8 [N], for `DecoderRuntime.features_from` of a runtime of equal format."""
        ...


class DecoderSequence(Protocol):
    """The KV cache of one conversation. Not thread-safe, nor are two sequences of one runtime."""

    @property
    def length(self) -> int:
        """Number of tokens in the KV cache."""
        ...

    @property
    def allocated_tokens(self) -> int:
        """Number of tokens for which memory is allocated, at least `length`."""
        ...

    def memory_to_hold(self, length: int) -> int:
        """Return the bytes that the KV cache must still take from the device for `length` tokens."""
        ...

    def prefill(
        self,
        token_ids: IntArray,
        positions: IntArray,
        features: Sequence[VisionFeatures],
        progress: ProgressCallback,
        check: CancelCheck,
    ) -> FloatArray:
        """Append `token_ids` [T] at M-RoPE `positions` [3, T] to the cache and return the last token's logits [V].

        `features` replace the image tokens' embeddings, in order. `check` is called while it runs; if it raises,
        the cache is left as it was before the call.
        """
        ...

    def step(self, token_ids: IntArray, positions: IntArray, allowed: BoolArray | None = None) -> FloatArray:
        """Append a few text tokens [T] at positions [3, T] and return the logits of each, float32 [T, V].

        If `allowed` [T, V] is given, the logits of all other tokens are minus infinity, and the likeliest of those that
        are allowed are as exact as the likeliest of all are without it.
        """
        ...

    def truncate(self, length: int) -> None:
        """Drop everything after the first `length` tokens. Raises ValueError if there are fewer."""
        ...

    def reserve(self, length: int) -> None:
        """Take memory for `length` tokens at once. Raises ValueError beyond the capacity, and MemoryError."""
        ...

    def read(self, start: int, end: int) -> Bytes:
        """Return the keys and values of the tokens from `start` up to `end` exactly, uint8 [N].

        Raises ValueError if there are fewer tokens.
        """
        ...

    def restore(self, start: int, end: int, data: Bytes) -> None:
        """Put what `read` returned in place of everything after the first `start` tokens; the length is then `end`.

        `data` is of the same tokens and from a runtime of equal format. Raises ValueError if it has another size, or if
        there are fewer than `start` tokens, and MemoryError.
        """
        ...


class DecoderRuntime(Protocol):
    """A loaded model."""

    @property
    def capacity(self) -> int:
        """Maximum number of tokens of one sequence."""
        ...

    @property
    def cache_tokens(self) -> int:
        """Maximum number of tokens of all sequences together; at least `capacity`."""
        ...

    @property
    def cache_format(self) -> str:
        """Everything but the weights that the numbers in the KV cache and the features depend on; empty if not read."""
        ...

    def free_memory(self) -> int:
        """Return the bytes that the device can still give, as far as it says."""
        ...

    def image_memory(self, patches: int) -> int:
        """Return the bytes that an image of so many patches takes until it is in the KV cache, an estimate."""
        ...

    def encode_image(self, patches: ImagePatches, progress: ProgressCallback, check: CancelCheck) -> VisionFeatures:
        """Run the vision tower on one image; `check` is called while it runs."""
        ...

    def features_from(self, data: Bytes, visual_tokens: int) -> VisionFeatures:
        """Return the features of `VisionFeatures.to_bytes`. Raises ValueError if they have another size."""
        ...

    def open_sequence(self) -> DecoderSequence:
        """Open an empty sequence. Its memory is freed when nothing refers to it any more."""
        ...
