"""The vision model's engine: which model is open, what it is doing, asking it, and having it read ahead."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.chat import Turn
from app.domain.engine_status import EngineState, EngineStatus
from app.domain.errors import Problem
from app.domain.generation import GenerationOptions, LoadOptions
from app.engine.process.messages import Ask, Done, Event, Failed, Loading, OpenModel, Pace, Prepare, Ready
from app.services.engine import Engine
from app.services.image_texts import ImageTexts


@dataclass(slots=True)
class _Preparing:
    """What is being read ahead, and the answer that waits for it."""

    request_id: int
    turns: tuple[Turn, ...]
    options: GenerationOptions
    waiting: int | None = None

    def helps(self, turns: tuple[Turn, ...], options: GenerationOptions) -> bool:
        """Whether what is being read is the beginning of `turns`."""
        last = len(self.turns) - 1
        return (
            len(turns) > last
            and turns[:last] == self.turns[:last]
            and replace(turns[last], text="") == replace(self.turns[last], text="")
            and options.pixel_budget == self.options.pixel_budget
            and options.clip_frames == self.options.clip_frames
        )


class ModelEngine(QObject):
    """Opens one model at a time. `status_changed` carries an EngineStatus, `opened` the folder that was opened.

    `pace_changed` carries the seconds that a visual token takes, 0 while they are not known; `asked` comes with every
    question, so that what nobody waits for can give way.
    """

    status_changed = Signal(object)
    pace_changed = Signal(float)
    opened = Signal(str)
    asked = Signal()

    def __init__(
        self,
        engine: Engine,
        image_texts: ImageTexts,
        options: Callable[[], LoadOptions],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._options = options
        self._engine = engine
        self._image_texts = image_texts
        self._engine.event_received.connect(self._on_event_received)
        self._engine.died.connect(self._on_died)
        self._status = EngineStatus()
        self._folder = ""
        self._opening: int | None = None
        self._preparing: _Preparing | None = None

    @property
    def status(self) -> EngineStatus:
        """The state at this moment."""
        return self._status

    @property
    def engine(self) -> Engine:
        """Where the events of answers come from."""
        return self._engine

    def open(self, folder: str) -> None:
        """Load the model in `folder`; the process of the one before ends first, so that its memory comes back."""
        self._engine.close()
        if folder != self._folder:
            self.pace_changed.emit(0.0)
        self._folder = folder
        options = self._options()
        self._opening = self._engine.request(lambda request_id: OpenModel(request_id, folder, options))
        self._set_status(EngineStatus(state=EngineState.LOADING))

    def restart(self) -> None:
        """Load the same model again in a fresh process."""
        if self._folder:
            self.open(self._folder)

    def unload(self) -> None:
        """End the process and forget the model."""
        self._engine.close()
        self._folder = ""
        self._opening = None
        self._set_status(EngineStatus())

    def ask(self, turns: tuple[Turn, ...], options: GenerationOptions) -> int:
        """Request an answer; after a death the engine is restarted first.

        What is being read ahead for it is read to the end, anything else gives way to it.
        """
        if self._status.state is EngineState.DIED:
            self.restart()
        helped = self._preparing is not None and self._preparing.helps(turns, options)
        if not helped:
            self.stop_preparing()
        texts = self._image_texts.known(_images(turns))
        request_id = self._engine.request(lambda request_id: Ask(request_id, turns, options, texts))
        if self._preparing and helped:
            self._preparing.waiting = request_id
        self.asked.emit()
        return request_id

    def cancel(self, request_id: int) -> None:
        """Stop an answer, and what is being read ahead for it."""
        if self._preparing and self._preparing.waiting == request_id:
            self._engine.cancel(self._preparing.request_id)
        self._engine.cancel(request_id)

    def prepare(self, turns: tuple[Turn, ...], options: GenerationOptions) -> None:
        """Have `turns` read ahead, the last one's text still being written, in place of what is being read ahead."""
        if self._preparing and self._preparing.helps(turns, options):
            return
        self.stop_preparing()
        request_id = self._engine.request(lambda request_id: Prepare(request_id, turns, options))
        self._preparing = _Preparing(request_id, turns, options)
        self._image_texts.read(_images(turns[-1:]))

    def stop_preparing(self) -> None:
        """Stop reading ahead, unless an answer waits for it already."""
        self._image_texts.stop()
        if self._preparing and self._preparing.waiting is None:
            self._engine.cancel(self._preparing.request_id)
            self._preparing = None

    def answer_waiting_for(self, request_id: int) -> int | None:
        """The answer that waits for what this request reads ahead."""
        if self._preparing and self._preparing.request_id == request_id:
            return self._preparing.waiting
        return None

    def _set_status(self, status: EngineStatus) -> None:
        self._status = status
        self.status_changed.emit(status)

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        if isinstance(event, Pace) and event.seconds_per_visual_token:
            self.pace_changed.emit(event.seconds_per_visual_token)
        is_over = isinstance(event, Done | Failed)
        if is_over and self._preparing and event.request_id == self._preparing.request_id:
            self._preparing = None  # If it failed, so will the answer, which says why.
        if event.request_id != self._opening:
            return
        match event:
            case Loading(stage=stage, progress=progress):
                self._set_status(EngineStatus(state=EngineState.LOADING, stage=stage, progress=progress))
            case Ready(info=info):
                self._set_status(EngineStatus(state=EngineState.READY, info=info))
                self.opened.emit(str(Path(self._folder)))
            case Failed(problem=problem):
                self._set_status(EngineStatus(state=EngineState.FAILED, problem=problem))

    @Slot(object)
    def _on_died(self, problem: Problem) -> None:
        self._opening = None
        self._set_status(EngineStatus(state=EngineState.DIED, problem=problem))


def _images(turns: tuple[Turn, ...]) -> tuple[str, ...]:
    return tuple(image.path for turn in turns for image in turn.images)
