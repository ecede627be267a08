"""The vision tower's output for an image."""

from dataclasses import dataclass

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
