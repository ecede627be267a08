"""The vision model's engine: which model is open, what it is doing, asking it, and having it read ahead."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.chat import Turn
from app.domain.engine_status import EngineState, EngineStatus
from app.domain.errors import Problem
from app.domain.generation import GenerationOptions, LoadOptions
from app.domain.remote_servers import RemoteModel, is_this_machine
from app.engine.process.messages import (
    Ask,
    Done,
    Event,
    Failed,
    Loading,
    OpenModel,
    OpenServer,
    Pace,
    Prepare,
    Ready,
    Request,
)
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


@dataclass(frozen=True, slots=True)
class _Connection:
    model: RemoteModel
    key: str = field(repr=False)
    offline: bool


_Target = str | _Connection
"""What is opened again after a death: a folder, empty for none, or a server's model."""


class ModelEngine(QObject):
    """Opens one model at a time. `status_changed` carries an EngineStatus.

    `opened` carries the folder that was opened, `connected` the RemoteModel that answers from now on.

    `pace_changed` carries the seconds that a visual token takes, 0 while they are not known. `answering_began` is
    emitted before the first of several answers is asked for, `answering_ended` when the last of them has ended.
    """

    status_changed = Signal(object)
    pace_changed = Signal(float)
    opened = Signal(str)
    connected = Signal(object)
    answering_began = Signal()
    answering_ended = Signal()

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
        self._opened: _Target = ""
        self._opening: int | None = None
        self._preparing: _Preparing | None = None
        self._asked: set[int] = set()
        self._rest_timer = QTimer(self)
        self._rest_timer.setSingleShot(True)
        self._rest_timer.timeout.connect(self._on_rest_due)

    @property
    def is_answering(self) -> bool:
        """Whether an answer has been asked for and has not ended."""
        return bool(self._asked)

    @property
    def status(self) -> EngineStatus:
        """The state at this moment."""
        return self._status

    @property
    def title(self) -> str:
        """The model that is open, by its folder or by what a server calls it; empty where there is none."""
        if not self._status.info:
            return ""
        return self.server.title if self.server else self._status.info.folder

    @property
    def server(self) -> RemoteModel | None:
        """The server's model that was chosen to answer; None where a folder was."""
        return self._opened.model if isinstance(self._opened, _Connection) else None

    @property
    def engine(self) -> Engine:
        """Where the events of answers come from."""
        return self._engine

    def open(self, folder: str) -> None:
        """Load the model in `folder`; the process of the one before ends first, so that its memory comes back."""
        options = self._options()
        self._open(folder, lambda request_id: OpenModel(request_id, folder, options))

    def open_server(self, model: RemoteModel, key: str, *, offline: bool) -> None:
        """Have a server answer; the process of the model before ends first. Offline only one on this machine may."""
        target = _Connection(model, key, offline)
        self._open(target, lambda request_id: OpenServer(request_id, model, key, offline))

    def set_offline(self, offline: bool) -> None:  # noqa: FBT001 - a switch
        """Heed the switch: a server elsewhere is let go of, or connected to again; what it was asked ends."""
        match self._opened:
            case _Connection(model=model) as connection if is_this_machine(model.address):
                self._opened = replace(connection, offline=offline)
            case _Connection(model=model, key=key, offline=before) if before is not offline:
                self.open_server(model, key, offline=offline)

    def server_request(self, request_id: int) -> Request:
        """What has another process ask the same server."""
        if not isinstance(self._opened, _Connection):
            raise LookupError("no server was chosen")  # noqa: TRY004 - nobody gave it
        return OpenServer(request_id, self._opened.model, self._opened.key, self._opened.offline)

    def set_keep_loaded(self, minutes: int) -> None:
        """Let the model rest after so many minutes in which nothing was asked of it; 0 keeps it loaded."""
        self._rest_timer.setInterval(minutes * 60_000)
        self._await_rest()

    @Slot()
    def rest(self) -> None:
        """End the process, which gives its memory back; the next question opens the model again."""
        if self._status.state is EngineState.READY:
            self._engine.close()
            self._set_status(EngineStatus(state=EngineState.RESTING, info=self._status.info))

    def restart(self) -> None:
        """Load the same model again in a fresh process."""
        match self._opened:
            case _Connection(model=model, key=key, offline=offline):
                self.open_server(model, key, offline=offline)
            case str() as folder if folder:
                self.open(folder)

    def unload(self) -> None:
        """End the process and forget the model."""
        self._engine.close()
        self._opened = ""
        self._opening = None
        self._set_status(EngineStatus())

    def ask(self, turns: tuple[Turn, ...], options: GenerationOptions) -> int:
        """Request an answer; after a death or a rest the model is opened first.

        What is being read ahead for it is read to the end, anything else gives way to it.
        """
        if self._status.state in {EngineState.DIED, EngineState.RESTING}:
            self.restart()
        helped = self._preparing is not None and self._preparing.helps(turns, options)
        if not helped:
            self.stop_preparing()
        texts = self._image_texts.known(_images(turns))
        if not self._asked:
            self.answering_began.emit()
        request_id = self._engine.request(lambda request_id: Ask(request_id, turns, options, texts))
        self._asked.add(request_id)
        if self._preparing and helped:
            self._preparing.waiting = request_id
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

    def _open(self, target: "_Target", request: Callable[[int], Request]) -> None:
        self._engine.close()
        if target != self._opened:
            self.pace_changed.emit(0.0)
        self._opened = target
        self._opening = self._engine.request(request)
        self._set_status(EngineStatus(state=EngineState.LOADING))

    def _set_status(self, status: EngineStatus) -> None:
        self._status = status
        self._await_rest()
        self.status_changed.emit(status)

    def _await_rest(self) -> None:
        """Begin to count the time without a question, where it counts."""
        if self._status.state is EngineState.READY and self._rest_timer.interval() > 0:
            self._rest_timer.start()
        else:
            self._rest_timer.stop()

    @Slot()
    def _on_rest_due(self) -> None:
        if self._engine.is_busy:
            self._await_rest()
        else:
            self.rest()

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        self._await_rest()
        if isinstance(event, Pace) and event.seconds_per_visual_token:
            self.pace_changed.emit(event.seconds_per_visual_token)
        is_over = isinstance(event, Done | Failed)
        if is_over and self._preparing and event.request_id == self._preparing.request_id:
            self._preparing = None  # If it failed, so will the answer, which says why.
        if is_over and event.request_id in self._asked:
            self._asked.discard(event.request_id)
            if not self._asked:
                self.answering_ended.emit()
        if event.request_id != self._opening:
            return
        match event:
            case Loading(stage=stage, progress=progress):
                self._set_status(EngineStatus(state=EngineState.LOADING, stage=stage, progress=progress))
            case Ready(info=info):
                self._set_status(EngineStatus(state=EngineState.READY, info=info))
                if isinstance(self._opened, _Connection):
                    self.connected.emit(self._opened.model)
                else:
                    self.opened.emit(str(Path(self._opened)))
            case Failed(problem=problem):
                self._set_status(EngineStatus(state=EngineState.FAILED, problem=problem))

    @Slot(object)
    def _on_died(self, problem: Problem) -> None:
        self._opening = None
        self._set_status(EngineStatus(state=EngineState.DIED, problem=problem))


def _images(turns: tuple[Turn, ...]) -> tuple[str, ...]:
    return tuple(image.path for turn in turns for image in turn.images)
