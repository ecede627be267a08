"""Low-priority requests of the application to the model, such as translating a page: the user's preempt them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Slot

from app.domain.chat.chat import Turn
from app.domain.error_texts import chat_texts, engine_texts
from app.domain.errors import Problem
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process.messages import AnswerDelta, Done, Event, Failed, ThoughtDelta
from app.services.engines.engine import EngineCall
from app.services.models.model_engine import ModelEngine


@dataclass(eq=False, slots=True)
class BackgroundQuestion:
    """A pending request: `on_answer` gets the whole text, or `on_failure` a Problem, unless it is cancelled.

    By then `is_cut_off` tells whether the answer reached its limit or repeated itself.
    """

    turns: tuple[Turn, ...]
    options: GenerationOptions
    on_answer: Callable[[str], None]
    on_failure: Callable[[Problem], None]
    schema: str
    text: str = ""
    has_thought: bool = False
    is_cut_off: bool = False


class BackgroundRequests(QObject):
    """Sends one request at a time, in order, while no answer of a chat is being written.

    A request that was preempted is restarted from its beginning.
    """

    def __init__(self, model: ModelEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._waiting: deque[BackgroundQuestion] = deque()
        self._running: tuple[EngineCall, BackgroundQuestion] | None = None
        model.answering_began.connect(self._on_answering_began)
        model.answering_ended.connect(self._start_next)

    def ask(
        self,
        turns: tuple[Turn, ...],
        options: GenerationOptions,
        on_answer: Callable[[str], None],
        on_failure: Callable[[Problem], None],
        schema: str = "",
    ) -> BackgroundQuestion:
        """Request an answer to `turns`, as JSON of the given schema if there is one.

        If no model is open, `on_failure` is called before this returns.
        """
        request = BackgroundQuestion(turns, options, on_answer, on_failure, schema)
        self._waiting.append(request)
        self._start_next()
        return request

    def cancel(self, request: BackgroundQuestion | None) -> None:
        """Cancel a request; neither of its callbacks is called afterwards."""
        if request and request in self._waiting:
            self._waiting.remove(request)
        elif self._running and self._running[1] is request:
            call, _ = self._running
            self._running = None
            call.abandon()
            self._start_next()

    @Slot()
    def _start_next(self) -> None:
        if self._running or self._model.is_answering or not self._waiting:
            return
        request = self._waiting.popleft()
        if self._model.status.state in {EngineState.NO_MODEL, EngineState.FAILED, EngineState.DIED}:
            self._end(request, chat_texts.NO_MODEL.problem())
            return
        if self._model.status.state is EngineState.UNLOADED:
            self._model.restart()
        request.text, request.has_thought = "", False
        on_event = partial(self._on_event, request)
        call = self._model.ask_in_background(request.turns, request.options, on_event, request.schema)
        self._running = call, request

    def _end(self, request: BackgroundQuestion, problem: Problem | None = None) -> None:
        if problem:
            request.on_failure(problem)
        else:
            request.on_answer(request.text)
        self._start_next()

    def _on_event(self, request: BackgroundQuestion, event: Event) -> None:
        match event:
            case AnswerDelta(text=text):
                request.text += text
            case ThoughtDelta(text=text):
                request.has_thought = bool(text)
            case Done(reason=FinishReason.STOPPED):  # It was preempted, or the model was closed.
                self._running = None
                self._waiting.appendleft(request)
                QTimer.singleShot(
                    0, self, self._start_next
                )  # By then it is known whether another model is being opened.
            case Done(reason=reason):
                self._running = None
                request.is_cut_off = reason.is_cut_off
                is_answered = bool(request.text) or not request.has_thought
                self._end(request, None if is_answered else engine_texts.ONLY_THOUGHT.problem())
            case Failed(problem=problem):
                self._running = None
                self._end(request, problem)

    @Slot()
    def _on_answering_began(self) -> None:
        if self._running:
            self._running[0].cancel()
