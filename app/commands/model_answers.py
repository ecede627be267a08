"""Answers of a model in this process, without a window."""

from collections.abc import Callable, Sequence
from pathlib import Path

from app.commands.terminal import go_on
from app.domain.chat import Role, SeenImage, Turn
from app.domain.generation import AnswerStats, GenerationOptions
from app.engine.generation.backend import ModelBackend
from app.engine.process.messages import Ask, Event, Ready, Request, Stats, Token


class ModelAnswers:
    """Opens a model by the request that `opening` makes, when it is first asked. Raises UserError where it cannot."""

    def __init__(self, opening: Callable[[int], Request]) -> None:
        self._opening = opening
        self._backend: ModelBackend | None = None
        self.name = ""

    def ask(
        self, question: str, images: Sequence[Path], options: GenerationOptions, say: Callable[[str], None]
    ) -> AnswerStats:
        """Have `question` answered; `say` hears the answer piece by piece."""
        backend = self._opened()
        found: list[AnswerStats] = []

        def emit(event: Event) -> None:
            if isinstance(event, Token):
                say(event.text)
            elif isinstance(event, Stats):
                found.append(event.stats)

        turn = Turn(Role.USER, question, tuple(SeenImage(str(image)) for image in images))
        backend.handle(Ask(2, (turn,), options), emit, go_on)
        return found[0]

    def _opened(self) -> ModelBackend:
        if self._backend is None:
            backend = ModelBackend()
            backend.handle(self._opening(1), self._on_opening, go_on)
            self._backend = backend
        return self._backend

    def _on_opening(self, event: Event) -> None:
        if isinstance(event, Ready):
            self.name = event.info.name
