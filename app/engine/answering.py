"""Answering questions, by a model on this machine (`generation`) or by one of a server (`remote`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.chat.chat import Turn
from app.domain.errors import EngineError
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.models.engine_status import Stage
from app.domain.models.model_info import ModelInfo
from app.domain.ports import CancelCheck
from app.domain.settings.generation_options import GenerationOptions
from app.domain.text.confidence import TextDelta

StageCallback = Callable[[Stage, float], None]
"""Receives the stage of the work, and its progress in 0..1."""


def _ignore_stage(_stage: Stage, _progress: float) -> None:
    """Do nothing."""


NO_STAGE: StageCallback = _ignore_stage
"""For work whose stages are not shown."""


def _ignore_thought(_text: str, _seconds: float) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class GenerationCallbacks:
    """Callbacks of an answer while it is generated: `on_stage` before its first token, then `on_text` for each delta.

    Before that, `on_thought` receives each delta of a thinking model's reasoning, and its seconds so far; an empty one
    says that the deltas before it were no reasoning.

    Deltas carry their probability if `return_logprobs` asks for it, which costs a pass over the vocabulary for each
    token. If the model's confidence falls below `min_confidence`, the answer ends with `fallback`, see
    `ConfidenceGuard`.
    """

    on_stage: StageCallback
    on_text: Callable[[TextDelta], None]
    check: CancelCheck
    return_logprobs: bool = False
    min_confidence: float = 0.0
    fallback: str = ""
    on_thought: Callable[[str, float], None] = _ignore_thought


class NotFiniteError(EngineError):
    """The model computed a number that is infinite or none, which it may not in a safer precision."""


class AnsweringModel(Protocol):
    """A model that is open and answers questions."""

    @property
    def info(self) -> ModelInfo:
        """The open model: name, device, context length."""
        ...

    @property
    def seconds_per_visual_token(self) -> float:
        """Duration of a visual token of the last images in seconds; 0 while it is not known."""
        ...

    def answer(
        self,
        turns: Sequence[Turn],
        image_texts: Sequence[str],
        options: GenerationOptions,
        callbacks: GenerationCallbacks,
        schema: str = "",
    ) -> tuple[FinishReason, AnswerStats]:
        """Continue `turns` with an answer, or with the rest of one if the last turn is its beginning.

        It is to be JSON that matches `schema`, a JSON schema, if that is not empty.
        """
        ...

    def prefill(
        self, turns: Sequence[Turn], options: GenerationOptions, stage: StageCallback, check: CancelCheck
    ) -> None:
        """Process `turns` but for the last one's text, so that an answer to them starts sooner."""
        ...
