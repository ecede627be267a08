"""Runs a model in this process, without a window."""

from collections.abc import Callable, Sequence
from pathlib import Path

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.ports import NEVER_CANCELLED
from app.domain.settings.generation_options import GenerationOptions
from app.engine.backends.model_backend import ModelBackend
from app.engine.process.messages import AnswerDelta, Ask, Event, Ready, Request, Stats


class ModelAnswers:
    """A model that the first question opens with the request from `opening`. Raises UserError if that fails."""

    def __init__(self, opening: Callable[[], Request]) -> None:
        self._opening = opening
        self._backend: ModelBackend | None = None
        self.name = ""
        self.reason = FinishReason.COMPLETE
        """Finish reason of the last answer."""

    def ask(
        self, question: str, images: Sequence[Path], options: GenerationOptions, print_content: Callable[[str], None]
    ) -> AnswerStats:
        """Answer `question`; `print_content` is called with each delta of the answer."""
        backend = self._opened()
        found: list[AnswerStats] = []

        def emit(event: Event) -> None:
            if isinstance(event, AnswerDelta):
                print_content(event.text)
            elif isinstance(event, Stats):
                found.append(event.stats)

        turn = Turn(Role.USER, question, tuple(SeenImage(str(image)) for image in images))
        self.reason = backend.handle(Ask((turn,), options), emit, NEVER_CANCELLED)
        return found[0]

    def _opened(self) -> ModelBackend:
        if self._backend is None:
            backend = ModelBackend()
            backend.handle(self._opening(), self._on_opening, NEVER_CANCELLED)
            self._backend = backend
        return self._backend

    def _on_opening(self, event: Event) -> None:
        if isinstance(event, Ready):
            self.name = event.info.name
