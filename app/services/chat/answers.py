"""Unfinished answers: each follows its request's events until the end, whichever chat is shown.

A streamed answer is shown at most twenty times a second and saved once a second, and always at its end.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.chat.chat import Author, Message, MessageState, Turn
from app.domain.error_texts import chat_texts
from app.domain.ids import ConversationId, MessageId
from app.domain.images.codes import with_codes
from app.domain.models.answer_stats import FinishReason
from app.domain.models.engine_status import EngineState, Stage
from app.domain.ports import ConversationStore
from app.domain.settings.generation_options import GenerationOptions
from app.domain.text.confidence import HIGH_CONFIDENCE, LowConfidenceSpan
from app.domain.text.repetition import without_repeated_tail
from app.domain.text.thoughts import Thought
from app.engine.process.messages import (
    AnswerDelta,
    Done,
    Event,
    Failed,
    StageProgress,
    Stats,
    TextRead,
    ThoughtDelta,
)
from app.services.engines.reader_engine import ReaderEngine
from app.services.engines.store_thread import StoreAccess
from app.services.models.model_engine import ModelEngine

PAINT_MILLISECONDS = 50
SAVE_MILLISECONDS = 1000
MAX_ANSWER_CHARACTERS = 1_000_000
"""Length at which an answer is cut off: a server might never end it, or ignore a limit of tokens."""

_STATES = {
    FinishReason.COMPLETE: MessageState.COMPLETE,
    FinishReason.LENGTH: MessageState.CUT_OFF,
    FinishReason.STOPPED: MessageState.STOPPED,
    FinishReason.REPEATING: MessageState.REPEATING,
}


@dataclass(slots=True)
class RunningAnswer:
    """An unfinished answer; `stop` requests its end. Deltas are joined to its text on demand, not one by one."""

    answer: Message
    stop: Callable[[], None]
    unpainted: bool = False
    unsaved: bool = False
    _length: int = 0
    _text_length: int = 0
    _texts: list[str] = field(default_factory=list)
    _low_confidence: list[LowConfidenceSpan] = field(default_factory=list)
    _thoughts: list[str] = field(default_factory=list)
    _thought_seconds: float = 0.0
    _earlier_seconds: float = 0.0

    def __post_init__(self) -> None:
        thought = self.answer.thought or Thought("")
        self._length = len(self.answer.text) + len(thought.text)
        self._earlier_seconds = thought.seconds
        self._text_length = len(self.answer.text)

    def add(self, token: AnswerDelta) -> bool:
        """Add a delta; return whether all of it fitted within the maximum length."""
        text = self._fitting(token.text)
        if token.probability < HIGH_CONFIDENCE and text:
            end = self._text_length + len(text)
            span = LowConfidenceSpan(self._text_length, end, token.probability, token.alternatives)
            self._low_confidence.append(span)
        self._texts.append(text)
        self._text_length += len(text)
        return len(text) == len(token.text)

    def add_thought(self, delta: ThoughtDelta) -> bool:
        """Add a delta of the reasoning; return whether all of it fitted within the maximum length."""
        if not delta.text:
            self.answer = replace(self.answer, thought=None)
            self._thoughts.clear()
            self._length, self._earlier_seconds = self._text_length, 0.0
        text = self._fitting(delta.text)
        self._thoughts.append(text)
        self._thought_seconds = delta.seconds
        return len(text) == len(delta.text)

    def _fitting(self, text: str) -> str:
        """Return as much of `text` as fits within the maximum length of answer and reasoning, and count it."""
        text = text[: MAX_ANSWER_CHARACTERS - self._length]
        self._length += len(text)
        self.unpainted = self.unsaved = True
        return text

    def snapshot(self) -> Message:
        """Return the message with all the text so far."""
        if self._thoughts:
            before = self.answer.thought.text if self.answer.thought else ""
            thought = "".join((before, *self._thoughts)).lstrip("\n")
            seconds = self._earlier_seconds + self._thought_seconds
            self.answer = replace(self.answer, thought=Thought(thought, seconds) if thought.strip() else None)
            self._thoughts.clear()
        if self._texts:
            text = "".join((self.answer.text, *self._texts))
            self.answer = replace(self.answer, text=text, doubts=(*self.answer.doubts, *self._low_confidence))
            self._texts.clear()
            self._low_confidence.clear()
        return self.answer


class Answers(QObject):
    """Runs answers. `answer_changed` carries the current Message, `activity_changed` the activity of its engine."""

    answer_changed = Signal(Message)
    activity_changed = Signal(str, Stage, float)

    def __init__(
        self,
        model: ModelEngine,
        reader: ReaderEngine,
        chats: StoreAccess[ConversationStore],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._reader = reader
        self._chats = chats
        self.permit_disk_cache: Callable[[ConversationId], str] = lambda _: ""
        """Returns the id for which an answer of a chat may be kept on disk, or nothing if it must not be."""
        self._running: dict[str, RunningAnswer] = {}
        """Unfinished answers, by id."""
        self._paint_timer = self._timer(PAINT_MILLISECONDS, self._on_paint_due)
        self._save_timer = self._timer(SAVE_MILLISECONDS, self._on_save_due)

    def ask(self, answer: Message, turns: tuple[Turn, ...], options: GenerationOptions) -> None:
        """Have the model write `answer`, a STREAMING message that is already on disk."""
        status = self._model.status
        if status.state in {EngineState.NO_MODEL, EngineState.FAILED}:
            # A model or server that could not be opened has its own reason and remedy.
            problem = status.problem or chat_texts.NO_MODEL_TO_ANSWER.problem()
            self._end(replace(answer, state=MessageState.FAILED, problem=problem))
            return
        chat = self.permit_disk_cache(answer.conversation_id)
        call = self._model.ask(turns, options, partial(self._on_event, answer.id), chat)
        self._follow(RunningAnswer(answer, partial(self._model.stop, call)))

    def read(self, answer: Message, image: Path) -> None:
        """Have the built-in OCR write `answer`, a STREAMING message that is already on disk."""
        self._model.stop_prefill()  # The OCR gets the whole CPU.
        self._model.image_texts.preempt()
        call = self._reader.read(image, partial(self._on_read, answer.id, str(image)))
        self._follow(RunningAnswer(answer, call.stop))

    def read_all(self, answers: Sequence[Message], images: Sequence[Path]) -> None:
        """Have the built-in OCR write each answer about its image, in this order."""
        for answer, image in zip(answers, images, strict=True):
            self.read(answer, image)

    def current(self, conversation_id: ConversationId) -> list[Message]:
        """Return the unfinished answers of a conversation, with their text so far."""
        running = self._running.values()
        return [item.snapshot() for item in running if item.answer.conversation_id == conversation_id]

    def stop(self, conversation_id: ConversationId) -> None:
        """Request the end of every unfinished answer of a conversation."""
        for running in list(self._running.values()):
            if running.answer.conversation_id == conversation_id:
                running.stop()

    def abandon(self) -> None:
        """Cancel every unfinished answer, and save nothing more of them: their chats are being replaced."""
        for answer_id, running in list(self._running.items()):
            running.stop()
            self._remove(MessageId(answer_id))

    def is_refusal(self, answer: Message) -> bool:
        """Return whether the open model has ended an answer by saying that it cannot answer."""
        info = self._model.status.info
        refusal = info.policy.fallback if info and answer.author is Author.MODEL else ""
        return bool(refusal) and answer.text.endswith(refusal)

    def texts(self, files: Iterable[Path]) -> tuple[str, ...]:
        """Return what the built-in OCR has read on images while a question about them was being written."""
        return self._model.image_texts.known(map(str, files))

    def _follow(self, running: RunningAnswer) -> None:
        self._running[running.answer.id] = running
        self._paint_timer.start()
        self._save_timer.start()

    def _end(self, answer: Message) -> None:
        self.answer_changed.emit(answer)
        self._save(answer)

    def _save(self, answer: Message) -> None:
        self._chats.save(("message", answer.id), lambda chats: chats.save_message(answer))

    def _timer(self, milliseconds: int, due: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(milliseconds)
        timer.timeout.connect(due)
        return timer

    def _on_read(self, answer_id: MessageId, path: str, event: Event) -> None:
        if isinstance(event, TextRead):
            self._model.image_texts.take(path, event.page)
        self._on_event(answer_id, event)

    def _on_event(self, answer_id: MessageId, event: Event) -> None:
        running = self._running.get(answer_id)
        if running is None:  # Abandoned, or cut off.
            return
        match event:
            case StageProgress(stage=stage, progress=progress):
                self.activity_changed.emit(answer_id, stage, progress)
            case AnswerDelta() | ThoughtDelta():
                has_fitted = running.add(event) if isinstance(event, AnswerDelta) else running.add_thought(event)
                if not has_fitted:
                    running.stop()
                    self._finish(replace(running.snapshot(), state=MessageState.CUT_OFF))
            case Stats(stats=stats):
                info = self._model.status.info
                running.answer = replace(running.snapshot(), stats=stats, model_name=info.name if info else "")
            case TextRead(page=page):
                running.answer = replace(running.answer, text=with_codes(page.text, page.codes), page=page)
            case Done(reason=reason):
                answer = running.snapshot()
                text = without_repeated_tail(answer.text) if reason is FinishReason.REPEATING else answer.text
                doubts = tuple(span for span in answer.doubts if span.end <= len(text))
                ended = replace(answer, text=text, doubts=doubts, state=_STATES[reason])
                self._finish(ended)
            case Failed(problem=problem):
                failed = replace(running.snapshot(), state=MessageState.FAILED, problem=problem)
                self._finish(failed)

    def _finish(self, answer: Message) -> None:
        self._remove(answer.id)
        self._end(answer)

    def _remove(self, answer_id: MessageId) -> None:
        del self._running[answer_id]
        if not self._running:
            self._paint_timer.stop()
            self._save_timer.stop()

    @Slot()
    def _on_paint_due(self) -> None:
        for answer_id, running in list(self._running.items()):  # A handler may end one, or begin another.
            if running.unpainted and answer_id in self._running:
                running.unpainted = False
                self.answer_changed.emit(running.snapshot())

    @Slot()
    def _on_save_due(self) -> None:
        for running in list(self._running.values()):
            if running.unsaved:
                running.unsaved = False
                self._save(running.snapshot())
