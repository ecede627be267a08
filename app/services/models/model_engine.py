"""The vision model's engine: opens models, and requests answers and prefill."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.chat.chat import Role, Turn
from app.domain.chat.presets import asks_for_boxes
from app.domain.errors import Problem
from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.models.remote_servers import RemoteModel, is_this_machine
from app.domain.ports import IGNORE
from app.domain.settings.generation_options import GenerationOptions
from app.domain.settings.load_options import LoadOptions
from app.domain.text.place_answers import BOXES_SCHEMA
from app.engine.process.messages import (
    Ask,
    Done,
    Event,
    Failed,
    FindServers,
    ListModels,
    OpenModel,
    OpenServer,
    Prefill,
    Ready,
    Request,
    StageProgress,
    UseDiskCache,
    VisualTokenSeconds,
)
from app.services.engines.engine import Engine, EngineCall, OnEvent
from app.services.models.image_texts import ImageTexts


@dataclass(slots=True)
class _Prefill:
    """The prompt that is being prefilled, and the answer that waits for it."""

    turns: tuple[Turn, ...]
    options: GenerationOptions
    call: EngineCall | None = None
    waiting: EngineCall | None = None
    on_loading: OnEvent | None = None
    """The handler of the waiting answer."""

    def is_prefix_of(self, turns: tuple[Turn, ...], options: GenerationOptions) -> bool:
        """Return whether the prompt that is being prefilled is a prefix of `turns`."""
        last = len(self.turns) - 1
        return (
            len(turns) > last
            and turns[:last] == self.turns[:last]
            and replace(turns[last], text="") == replace(self.turns[last], text="")
            and options.pixel_budget == self.options.pixel_budget
            and options.clip_frames == self.options.clip_frames
        )


_Target = str | OpenServer
"""The target that `restart` reopens after a crash: a model folder, empty for none, or a server's model."""
MINUTE_MILLISECONDS = 60_000


