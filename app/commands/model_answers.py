"""Asks a model in this process, or a server from it, without a window."""

from collections.abc import Callable, Sequence
from pathlib import Path

from app.domain.chat.chat import Role, SeenImage, Turn
from app.domain.error_texts import engine_texts
from app.domain.errors import EngineError
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.ports import NEVER_CANCELLED
from app.domain.settings.generation_options import GenerationOptions
from app.engine.backends.answering_backend import AnsweringBackend
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Event,
    OpenModel,
    OpenServer,
    Ready,
    Request,
    Stats,
    ThoughtDelta,
)


class ModelAnswers:
    """A model or a server's, which the first question opens by the request that `opening` returns. Raises UserError."""

    def __init__(self, opening: Callable[[], Request]) -> None:
        self._opening = opening
        self._backend: AnsweringBackend[OpenModel] | AnsweringBackend[OpenServer] | None = None
        self.name = ""
        self.reason = FinishReason.COMPLETE
        """Finish reason of the last answer."""

    def ask(
        self, question: str, images: Sequence[Path], options: GenerationOptions, print_content: Callable[[str], None]
    ) -> AnswerStats:
        """Answer `question`; `print_content` is called with each delta of the answer, not with its reasoning.

        Raises UserError, also if there is nothing but reasoning.
        """
        backend = self._opened()
        found: list[AnswerStats] = []
        has_text = has_thought = False

        def emit(event: Event) -> None:
            nonlocal has_text, has_thought
            if isinstance(event, AnswerDelta):
                has_text = True
                print_content(event.text)
            elif isinstance(event, ThoughtDelta):
                has_thought = bool(event.text)
            elif isinstance(event, Stats):
                found.append(event.stats)

        turn = Turn(Role.USER, question, tuple(SeenImage(str(image)) for image in images))
        self.reason = backend.handle(Ask((turn,), options), emit, NEVER_CANCELLED)
        if has_thought and not has_text:
            raise EngineError(engine_texts.ONLY_THOUGHT)
        return found[0]

    def _opened(self) -> AnsweringBackend[OpenModel] | AnsweringBackend[OpenServer]:
        if self._backend is None:
            request = self._opening()
            backend = _backend_for(request)
            backend.handle(request, self._on_opening, NEVER_CANCELLED)
            self._backend = backend
        return self._backend

    def _on_opening(self, event: Event) -> None:
        if isinstance(event, Ready):
            self.name = event.info.name


def _backend_for(request: Request) -> AnsweringBackend[OpenModel] | AnsweringBackend[OpenServer]:
    if isinstance(request, OpenServer):
        from app.engine.backends.server_backend import ServerBackend  # noqa: PLC0415 - loads TLS

        return ServerBackend()
    from app.engine.backends.model_backend import ModelBackend  # noqa: PLC0415 - loads OpenVINO, which starts threads

    return ModelBackend()
