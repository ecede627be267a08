"""Answers in the making: each follows its request's events until the end, in whatever chat the user looks at.

A streamed answer is shown at most twenty times a second and saved once a second, and always at its end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.chat import Message, MessageState, Turn
from app.domain.codes import with_codes
from app.domain.doubt import SURE, Doubt
from app.domain.engine_status import EngineState
from app.domain.errors import ModelMissing
from app.domain.generation import FinishReason, GenerationOptions
from app.domain.repetition import without_circle
from app.engine.process.messages import Done, Event, Failed, Loading, ReadText, Stats, TextRead, Token
from app.services.engine import Engine
from app.services.model_engine import ModelEngine
from app.services.store_thread import StoreThread

PAINT_MILLISECONDS = 50
SAVE_MILLISECONDS = 1000

_STATES = {
    FinishReason.COMPLETE: MessageState.COMPLETE,
    FinishReason.LENGTH: MessageState.CUT_OFF,
    FinishReason.STOPPED: MessageState.STOPPED,
    FinishReason.REPEATING: MessageState.REPEATING,
}


@dataclass(slots=True)
class _Running:
    answer: Message
    cancel: Callable[[int], None]
    unpainted: bool = False
    unsaved: bool = False


class Answers(QObject):
    """Runs answers. `answer_changed` carries the Message as it stands, `activity_changed` what its engine does."""

    answer_changed = Signal(object)
    activity_changed = Signal(str, object, float)

    def __init__(self, model: ModelEngine, reader: Engine, store: StoreThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._reader = reader
        self._store = store
        self._running: dict[int, _Running] = {}
        self._paint_timer = self._timer(PAINT_MILLISECONDS, self._on_paint_due)
        self._save_timer = self._timer(SAVE_MILLISECONDS, self._on_save_due)
        model.engine.event_received.connect(self._on_event_received)
        reader.event_received.connect(self._on_event_received)

    def ask(self, answer: Message, turns: tuple[Turn, ...], options: GenerationOptions) -> None:
        """Have the model write `answer`, a STREAMING message that is already on disk."""
        status = self._model.status
        if status.state in {EngineState.NO_MODEL, EngineState.FAILED}:
            self._end(replace(answer, state=MessageState.FAILED, problem=_NO_MODEL.problem))
            return
        self._follow(self._model.ask(turns, options), _Running(answer, self._model.cancel))

    def read(self, answer: Message, image: Path) -> None:
        """Have the built-in reader write `answer`, a STREAMING message that is already on disk."""
        self._model.stop_preparing()  # The reader gets the whole processor.
        request_id = self._reader.request(lambda request_id: ReadText(request_id, str(image)))
        self._follow(request_id, _Running(answer, self._reader.cancel))

    def current(self, conversation_id: str) -> list[Message]:
        """The unfinished answers of a conversation, as they stand."""
        return [item.answer for item in self._running.values() if item.answer.conversation_id == conversation_id]

    def stop(self, conversation_id: str) -> None:
        """Ask for every unfinished answer of a conversation to end."""
        for request_id, running in list(self._running.items()):
            if running.answer.conversation_id == conversation_id:
                running.cancel(request_id)

    def _follow(self, request_id: int, running: _Running) -> None:
        self._running[request_id] = running
        self._paint_timer.start()
        self._save_timer.start()

    def _end(self, answer: Message) -> None:
        self.answer_changed.emit(answer)
        self._save(answer)

    def _save(self, answer: Message) -> None:
        self._store.run(lambda store: store.save_message(answer))

    def _timer(self, milliseconds: int, due: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(milliseconds)
        timer.timeout.connect(due)
        return timer

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        request_id = event.request_id
        if isinstance(event, Loading):  # Of reading ahead, while the answer waits for it.
            request_id = self._model.answer_waiting_for(request_id) or request_id
        running = self._running.get(request_id)
        if running is None:
            return
        match event:
            case Loading(stage=stage, progress=progress):
                self.activity_changed.emit(running.answer.id, stage, progress)
            case Token():
                running.answer = _with_piece(running.answer, event)
                running.unpainted = running.unsaved = True
            case Stats(stats=stats):
                info = self._model.status.info
                running.answer = replace(running.answer, stats=stats, model_name=info.name if info else "")
            case TextRead(page=page):
                running.answer = replace(running.answer, text=with_codes(page.text, page.codes), page=page)
            case Done(reason=reason):
                text = running.answer.text
                text = without_circle(text) if reason is FinishReason.REPEATING else text
                doubts = tuple(doubt for doubt in running.answer.doubts if doubt.end <= len(text))
                ended = replace(running.answer, text=text, doubts=doubts, state=_STATES[reason])
                self._finish(event.request_id, ended)
            case Failed(problem=problem):
                failed = replace(running.answer, state=MessageState.FAILED, problem=problem)
                self._finish(event.request_id, failed)

    def _finish(self, request_id: int, answer: Message) -> None:
        self._forget(request_id)
        self._end(answer)

    def _forget(self, request_id: int) -> None:
        del self._running[request_id]
        if not self._running:
            self._paint_timer.stop()
            self._save_timer.stop()

    @Slot()
    def _on_paint_due(self) -> None:
        for running in self._running.values():
            if running.unpainted:
                running.unpainted = False
                self.answer_changed.emit(running.answer)

    @Slot()
    def _on_save_due(self) -> None:
        for running in self._running.values():
            if running.unsaved:
                running.unsaved = False
                self._save(running.answer)


def _with_piece(answer: Message, piece: Token) -> Message:
    start = len(answer.text)
    doubts = answer.doubts
    if piece.probability < SURE:
        doubts = (*doubts, Doubt(start, start + len(piece.text), piece.probability, piece.alternatives))
    return replace(answer, text=answer.text + piece.text, doubts=doubts)


_NO_MODEL = ModelMissing(
    "No model is open, so nobody could answer.",
    kept="Your question is kept.",
    todo="Choose a model folder, then press Regenerate; Read text works without one.",
)