class ModelEngine(QObject):
    """Opens one model at a time, in the process of `local` or of `remote`. `status_changed` carries an EngineStatus.

    `opened` carries the folder that was opened, `connected` the RemoteModel that answers from now on.

    `visual_token_seconds_changed` carries the seconds per visual token, 0 while they are not known. `answering_began`
    is emitted before the first of several answers is requested, `answering_ended` when the last of them has ended.
    """

    status_changed = Signal(EngineStatus)
    visual_token_seconds_changed = Signal(float)
    opened = Signal(str)
    connected = Signal(RemoteModel)
    answering_began = Signal()
    answering_ended = Signal()

    def __init__(
        self,
        local: Engine,
        remote: Engine,
        image_texts: ImageTexts,
        options: Callable[[], LoadOptions],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._options = options
        self._local = local
        self._remote = remote
        self.image_texts = image_texts
        for engine in (local, remote):
            engine.became_idle.connect(partial(self._on_became_idle, engine))
            engine.died.connect(partial(self._on_died, engine))
            engine.silence_changed.connect(partial(self._on_silence_changed, engine))
        self._status = EngineStatus()
        self._opened: _Target = ""
        self._disk_cache: UseDiskCache | None = None
        self._prefill: _Prefill | None = None
        self._asked: set[EngineCall] = set()
        self._idle_timer = QTimer(self)
        self._idle_timer.setSingleShot(True)
        self._idle_timer.timeout.connect(self._on_idle)

    @property
    def _engine(self) -> Engine:
        """The engine of the chosen model."""
        return self._remote if isinstance(self._opened, OpenServer) else self._local

    @property
    def is_answering(self) -> bool:
        """True if an answer has been requested and has not ended."""
        return bool(self._asked)

    @property
    def status(self) -> EngineStatus:
        """The current status."""
        return self._status

    @property
    def title(self) -> str:
        """The open model: its folder, or the title of a server's model; empty if there is none."""
        if not self._status.info:
            return ""
        return self.server.title if self.server else self._status.info.folder

    @property
    def server(self) -> RemoteModel | None:
        """The chosen model of a server; None if a local model was chosen."""
        return self._opened.model if isinstance(self._opened, OpenServer) else None

    @Slot(str)
    def open(self, folder: str) -> None:
        """Load the model in `folder`; the previous model's process is ended first, to free its memory."""
        self._open(folder, OpenModel(folder, self._options()))

    def open_server(self, model: RemoteModel, key: str, *, offline: bool) -> None:
        """Connect to a server; the previous process is ended first. If offline, only a server on this machine may."""
        target = OpenServer(model, key, offline)
        self._open(target, target)

    def use_disk_cache(self, settings: UseDiskCache) -> None:
        """Have the models of this machine keep what they compute for chats as `settings` say, from now on."""
        self._disk_cache = settings
        if self._status.state in {EngineState.LOADING, EngineState.READY} and not self.server:
            self.call(settings, IGNORE)

    def set_offline(self, offline: bool) -> None:  # noqa: FBT001 - a switch
        """Apply the offline setting: disconnect from, or reconnect to, a remote server. Open requests are cancelled."""
        match self._opened:
            case OpenServer(model=model, key=key) if is_this_machine(model.address):
                self._opened = OpenServer(model, key, offline)
            case OpenServer(model=model, key=key, offline=before) if before is not offline:
                self.open_server(model, key, offline=offline)

    def list_models(self, address: str, key: str, on_event: OnEvent, *, offline: bool) -> EngineCall:
        """Ask the server at `address` for its models. Emits ModelsListed."""
        return self._remote.call(ListModels(address, key, offline), on_event)

    def find_servers(self, on_event: OnEvent) -> EngineCall:
        """Find the servers of models on this machine. Emits ServersFound."""
        return self._remote.call(FindServers(), on_event)

    def server_request(self) -> Request:
        """Return the request by which another process connects to the same server."""
        if not isinstance(self._opened, OpenServer):
            raise LookupError("no server was chosen")  # noqa: TRY004 - not an argument's type
        return self._opened

    def set_idle_minutes(self, minutes: int) -> None:
        """Unload the model after `minutes` without a request; 0 keeps it loaded."""
        self._idle_timer.setInterval(minutes * MINUTE_MILLISECONDS)
        self._restart_idle_timer()

    @Slot()
    def unload_idle(self) -> None:
        """End the process to free its memory; the next question opens the model again."""
        if self._status.state is EngineState.READY:
            self._engine.close()
            self._set_status(EngineStatus(state=EngineState.UNLOADED, info=self._status.info))

    @Slot()
    def restart(self) -> None:
        """Reload the same model in a new process."""
        match self._opened:
            case OpenServer(model=model, key=key, offline=offline):
                self.open_server(model, key, offline=offline)
            case str() as folder if folder:
                self.open(folder)

    def unload(self) -> None:
        """End the process and close the model."""
        self._engine.close()
        self._opened = ""
        self._set_status(EngineStatus())

    def ask(self, turns: tuple[Turn, ...], options: GenerationOptions, on_event: OnEvent, chat: str = "") -> EngineCall:
        """Request an answer for the user. Emits StageProgress, AnswerDelta, Stats.

        What is computed may be kept on disk for the chat with the id `chat`; not at all if that is empty.

        After a crash or while unloaded, the model is opened first. A prefill of the same prompt is finished, and its
        StageProgress is passed to the answer; any other is preempted.
        """
        if self._status.state in {EngineState.DIED, EngineState.UNLOADED}:
            self.restart()
        is_prefilled = self._prefill is not None and self._prefill.is_prefix_of(turns, options)
        if not is_prefilled:
            self.image_texts.stop()
            self._cancel_prefill()
        texts = self.image_texts.known(_images(turns))
        if not self._asked:
            self.answering_began.emit()
        asked = Ask(turns, options, texts, self._schema(turns), chat)
        call = self.call(asked, lambda event: self._on_answer(call, turns, on_event, event))
        self._asked.add(call)
        if self._prefill and is_prefilled:
            self._prefill.waiting, self._prefill.on_loading = call, on_event
        return call

    def _schema(self, turns: tuple[Turn, ...]) -> str:
        """Return the JSON schema of the answer: that of boxes if a full model on this machine is asked for them.

        Servers' models may have another scale, and a begun answer another form.
        """
        info = self._status.info
        is_full = info is not None and not info.server and not info.policy.is_placeholder
        asked = [turn.text for turn in turns[-1:] if turn.role is Role.USER and turn.images]
        return BOXES_SCHEMA if is_full and any(map(asks_for_boxes, asked)) else ""

    def ask_in_background(
        self, turns: tuple[Turn, ...], options: GenerationOptions, on_event: OnEvent, schema: str
    ) -> EngineCall:
        """Request an answer for the application, which opens no model. Emits StageProgress, AnswerDelta, Stats.

        `schema` is the JSON schema of the answer, or empty.
        """
        return self.call(Ask(turns, options, schema=schema), on_event)

    def call(self, request: Request, on_event: OnEvent) -> EngineCall:
        """Send any request to the process, as a batch does, and update the seconds per visual token from it."""
        return self._engine.call(request, partial(self._on_event, on_event))

    def stop(self, answer: EngineCall) -> None:
        """Stop an answer and its prefill; a process that ignores that is ended."""
        if self._prefill and self._prefill.call and self._prefill.waiting is answer:
            self._prefill.call.stop()
        answer.stop()

    def prefill(self, turns: tuple[Turn, ...], options: GenerationOptions) -> None:
        """Prefill `turns`, without the last one's text, in place of the current prefill."""
        if self._prefill and self._prefill.is_prefix_of(turns, options):
            return
        self._cancel_prefill()
        self._prefill = prefill = _Prefill(turns, options)
        prefill.call = self.call(Prefill(turns, options), partial(self._on_prepared, prefill))
        self.image_texts.read(_images(turns[-1:]))

    def stop_prefill(self) -> None:
        """Cancel the prefill, unless an answer is waiting for it."""
        self.image_texts.read(())
        self._cancel_prefill()

    def _cancel_prefill(self) -> None:
        if self._prefill and self._prefill.call and self._prefill.waiting is None:
            self._prefill.call.cancel()
            self._prefill = None

    def _open(self, target: "_Target", request: Request) -> None:
        self._engine.close()
        if target != self._opened:
            self.visual_token_seconds_changed.emit(0.0)
        self._opened = target
        if self._disk_cache and not self.server:
            self.call(self._disk_cache, IGNORE)
        self.call(request, self._on_opening)
        self._set_status(EngineStatus(state=EngineState.LOADING))

    def _set_status(self, status: EngineStatus) -> None:
        self._status = replace(status, server=self.server)
        self._restart_idle_timer()
        self.status_changed.emit(self._status)

    @Slot()
    def _restart_idle_timer(self) -> None:
        """Restart the idle timer, if it applies."""
        if self._status.state is EngineState.READY and self._idle_timer.interval() > 0:
            self._idle_timer.start()
        else:
            self._idle_timer.stop()

    def _on_became_idle(self, engine: Engine) -> None:
        if engine is self._engine:
            self._restart_idle_timer()
        else:
            engine.close()  # A server was only asked for its models.

    @Slot()
    def _on_idle(self) -> None:
        if self._engine.is_busy:
            self._restart_idle_timer()
        else:
            self.unload_idle()

    def _on_event(self, on_event: OnEvent, event: Event) -> None:
        if isinstance(event, VisualTokenSeconds) and event.seconds_per_visual_token:
            self.visual_token_seconds_changed.emit(event.seconds_per_visual_token)
        if isinstance(event, Ready) and self._status.state is EngineState.READY:  # In another precision.
            self._set_status(replace(self._status, info=event.info))
        on_event(event)

    def _on_answer(self, call: EngineCall, turns: tuple[Turn, ...], on_event: OnEvent, event: Event) -> None:
        if isinstance(event, Done | Failed):
            self._asked.discard(call)
            self.image_texts.read_too(_images(turns[-1:]))  # Asked too early to be read, they are found by search yet.
            if not self._asked:
                self.answering_ended.emit()
        on_event(event)

    def _on_prepared(self, prefill: _Prefill, event: Event) -> None:
        if isinstance(event, StageProgress) and prefill.on_loading:
            prefill.on_loading(event)
        if isinstance(event, Done | Failed) and self._prefill is prefill:
            self._prefill = None  # If it failed, the answer will fail, too, and report the reason.

    def _on_opening(self, event: Event) -> None:
        match event:
            case StageProgress(stage=stage, progress=progress):
                self._set_status(EngineStatus(state=EngineState.LOADING, stage=stage, progress=progress))
            case Ready(info=info):
                self._set_status(EngineStatus(state=EngineState.READY, info=info))
                if isinstance(self._opened, OpenServer):
                    self.connected.emit(self._opened.model)
                else:
                    self.opened.emit(str(Path(self._opened)))
            case Failed(problem=problem):
                self._set_status(EngineStatus(state=EngineState.FAILED, problem=problem))

    def _on_silence_changed(self, engine: Engine, is_silent: bool) -> None:  # noqa: FBT001 - a slot
        if engine is self._engine:
            self._set_status(replace(self._status, is_silent=is_silent))

    def _on_died(self, engine: Engine, problem: Problem) -> None:
        # A failure's own words tell more than how its process has ended.
        if engine is self._engine and self._status.state is not EngineState.FAILED:
            self._set_status(EngineStatus(state=EngineState.DIED, problem=problem))


def _images(turns: tuple[Turn, ...]) -> tuple[str, ...]:
    return tuple(image.path for turn in turns for image in turn.images)
