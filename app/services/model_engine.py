"""The vision model's engine: which model is open, what it is doing, and asking it."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.chat import Turn
from app.domain.engine_status import EngineState, EngineStatus
from app.domain.errors import Problem
from app.domain.generation import GenerationOptions
from app.engine.process.messages import Ask, Event, Failed, Loading, OpenModel, Ready
from app.services.engine import Engine


class ModelEngine(QObject):
    """Opens one model at a time. `status_changed` carries an EngineStatus, `opened` the folder that was opened."""

    status_changed = Signal(object)
    opened = Signal(str)

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._engine.event_received.connect(self._on_event_received)
        self._engine.died.connect(self._on_died)
        self._status = EngineStatus()
        self._folder = ""
        self._opening: int | None = None

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
        self._folder = folder
        self._opening = self._engine.request(lambda request_id: OpenModel(request_id, folder))
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
        """Request an answer; after a death the engine is restarted first."""
        if self._status.state is EngineState.DIED:
            self.restart()
        return self._engine.request(lambda request_id: Ask(request_id, turns, options))

    def _set_status(self, status: EngineStatus) -> None:
        self._status = status
        self.status_changed.emit(status)

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
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
