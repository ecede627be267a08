"""What the vision tower made of an image."""

from dataclasses import dataclass

from app.engine.runtimes.port import FloatArray


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """One image: `embeddings` float32 [n, text hidden] and `deepstack` float32 [levels, n, text hidden]."""

    embeddings: FloatArray
    deepstack: FloatArray

    @property
    def visual_tokens(self) -> int:
        """Image tokens in the prompt."""
        return len(self.embeddings)
