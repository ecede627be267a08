"""Questions of the application's own to the model, such as a page to translate: they give way to the user's."""

import itertools
from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.chat import Turn
from app.domain.engine_status import EngineState
from app.domain.errors import ModelMissing, Problem
from app.domain.generation import FinishReason, GenerationOptions
from app.engine.process.messages import Ask, Done, Event, Failed, Token
from app.services.model_engine import ModelEngine


@dataclass(slots=True)
class _Question:
    number: int
    turns: tuple[Turn, ...]
    options: GenerationOptions
    text: str = ""


class AsideQuestions(QObject):
    """Asks one question at a time, in order, while no answer of a chat is being written.

    `answered(int, str)` and `failed(int, Problem)` carry the question's number; each question ends with one of them
    unless it is cancelled. A question that had to give way is asked again from its beginning.
    """

    answered = Signal(int, str)
    failed = Signal(int, object)
    _numbers = itertools.count(1)

    def __init__(self, model: ModelEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._waiting: deque[_Question] = deque()
        self._running: tuple[int, _Question] | None = None
        model.engine.event_received.connect(self._on_event_received)
        model.answering_began.connect(self._on_answering_began)
        model.answering_ended.connect(self._go_on)

    def ask(self, turns: tuple[Turn, ...], options: GenerationOptions) -> int:
        """Have `turns` answered, and return the question's number."""
        question = _Question(next(self._numbers), turns, options)
        self._waiting.append(question)
        self._go_on()
        return question.number

    def cancel(self, number: int) -> None:
        """Forget a question; nothing more is heard of it."""
        self._waiting = deque(question for question in self._waiting if question.number != number)
        if self._running and self._running[1].number == number:
            request_id, _ = self._running
            self._running = None
            self._model.engine.cancel(request_id)
            self._go_on()

    @Slot()
    def _go_on(self) -> None:
        if self._running or self._model.is_answering or not self._waiting:
            return
        question = self._waiting.popleft()
        if self._model.status.state in {EngineState.NO_MODEL, EngineState.FAILED, EngineState.DIED}:
            self._end(question, _NO_MODEL)
            return
        if self._model.status.state is EngineState.RESTING:
            self._model.restart()
        question.text = ""
        request_id = self._model.engine.request(lambda number: Ask(number, question.turns, question.options))
        self._running = (request_id, question)

    def _end(self, question: _Question, problem: Problem | None = None) -> None:
        if problem:
            self.failed.emit(question.number, problem)
        else:
            self.answered.emit(question.number, question.text)
        self._go_on()

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        if self._running is None or event.request_id != self._running[0]:
            return
        _, question = self._running
        match event:
            case Token(text=text):
                question.text += text
            case Done(reason=FinishReason.STOPPED):  # It gave way, or the model was closed under it.
                self._running = None
                self._waiting.appendleft(question)
                QTimer.singleShot(0, self, self._go_on)  # Then it is known whether another model is being opened.
            case Done():
                self._running = None
                self._end(question)
            case Failed(problem=problem):
                self._running = None
                self._end(question, problem)

    @Slot()
    def _on_answering_began(self) -> None:
        if self._running:
            self._model.engine.cancel(self._running[0])


_NO_MODEL = ModelMissing(
    "No model is open, so nobody could answer.",
    todo="Choose a model folder, and try again.",
).problem
