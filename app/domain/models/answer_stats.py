"""How an answer ended, and its figures."""

from dataclasses import dataclass
from enum import StrEnum


class FinishReason(StrEnum):
    """The reason why an answer ended."""

    COMPLETE = "complete"
    LENGTH = "length"
    STOPPED = "stopped"
    REPEATING = "repeating"

    @property
    def is_cut_off(self) -> bool:
        """True if the model would have gone on: an answer by a schema is then closed, and the rest of it empty."""
        return self in {FinishReason.LENGTH, FinishReason.REPEATING}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStats:
    """Figures of one answer. Seconds are wall time in the engine.

    `context_tokens` counts prompt and answer, without its reasoning.
    `reused_tokens` of the prompt were in the prefix cache; `drafted_tokens` of the answer are accepted draft tokens.
    """

    prompt_tokens: int
    visual_tokens: int
    new_tokens: int
    first_token_seconds: float
    total_seconds: float
    context_tokens: int
    reused_tokens: int = 0
    drafted_tokens: int = 0

    @property
    def tokens_per_second(self) -> float:
        """Decode speed after the first token; 0 if there was at most one token."""
        decoding = self.total_seconds - self.first_token_seconds
        return (self.new_tokens - 1) / decoding if self.new_tokens > 1 and decoding > 0 else 0.0
