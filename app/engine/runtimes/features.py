"""The vision tower's output for an image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.engine.checkpoints.config import VisionConfig
from app.engine.runtimes.port import Bytes, FloatArray


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """One image: `embeddings` float32 [n, text hidden] and `deepstack` float32 [levels, n, text hidden]."""

    embeddings: FloatArray
    deepstack: FloatArray

    @property
    def visual_tokens(self) -> int:
        """Number of image tokens in the prompt."""
        return len(self.embeddings)

    def to_bytes(self) -> Bytes:
        """Return the embeddings, then the levels of deepstack, uint8 [N]."""
        return np.concatenate([self.embeddings[None], self.deepstack]).view(np.uint8).reshape(-1)

    @classmethod
    def from_bytes(cls, data: Bytes, visual_tokens: int, config: VisionConfig) -> "ImageFeatures":
        """Return the features that `to_bytes` returned. Raises ValueError if they have another size."""
        shape = (1 + len(config.deepstack_layers), visual_tokens, config.out_hidden_size)
        levels = data.view(np.float32).reshape(shape)
        return cls(levels[0], levels[1:])

    def part(self, begin: int, end: int) -> "ImageFeatures":
        """Return the features of the tokens from `begin` up to `end`."""
        return ImageFeatures(self.embeddings[begin:end], self.deepstack[:, begin:end])


def joined(features: Sequence[ImageFeatures]) -> ImageFeatures:
    """Return the features of several images, one after the other."""
    if len(features) == 1:
        return features[0]
    embeddings = np.concatenate([feature.embeddings for feature in features])
    return ImageFeatures(embeddings, np.concatenate([feature.deepstack for feature in features], axis=1))
