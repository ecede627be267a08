"""The window's batch: drives a BatchRun with engines of its own, and with the model that answers the chats.

The batch has its own images and reader processes, so that reading in a chat does not wait for it and a file that
crashes a process does not affect chats; they end with the batch. A model is too large to be loaded twice: a question of
a chat preempts the batch's request, which is repeated afterwards. A server can answer several requests in parallel:
each worker calls it through a process of its own, and chats call it beside them.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from app.domain.batch.batch import BatchJob, BatchProgress, BatchState, Entry, FoundFiles, ItemState
from app.domain.error_texts import batch_texts
from app.domain.errors import Problem, problem_of
from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.ports import IGNORE, OcrResultStore
from app.engine.process.backend_kinds import BackendKind
from app.services.batch.batch_caller import BatchCaller, EngineCaller, ServerBatchCaller
from app.services.batch.batch_calls import BatchCall, CorrectionsWanted, Reply
from app.services.batch.batch_run import BatchRun, Step
from app.services.batch.opened_batch import BatchWorker, Begun, OpenedBatch
from app.services.engines.background import BackgroundThread
from app.services.engines.engine import Engine
from app.services.engines.store_thread import StoreAccess
from app.services.models.model_engine import ModelEngine
from app.storage.batch.batch_input import POLL_SECONDS, find_input_files
from app.storage.batch.batch_journal import BatchJournal

SAVE_MILLISECONDS = 2_000
"""Time in milliseconds during which corrections are gathered before the files for all images are written again."""


class BatchQueue(QObject):
    """One batch at a time.

    Emits `state_changed(BatchState)`; `previewed(FoundFiles)` before it starts, and `found(BatchRun)` when its images
    are known; `item_changed(index)` and `progress_changed(BatchProgress)` as they are processed; `problem_met(Problem)`
    if the batch pauses by itself or cannot start; `recalled(BatchJob, Path)` for a batch of an earlier session.
    """

    state_changed = Signal(BatchState)
    found = Signal(BatchRun)
    previewed = Signal(FoundFiles)
    item_changed = Signal(int)
    progress_changed = Signal(BatchProgress)
    problem_met = Signal(Problem)
    recalled = Signal(BatchJob, Path)

    def __init__(
        self,
        create_engine: Callable[[BackendKind], Engine],
        model: ModelEngine,
        stored_pages: StoreAccess[OcrResultStore],
        thread: BackgroundThread,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._create_engine = create_engine
        kinds = BackendKind.IMAGES, BackendKind.READER
        self._callers = {kind: EngineCaller(create_engine(kind), self) for kind in kinds}
        self._model = model
        self._model_caller = BatchCaller(model.call, self)
        self._server_callers: list[ServerBatchCaller] = []
        self._stored_pages = stored_pages
        self._thread = thread
        self._poll = QTimer(self)
        self._poll.setSingleShot(True)
        self._poll.setInterval(round(1000 * POLL_SECONDS))
        self._poll.timeout.connect(self._rescan)
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(SAVE_MILLISECONDS)
        self._saving.timeout.connect(self._save_for_all)
        self._state = BatchState.IDLE
        self._parallel = 0
        self._opened: OpenedBatch | None = None
        self._clock = QElapsedTimer()
        self._worked = self._pauses = self._previews = 0
        model.answering_began.connect(self._model_caller.preempt)
        model.status_changed.connect(self._on_model_status_changed)

    @property
    def state(self) -> BatchState:
        """The state of the batch."""
        return self._state

    @property
    def run(self) -> BatchRun | None:
        """The running batch, or the last one."""
        return self._opened.run if self._opened else None

    def start(self, job: BatchJob, out: Path, *, watches: bool = False, parallel: int = 0) -> None:
        """Find the images of `job` and process them, in place of a batch that is over or paused.

        With `watches`, files that arrive in its folders are processed, too, until the batch is stopped. `parallel` is
        the number of parallel requests to the server; 0 if the model is local.
        """
        self.stop()
        self._parallel = parallel
        self._set_state(BatchState.SCANNING)
        self._thread.submit(
            lambda: OpenedBatch(job, out, max(parallel, 1), watches=watches), self._on_opened, self._on_not_opened
        )

    def preview(self, sources: Sequence[str], out: Path) -> None:
        """Find the images that a batch would process; nothing is reported if they cannot be found."""
        self._previews += 1
        found = partial(self._on_previewed, self._previews)
        self._thread.submit(lambda: find_input_files(sources, out), found, IGNORE)

    def recall(self, out: Path) -> None:
        """Read the job of a batch in `out`; nothing is reported if it cannot be read."""
        self._thread.submit(partial(_job_in, out), partial(self._on_recalled, out), IGNORE)

    @Slot()
    def pause(self) -> None:
        """Make no further calls. A request to the model is stopped immediately, the OCR of a page is finished."""
        if self._state is BatchState.RUNNING:
            self._worked += self._clock.elapsed()
            self._pauses += 1
            self._set_state(BatchState.PAUSED)
            for caller in (self._model_caller, *self._server_callers):
                caller.preempt()

    @Slot()
    def resume(self) -> None:
        """Resume a paused batch."""
        if self._state is not BatchState.PAUSED or self._opened is None:
            return
        self._clock.start()
        self._set_state(BatchState.RUNNING)
        self._end_if_over()
        self._start_calls()

    @Slot()
    def retry(self) -> None:
        """Process the failed images again."""
        if run := self.run:
            self.repeat([index for index, state in enumerate(run.states) if state is ItemState.FAILED])

    def repeat(self, indexes: Collection[int], *, saves_at_end: bool = True) -> None:
        """Process these images again, with the corrections that the user has made since; their files are replaced.

        The files for all images are written at the end, or up to SAVE_MILLISECONDS later.
        """
        if self._opened and indexes:
            opened, run = self._opened, self._opened.run
            done = partial(self._on_repeated, opened, indexes, saves_at_end=saves_at_end)
            self._thread.submit(lambda: run.repeat(indexes), lambda _: done(), IGNORE)

    @Slot(Path)
    def repeat_file(self, path: Path) -> None:
        """Process a file again if it belongs to the batch and has been processed."""
        if run := self.run:
            over = (index for index, source in enumerate(run.sources) if source.path == str(path))
            again = [index for index in over if run.states[index] is not ItemState.WAITING]
            self.repeat(again, saves_at_end=False)  # One correction follows another.

    def find_entry(self, index: int, use: Callable[[Entry | None], None]) -> None:
        """Call `use` with the record of an image and its text, None if there is none or it cannot be read."""
        if opened := self._opened:
            self._thread.submit(lambda: opened.entry(index), use, lambda _error: use(None))

    def stop(self) -> None:
        """Stop the batch. Finished images are kept, and the journal records the rest."""
        for caller in self._all_callers():
            caller.discard()
        opened, self._opened = self._opened, None
        self._worked = 0
        self._poll.stop()
        self._saving.stop()
        if opened:
            self._thread.submit(opened.close, IGNORE, IGNORE)
        self._end_engines()
        self._set_state(BatchState.IDLE)

    def shut_down(self) -> None:
        """Stop the batch, and wait for its processes."""
        self.stop()
        for caller in self._own_callers():
            caller.shut_down()

    def _on_opened(self, opened: OpenedBatch) -> None:
        if self._state is not BatchState.SCANNING:  # Stopped meanwhile.
            self._thread.submit(opened.close, IGNORE, IGNORE)
            return
        self._opened = opened
        while len(self._server_callers) < self._parallel:
            engine = self._create_engine(BackendKind.SERVER)
            caller = ServerBatchCaller(engine, self._model.server_request, self)
            self._server_callers.append(caller)
        self._begin_run(opened)

    def _begin_run(self, opened: OpenedBatch) -> None:
        self._clock.start()
        self.found.emit(opened.run)
        self._set_state(BatchState.RUNNING)
        self._emit_progress()
        self._start_calls()

    def _on_repeated(self, opened: OpenedBatch, indexes: Collection[int], *, saves_at_end: bool) -> None:
        if opened is not self._opened:
            return
        for index in indexes:
            self.item_changed.emit(index)
        if self._state in {BatchState.DONE, BatchState.WATCHING}:
            self._poll.stop()
            for worker in opened.workers:
                worker.begin_again(saves_at_end=saves_at_end)
            self._clock.start()
            self._set_state(BatchState.RUNNING)
            self._start_calls()
        self._emit_progress()

    @Slot()
    def _rescan(self) -> None:
        """Look for other files in the watched folders."""
        if opened := self._opened:
            on_failure = partial(self._on_not_scanned, opened)
            self._thread.submit(opened.rescan, partial(self._on_rescanned, opened), on_failure)

    def _on_rescanned(self, opened: OpenedBatch, begun: Begun | None) -> None:
        if opened is not self._opened or self._state is not BatchState.WATCHING:
            return
        if begun:
            opened.take(begun)
            self._worked = 0
            self._begin_run(opened)
        else:
            self._poll.start()

    def _on_not_scanned(self, opened: OpenedBatch, error: Exception) -> None:
        if opened is self._opened and self._state is BatchState.WATCHING:
            self._set_state(BatchState.PAUSED)
            self.problem_met.emit(problem_of(error))

    def _on_not_opened(self, error: Exception) -> None:
        self._set_state(BatchState.IDLE)
        self.problem_met.emit(problem_of(error))

    def _on_previewed(self, number: int, found: FoundFiles) -> None:
        if number == self._previews and self._state in {BatchState.IDLE, BatchState.DONE}:
            self.previewed.emit(found)

    def _on_recalled(self, out: Path, job: BatchJob | None) -> None:
        if job and self._state is BatchState.IDLE:
            self.recalled.emit(job, out)

    def _step(self, worker: BatchWorker, take: Callable[[], Step | None]) -> None:
        """Get the next step of a worker from the run, on the batch's thread."""
        worker.is_stepping, worker.call, worker.has_failed = True, None, False
        self._thread.submit(take, partial(self._on_step, worker), partial(self._on_step_failed, worker, self._pauses))

    def _on_step(self, worker: BatchWorker, step: Step | None) -> None:
        if not self._has(worker):
            return
        if isinstance(step, CorrectionsWanted):
            self._find_corrections(worker, step)
            return
        worker.is_stepping = False
        if isinstance(step, BatchCall):
            worker.call = step
        elif step is not None:
            self.item_changed.emit(step.index)
            self._emit_progress()
        else:
            worker.is_over = True
            self._end_if_over()
        self._start_calls()

    def _find_corrections(self, worker: BatchWorker, wanted: CorrectionsWanted) -> None:
        def find(pages: OcrResultStore) -> None:
            for number in range(wanted.count):
                known = pages.ocr_result(wanted.digest, number)
                if known and known.corrections:
                    wanted.pages[number] = known.corrected_page()

        def resume_worker(_outcome: object) -> None:
            if self._has(worker):
                self._step(worker, partial(worker.next, ()))

        self._stored_pages.run(find, resume_worker, resume_worker)

    def _on_step_failed(self, worker: BatchWorker, pauses: int, error: Exception) -> None:
        if self._has(worker):
            worker.is_stepping, worker.has_failed = False, True
            self._pause_for(problem_of(error), pauses)

    def _has(self, worker: BatchWorker) -> bool:
        """Return whether a worker belongs to the running batch, which may have been stopped meanwhile."""
        return self._opened is not None and worker in self._opened.workers

    def _end_if_over(self) -> None:
        if self._opened and all(worker.is_over for worker in self._opened.workers):
            self._end_engines()
            self._worked += self._clock.elapsed()
            self._set_state(BatchState.WATCHING if self._opened.watches else BatchState.DONE)
            self._emit_progress()
            if self._opened.run.is_unsaved and not self._saving.isActive():
                self._saving.start()
            if self._opened.watches:
                self._poll.start()

    @Slot()
    def _save_for_all(self) -> None:
        """Write the files for all images after corrections."""
        if self._opened and self._opened.run.is_unsaved:
            save = self._opened.run.save_for_all
            self._thread.submit(save, IGNORE, lambda error: self.problem_met.emit(problem_of(error)))

    def _start_calls(self) -> None:
        """Start all possible calls of all workers, in order."""
        for worker in self._opened.workers if self._opened else ():
            if self._state is not BatchState.RUNNING:
                return
            if worker.is_stepping or worker.caller or worker.is_over:
                continue
            if worker.has_failed:
                self._step(worker, worker.restart)
            elif worker.call is None:
                self._step(worker, partial(worker.next, ()))
            else:
                self._call_in(worker, worker.call)

    def _call_in(self, worker: BatchWorker, call: BatchCall) -> None:
        caller = self._callers.get(call.kind) or self._model_caller_of(worker)
        if caller.is_free and (call.kind is not BackendKind.MODEL or self._is_model_ready()):
            worker.caller = caller
            caller.do(call, partial(self._on_called, worker, self._pauses))

    def _on_called(self, worker: BatchWorker, pauses: int, outcome: Reply | Problem) -> None:
        worker.caller = None
        if isinstance(outcome, Problem):
            self._pause_for(outcome, pauses)
        else:
            self._step(worker, partial(worker.next, outcome))
            self._start_calls()  # Another worker may be waiting for the same process.

    def _model_caller_of(self, worker: BatchWorker) -> BatchCaller:
        if not self._parallel or not self._opened:
            return self._model_caller
        return self._server_callers[self._opened.workers.index(worker)]

    def _is_model_ready(self) -> bool:
        """Return whether the batch's model is ready; pause the batch if it will not become so by itself."""
        if self._model.status.state in {EngineState.DIED, EngineState.UNLOADED}:
            self._model.restart()
        state, wanted = self._model.status.state, self._opened.run.job.options.model if self._opened else ""
        if state is not EngineState.LOADING and self._model.title != wanted:
            name = Path(wanted).name if Path(wanted).is_absolute() else wanted
            self._pause_for(batch_texts.MODEL_NOT_OPEN.problem(model=name))
        return state is EngineState.READY and self._state is BatchState.RUNNING

    def _pause_for(self, problem: Problem, pauses: int | None = None) -> None:
        """Pause and report `problem`; ignored if the failed step predates an earlier pause (`pauses` is its count)."""
        if pauses in {None, self._pauses}:
            self.pause()
            self.problem_met.emit(problem)
        self._start_calls()

    def _own_callers(self) -> tuple[EngineCaller, ...]:
        return (*self._callers.values(), *self._server_callers)

    def _all_callers(self) -> tuple[BatchCaller, ...]:
        return (*self._own_callers(), self._model_caller)

    def _end_engines(self) -> None:
        for caller in self._own_callers():
            caller.close()

    def _set_state(self, state: BatchState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)

    def _emit_progress(self) -> None:
        if self._opened:
            running = self._clock.elapsed() if self._state is BatchState.RUNNING else 0
            self.progress_changed.emit(self._opened.run.progress((self._worked + running) / 1000))

    @Slot(EngineStatus)
    def _on_model_status_changed(self, status: EngineStatus) -> None:
        is_asking = self._state is BatchState.RUNNING and not all(caller.is_free for caller in self._server_callers)
        if is_asking and status.problem and status.state is EngineState.FAILED:
            self._pause_for(status.problem)  # Possibly offline mode was switched on: open requests end, too.
        elif is_asking and status.state in {EngineState.READY, EngineState.NO_MODEL}:
            self._is_model_ready()  # After another model was chosen, the server is not called any more.
        self._start_calls()


def _job_in(out: Path) -> BatchJob | None:
    """Return the job of the batch in `out`; None if there is none."""
    if not out.is_dir():
        return None
    with BatchJournal(out) as journal:
        return journal.job
