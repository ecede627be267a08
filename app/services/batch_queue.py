"""The window's batch: drives a BatchRun with engines of its own, and with whichever model answers the chats.

The images process and the reader belong to the batch, so that reading in a chat waits for nothing and a file that
breaks a process costs no chat anything; they end with the batch. A model is too large to be there twice: a question of
a chat stops what the batch asks of it, which is asked again afterwards. A server has room for several questions: each
lane asks it through a process of its own, and chats ask it beside them.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QObject, Signal, Slot

from app.domain.batch import BatchState, Job
from app.domain.engine_status import EngineState, EngineStatus
from app.domain.errors import Problem, ProblemKind, problem_of
from app.engine.process.backend import BackendKind
from app.services.background import BackgroundThread
from app.services.batch_caller import Caller, ServerCaller
from app.services.batch_calls import Call, Reply
from app.services.batch_run import BatchRun, ItemEnded
from app.services.engine import Engine
from app.services.model_engine import ModelEngine
from app.services.opened_batch import Lane, OpenedBatch
from app.storage.batch_journal import BatchJournal


class BatchQueue(QObject):
    """One batch at a time.

    `state_changed(BatchState)`; `found(BatchRun)` when its images are known; `item_changed(index)` and
    `progress_changed(Progress)` as they are worked off; `problem_met(Problem)` where the batch pauses by itself or
    cannot start; `recalled(Job, Path)` for a batch of an earlier start.
    """

    state_changed = Signal(object)
    found = Signal(object)
    item_changed = Signal(int)
    progress_changed = Signal(object)
    problem_met = Signal(object)
    recalled = Signal(object, object)

    def __init__(
        self,
        images: Engine,
        reader: Engine,
        model: ModelEngine,
        create_model_process: Callable[[], Engine],
        thread: BackgroundThread,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._callers = {BackendKind.IMAGES: Caller(images, self), BackendKind.READER: Caller(reader, self)}
        self._model = model
        self._model_caller = Caller(model.engine, self)
        self._server_callers: list[ServerCaller] = []
        self._create_model_process = create_model_process
        self._thread = thread
        self._state = BatchState.IDLE
        self._at_once = 0
        self._opened: OpenedBatch | None = None
        self._clock = QElapsedTimer()
        self._worked = self._pauses = 0
        model.answering_began.connect(self._model_caller.give_way)
        model.status_changed.connect(self._on_model_status_changed)

    @property
    def state(self) -> BatchState:
        """What it is doing."""
        return self._state

    @property
    def run(self) -> BatchRun | None:
        """The batch that is under way, or the last one."""
        return self._opened.run if self._opened else None

    def start(self, job: Job, out: Path, *, retries: bool = False, at_once: int = 0) -> None:
        """Find the images of `job` and work them off, in place of a batch that is over or paused.

        So many questions `at_once` are asked of the server that answers; 0 where the model is on this machine.
        """
        self.stop()
        self._at_once = at_once
        self._set_state(BatchState.LOOKING)
        self._thread.submit(
            lambda: OpenedBatch(job, out, max(at_once, 1), retries=retries), self._on_opened, self._on_not_opened
        )

    def recall(self, out: Path) -> None:
        """Read what a batch in `out` was asked to do; where nothing can be read, nobody is told."""
        self._thread.submit(partial(_job_in, out), partial(self._on_recalled, out), _ignore)

    def pause(self) -> None:
        """Make no further call. What the model is asked is stopped at once, the rest of a page is read to its end."""
        if self._state is BatchState.RUNNING:
            self._worked += self._clock.elapsed()
            self._pauses += 1
            self._set_state(BatchState.PAUSED)
            for caller in (self._model_caller, *self._server_callers):
                caller.give_way()

    def resume(self) -> None:
        """Go on where it was paused."""
        if self._state is not BatchState.PAUSED or self._opened is None:
            return
        self._clock.start()
        self._set_state(BatchState.RUNNING)
        self._go_on()

    def retry(self) -> None:
        """Try again what has failed; for a batch that is done."""
        if self._state is BatchState.DONE and self._opened:
            self.start(self._opened.run.job, self._opened.run.out, retries=True, at_once=self._at_once)

    def stop(self) -> None:
        """Let go of the batch. What is done stays done, and the journal knows the rest."""
        for caller in self._all_callers():
            caller.forget()
        opened, self._opened = self._opened, None
        self._worked = 0
        if opened:
            self._thread.submit(opened.close, _ignore, _ignore)
        self._end_engines()
        self._set_state(BatchState.IDLE)

    def shut_down(self) -> None:
        """Let go of the batch, and wait for its processes."""
        self.stop()
        for caller in self._own_callers():
            caller.shut_down()

    def _on_opened(self, opened: OpenedBatch) -> None:
        if self._state is not BatchState.LOOKING:  # Stopped meanwhile.
            self._thread.submit(opened.close, _ignore, _ignore)
            return
        self._opened = opened
        self._clock.start()
        while len(self._server_callers) < self._at_once:
            caller = ServerCaller(self._create_model_process(), self._model.server_request, self)
            self._server_callers.append(caller)
        self.found.emit(opened.run)
        self._set_state(BatchState.RUNNING)
        self._tell_progress()
        self._go_on()

    def _on_not_opened(self, error: Exception) -> None:
        self._set_state(BatchState.IDLE)
        self.problem_met.emit(problem_of(error))

    def _on_recalled(self, out: Path, job: Job | None) -> None:
        if job and self._state is BatchState.IDLE:
            self.recalled.emit(job, out)

    def _step(self, lane: Lane, take: Callable[[], Call | ItemEnded | None]) -> None:
        """Have the run say what comes next in a lane, on its thread."""
        lane.is_stepping, lane.call, lane.has_failed = True, None, False
        self._thread.submit(take, partial(self._on_step, lane), partial(self._on_step_failed, lane, self._pauses))

    def _on_step(self, lane: Lane, step: Call | ItemEnded | None) -> None:
        if not self._has(lane):
            return
        lane.is_stepping = False
        if isinstance(step, Call):
            lane.call = step
        elif step is not None:
            self.item_changed.emit(step.index)
            self._tell_progress()
        else:
            lane.is_over = True
            self._end_if_over()
        self._go_on()

    def _on_step_failed(self, lane: Lane, pauses: int, error: Exception) -> None:
        if self._has(lane):
            lane.is_stepping, lane.has_failed = False, True
            self._pause_for(problem_of(error), pauses)

    def _has(self, lane: Lane) -> bool:
        """Whether a lane is one of the batch that is under way; it may have been stopped meanwhile."""
        return self._opened is not None and lane in self._opened.lanes

    def _end_if_over(self) -> None:
        if self._opened and all(lane.is_over for lane in self._opened.lanes):
            self._end_engines()
            self._set_state(BatchState.DONE)
            self._tell_progress()

    def _go_on(self) -> None:
        """Do what can be done in all lanes, the first one first."""
        for lane in self._opened.lanes if self._opened else ():
            if self._state is not BatchState.RUNNING:
                return
            if lane.is_stepping or lane.caller or lane.is_over:
                continue
            if lane.has_failed:
                self._step(lane, lane.renew)
            elif lane.call is None:
                self._step(lane, partial(lane.next, ()))
            else:
                self._call_in(lane, lane.call)

    def _call_in(self, lane: Lane, call: Call) -> None:
        caller = self._callers.get(call.kind) or self._model_caller_of(lane)
        if caller.is_free and (call.kind is not BackendKind.MODEL or self._is_model_ready()):
            lane.caller = caller
            caller.do(call, partial(self._on_called, lane, self._pauses))

    def _on_called(self, lane: Lane, pauses: int, outcome: Reply | Problem) -> None:
        lane.caller = None
        if isinstance(outcome, Problem):
            self._pause_for(outcome, pauses)
        else:
            self._step(lane, partial(lane.next, outcome))
            self._go_on()  # Another lane may have waited for the same process.

    def _model_caller_of(self, lane: Lane) -> Caller:
        if not self._at_once or not self._opened:
            return self._model_caller
        return self._server_callers[self._opened.lanes.index(lane)]

    def _is_model_ready(self) -> bool:
        """Whether the batch's model can be asked; where it will not be by itself, the batch pauses."""
        if self._model.status.state in {EngineState.DIED, EngineState.RESTING}:
            self._model.restart()
        state, wanted = self._model.status.state, self._opened.run.job.options.model if self._opened else ""
        if state is not EngineState.LOADING and self._model.title != wanted:
            name = Path(wanted).name if Path(wanted).is_absolute() else wanted
            self._pause_for(
                Problem(
                    ProblemKind.BATCH,
                    f"The batch's model, “{name}”, is not open, so the batch was paused.",
                    "Everything done before is kept.",
                    "Open it, then go on.",
                )
            )
        return state is EngineState.READY and self._state is BatchState.RUNNING

    def _pause_for(self, problem: Problem, pauses: int | None = None) -> None:
        """Pause, and say why. What began before another pause (there had been so many) only failed with it."""
        if pauses in {None, self._pauses}:
            self.pause()
            self.problem_met.emit(problem)
        self._go_on()

    def _own_callers(self) -> tuple[Caller, ...]:
        return (*self._callers.values(), *self._server_callers)

    def _all_callers(self) -> tuple[Caller, ...]:
        return (*self._own_callers(), self._model_caller)

    def _end_engines(self) -> None:
        for caller in self._own_callers():
            caller.close()

    def _set_state(self, state: BatchState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)

    def _tell_progress(self) -> None:
        if self._opened:
            running = self._clock.elapsed() if self._state is BatchState.RUNNING else 0
            self.progress_changed.emit(self._opened.run.progress((self._worked + running) / 1000))

    @Slot(object)
    def _on_model_status_changed(self, status: EngineStatus) -> None:
        is_asking = self._state is BatchState.RUNNING and not all(caller.is_free for caller in self._server_callers)
        if is_asking and status.problem and status.state is EngineState.FAILED:
            self._pause_for(status.problem)  # Offline has been switched on, perhaps: what is asked ends, too.
        elif is_asking and status.state in {EngineState.READY, EngineState.NO_MODEL}:
            self._is_model_ready()  # Where another is chosen, the server is asked no longer.
        self._go_on()


def _job_in(out: Path) -> Job | None:
    """What the batch in `out` was asked to do."""
    if not out.is_dir():
        return None
    with BatchJournal(out) as journal:
        return journal.job


def _ignore(_outcome: object) -> None:
    """Nobody waits for this."""
