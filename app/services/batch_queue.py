"""The window's batch: drives a BatchRun with engines of its own, and the chat's model while nobody asks it anything.

The images process and the reader belong to the batch, so that reading in a chat waits for nothing and a file that
breaks a process costs no chat anything; they end with the batch. A model is too large to be there twice: a question of
a chat stops what the batch asks of it, which is asked again afterwards.
"""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from app.domain.batch import BatchState, Job
from app.domain.engine_status import EngineState
from app.domain.errors import Problem, ProblemKind, problem_of
from app.engine.process.backend import BackendKind
from app.engine.process.messages import Done, Event, Failed, Loading
from app.services.background import BackgroundThread
from app.services.batch_calls import Call, Reply
from app.services.batch_run import BatchRun, ItemEnded, Steps, next_step
from app.services.engine import Engine
from app.services.model_engine import ModelEngine
from app.storage.batch_journal import BatchJournal


class _Opened:
    """A run with its journal; both are touched on the batch's thread only, but for the run's lists, which are read."""

    def __init__(self, job: Job, out: Path, *, retries: bool) -> None:
        self.journal = BatchJournal(out)
        try:
            self.run = BatchRun(job, out, self.journal, retries=retries)
        except BaseException:
            self.journal.close()
            raise
        self.steps: Steps = self.run.steps()

    def next(self, reply: Reply) -> Call | ItemEnded | None:
        """The next step; None where there is none."""
        return next_step(self.steps, reply)

    def restart(self) -> None:
        """Begin with what waits, anew."""
        self.steps.close()
        self.steps = self.run.steps()

    def close(self) -> None:
        """Let go of the folder."""
        self.steps.close()
        self.journal.close()


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
        thread: BackgroundThread,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engines = {BackendKind.IMAGES: images, BackendKind.READER: reader, BackendKind.MODEL: model.engine}
        self._model = model
        self._thread = thread
        self._state = BatchState.IDLE
        self._opened: _Opened | None = None
        self._is_stepping = False
        self._has_failed = False
        self._call: Call | None = None
        self._request_id: int | None = None
        self._reply: list[Event] = []
        self._clock = QElapsedTimer()
        self._worked = 0
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.timeout.connect(self._on_late)
        for engine in self._engines.values():
            engine.event_received.connect(self._on_event_received)
        model.answering_began.connect(self._on_chat_asked)
        model.status_changed.connect(self._on_model_status_changed)

    @property
    def state(self) -> BatchState:
        """What it is doing."""
        return self._state

    @property
    def run(self) -> BatchRun | None:
        """The batch that is under way, or the last one."""
        return self._opened.run if self._opened else None

    def start(self, job: Job, out: Path, *, retries: bool = False) -> None:
        """Find the images of `job` and work them off, in place of a batch that is over or paused."""
        self.stop()
        self._set_state(BatchState.LOOKING)
        self._thread.submit(lambda: _Opened(job, out, retries=retries), self._on_opened, self._on_not_opened)

    def recall(self, out: Path) -> None:
        """Read what a batch in `out` was asked to do; where nothing can be read, nobody is told."""
        self._thread.submit(partial(_job_in, out), partial(self._on_recalled, out), _ignore)

    def pause(self) -> None:
        """Make no further call. What the model is asked is stopped at once, the rest of a page is read to its end."""
        if self._state is BatchState.RUNNING:
            self._worked += self._clock.elapsed()
            self._set_state(BatchState.PAUSED)
            self._give_way()

    def resume(self) -> None:
        """Go on where it was paused."""
        if self._state is not BatchState.PAUSED or self._opened is None:
            return
        self._clock.start()
        self._set_state(BatchState.RUNNING)
        if self._has_failed:
            self._has_failed = False
            self._call = None
            self._is_stepping = True
            self._thread.submit(self._opened.restart, partial(self._on_restarted, self._opened), _ignore)
        else:
            self._go_on()

    def retry(self) -> None:
        """Try again what has failed; for a batch that is done."""
        if self._state is BatchState.DONE and self._opened:
            self.start(self._opened.run.job, self._opened.run.out, retries=True)

    def stop(self) -> None:
        """Let go of the batch. What is done stays done, and the journal knows the rest."""
        self._give_way()
        opened, self._opened = self._opened, None
        self._call = self._request_id = None
        self._is_stepping = self._has_failed = False
        self._worked = 0
        self._deadline.stop()
        if opened:
            self._thread.submit(opened.close, _ignore, _ignore)
        self._end_engines()
        self._set_state(BatchState.IDLE)

    def shut_down(self) -> None:
        """Let go of the batch, and wait for its processes."""
        self.stop()
        self._engines[BackendKind.IMAGES].shut_down()
        self._engines[BackendKind.READER].shut_down()

    def _on_opened(self, opened: _Opened) -> None:
        if self._state is not BatchState.LOOKING:  # Stopped meanwhile.
            self._thread.submit(opened.close, _ignore, _ignore)
            return
        self._opened = opened
        self._clock.start()
        self.found.emit(opened.run)
        self._set_state(BatchState.RUNNING)
        self._tell_progress()
        self._advance(())

    def _on_not_opened(self, error: Exception) -> None:
        self._set_state(BatchState.IDLE)
        self.problem_met.emit(problem_of(error))

    def _on_recalled(self, out: Path, job: Job | None) -> None:
        if job and self._state is BatchState.IDLE:
            self.recalled.emit(job, out)

    def _on_restarted(self, opened: _Opened, _none: None) -> None:
        if opened is self._opened:
            self._advance(())

    def _advance(self, reply: Reply) -> None:
        """Have the run say what comes next, on its thread."""
        if self._opened:
            self._is_stepping = True
            self._call = None
            opened = self._opened
            self._thread.submit(
                partial(opened.next, reply), partial(self._on_step, opened), partial(self._on_step_failed, opened)
            )

    def _on_step(self, opened: _Opened, step: Call | ItemEnded | None) -> None:
        if opened is not self._opened:
            return
        self._is_stepping = False
        if isinstance(step, Call):
            self._call = step
        elif step is not None:
            self.item_changed.emit(step.index)
            self._tell_progress()
        else:
            self._end_engines()
            self._set_state(BatchState.DONE)
            self._tell_progress()
        self._go_on()

    def _on_step_failed(self, opened: _Opened, error: Exception) -> None:
        if opened is self._opened:
            self._is_stepping = False
            self._has_failed = True
            self._pause_for(problem_of(error))

    def _go_on(self) -> None:
        if self._state is not BatchState.RUNNING or self._is_stepping or self._request_id is not None:
            return
        if self._call is None:
            self._advance(())
        elif self._call.kind is not BackendKind.MODEL or self._is_model_ready():
            self._reply.clear()
            self._request_id = self._engines[self._call.kind].request(self._call.build)
            self._deadline.start(int(self._call.seconds * 1000))

    def _is_model_ready(self) -> bool:
        """Whether the batch's model can be asked; where it will not be by itself, the batch pauses."""
        status = self._model.status
        wanted = self._opened.run.job.options.model if self._opened else ""
        if status.state is EngineState.DIED:
            self._model.restart()
        elif status.state is not EngineState.LOADING and (not status.info or status.info.folder != wanted):
            self._pause_for(
                Problem(
                    ProblemKind.BATCH,
                    f"The batch's model, “{Path(wanted).name}”, is not open, so the batch was paused.",
                    "Everything done before is kept.",
                    "Open it, then go on.",
                )
            )
        return status.state is EngineState.READY and self._state is BatchState.RUNNING

    def _pause_for(self, problem: Problem) -> None:
        self.pause()
        self.problem_met.emit(problem)

    def _give_way(self) -> None:
        """Stop what the batch asks of the model; the run asks it again."""
        if self._request_id is not None and self._call and self._call.kind is BackendKind.MODEL:
            self._model.engine.cancel(self._request_id)

    def _end_engines(self) -> None:
        self._engines[BackendKind.IMAGES].close()
        self._engines[BackendKind.READER].close()

    def _set_state(self, state: BatchState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)

    def _tell_progress(self) -> None:
        if self._opened:
            running = self._clock.elapsed() if self._state is BatchState.RUNNING else 0
            self.progress_changed.emit(self._opened.run.progress((self._worked + running) / 1000))

    @Slot(object)
    def _on_event_received(self, event: Event) -> None:
        if event.request_id != self._request_id or isinstance(event, Loading):
            return
        self._reply.append(event)
        if isinstance(event, Done | Failed):
            self._deadline.stop()
            self._request_id = None
            reply = tuple(self._reply)
            self._reply.clear()
            self._advance(reply)

    @Slot()
    def _on_late(self) -> None:
        if self._call and self._request_id is not None:
            self._engines[self._call.kind].kill()

    @Slot()
    def _on_chat_asked(self) -> None:
        self._give_way()

    @Slot(object)
    def _on_model_status_changed(self, _status: object) -> None:
        if self._call and self._call.kind is BackendKind.MODEL:
            self._go_on()


def _job_in(out: Path) -> Job | None:
    """What the batch in `out` was asked to do."""
    if not out.is_dir():
        return None
    with BatchJournal(out) as journal:
        return journal.job


def _ignore(_outcome: object) -> None:
    """Nobody waits for this."""
