"""The vision tower's output for an image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.engine.runtimes.port import FloatArray


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """One image: `embeddings` float32 [n, text hidden] and `deepstack` float32 [levels, n, text hidden]."""

    embeddings: FloatArray
    deepstack: FloatArray

    @property
    def visual_tokens(self) -> int:
        """Number of image tokens in the prompt."""
        return len(self.embeddings)

    def part(self, begin: int, end: int) -> "ImageFeatures":
        """Return the features of the tokens from `begin` up to `end`."""
        return ImageFeatures(self.embeddings[begin:end], self.deepstack[:, begin:end])


def joined(features: Sequence[ImageFeatures]) -> ImageFeatures:
    """Return the features of several images, one after the other."""
    if len(features) == 1:
        return features[0]
    embeddings = np.concatenate([feature.embeddings for feature in features])
    return ImageFeatures(embeddings, np.concatenate([feature.deepstack for feature in features], axis=1))
