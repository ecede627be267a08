"""An opened batch: its run, and the workers that process it in parallel."""

from pathlib import Path

from app.domain.batch.batch import BatchJob, Entry
from app.services.batch.batch_caller import BatchCaller
from app.services.batch.batch_calls import BatchCall, Reply
from app.services.batch.batch_run import BatchRun, Step, next_step
from app.storage.batch.batch_input import find_input_files
from app.storage.batch.batch_journal import BatchJournal


class BatchWorker:
    """Processes one image of `run` after another; its steps are taken on the batch's thread only.

    `call` is pending or in progress, made by `caller`; there is none while `is_stepping`, when the run determines the
    next step. A worker that `has_failed` continues only after `restart`.
    """

    def __init__(self, run: BatchRun) -> None:
        self._run = run
        self._steps = run.steps()
        self.call: BatchCall | None = None
        self.caller: BatchCaller | None = None
        self.is_stepping = self.has_failed = self.is_over = False

    def next(self, reply: Reply) -> Step | None:
        """Return the next step; None if there is none."""
        return next_step(self._steps, reply)

    def restart(self) -> Step | None:
        """Restart from the first pending item and return its first step."""
        self.close()
        self._steps = self._run.steps()
        return self.next(())

    def begin_again(self, *, saves_at_end: bool) -> None:
        """Process what is to be repeated, once all else has been; see `BatchRun.steps`."""
        self._steps = self._run.steps(saves_at_end=saves_at_end)
        self.is_over = False

    def close(self) -> None:
        """Abandon the current image, which becomes pending again."""
        self._steps.close()


Begun = tuple[BatchRun, tuple[BatchWorker, ...]]


class OpenedBatch:
    """A run with its journal, used on the batch's thread only, except that the run's lists are read elsewhere.

    With `watches`, `rescan` finds new files; those that are still being copied are left out until they are complete.
    Raises BatchError and StorageError.
    """

    def __init__(self, job: BatchJob, out: Path, workers: int, *, watches: bool) -> None:
        self.watches = watches
        self._job = job
        self._out = out
        self._journal = BatchJournal(out)
        try:
            self.run, self.workers = self._begun(workers)
        except BaseException:
            self._journal.close()
            raise

    def entry(self, index: int) -> Entry | None:
        """Return the record of an image with its text; None if it was never processed. Raises DiskError."""
        return self._journal.entry(self.run.sources[index].name)

    def rescan(self) -> Begun | None:
        """Return another run if the folders have other files than at the last one; all its workers must be over.

        Raises BatchError and StorageError.
        """
        found = find_input_files(self._job.sources, self._out, only_settled=True)
        return None if list(found.sources) == self.run.sources else self._begun(len(self.workers))

    def take(self, begun: Begun) -> None:
        """Go on with another run."""
        self.run, self.workers = begun

    def close(self) -> None:
        """Write what is unsaved, and release the output folder. Raises StorageError."""
        for worker in self.workers:
            worker.close()
        try:
            if self.run.is_unsaved:
                self.run.save_for_all()
        finally:
            self._journal.close()

    def _begun(self, workers: int) -> Begun:
        run = BatchRun(self._job, self._out, self._journal, only_settled=self.watches)
        return run, tuple(BatchWorker(run) for _ in range(workers))
