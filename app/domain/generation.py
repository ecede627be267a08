"""What the user may choose about an answer, and what is reported about it afterwards."""

from dataclasses import dataclass
from enum import StrEnum


class FinishReason(StrEnum):
    """Why an answer ended."""

    COMPLETE = "complete"
    LENGTH = "length"
    STOPPED = "stopped"
    REPEATING = "repeating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is drawn. `temperature` 0 is greedy and ignores the rest except the penalty.

    The defaults are the ones published for Qwen3-VL Instruct (its model card, "Generation Hyperparameters").
    `presence_penalty` is subtracted once from the logit of every token already generated in this answer.
    """

    temperature: float = 0.7
    top_p: float = 0.8
    top_k: int = 20
    presence_penalty: float = 1.5
    seed: int | None = None


GREEDY = Sampling(temperature=0.0, top_p=1.0, top_k=0, presence_penalty=0.0)
"""Always the likeliest token: what reading text wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationOptions:
    """How one answer is drawn, and its limits.

    `sampling` is None for what the model's publisher recommends. `pixel_budget` is the most pixels of one image that
    the model sees, one visual token for each 32x32 of them. `max_new_tokens` ends an answer that does not end itself.
    """

    sampling: Sampling | None = None
    max_new_tokens: int = 2048
    pixel_budget: int = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How a model is opened.

    On a CPU the numbers between its layers are rounded to 8 bits, group by group, unless `exact_activations` asks for
    16 throughout. At most `cache_tokens` tokens of all chats together are held in memory, which is also the longest
    chat, and what the model saw of images for `remembered_visual_tokens`. In `cache_folder` its weights are kept in the
    order that the runtime wants; empty for nowhere.
    """

    exact_activations: bool = False
    cache_tokens: int = 32_768
    remembered_visual_tokens: int = 8192
    cache_folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStats:
    """Figures of one answer. Seconds are wall time in the engine; `context_tokens` counts prompt and answer.

    `reused_tokens` of the prompt had been read for an earlier answer; `drafted_tokens` of the answer were guessed.
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
        """Decoding speed after the first token; 0 where there was at most one token."""
        decoding = self.total_seconds - self.first_token_seconds
        return (self.new_tokens - 1) / decoding if self.new_tokens > 1 and decoding > 0 else 0.0


DEMO_NAME = "Demo (short printed text)"
"""What the model that ships along is called wherever it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """An opened model, in words fit for the status line. `is_demo` is true for the small one that ships along."""

    name: str
    folder: str
    scheme: str
    device: str
    device_reason: str
    context_length: int
    is_demo: bool = False
