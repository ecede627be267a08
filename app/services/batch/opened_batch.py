"""An opened batch: its run, and the workers that process it in parallel."""

from pathlib import Path

from app.domain.batch.batch import BatchJob
from app.services.batch.batch_caller import BatchCaller
from app.services.batch.batch_calls import BatchCall, Reply
from app.services.batch.batch_run import BatchRun, ItemEnded, next_step
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

    def next(self, reply: Reply) -> BatchCall | ItemEnded | None:
        """Return the next step; None if there is none."""
        return next_step(self._steps, reply)

    def restart(self) -> BatchCall | ItemEnded | None:
        """Restart from the first pending item and return its first step."""
        self.close()
        self._steps = self._run.steps()
        return self.next(())

    def close(self) -> None:
        """Abandon the current image, which becomes pending again."""
        self._steps.close()


class OpenedBatch:
    """A run with its journal, used on the batch's thread only, except that the run's lists are read elsewhere.

    Raises BatchError and StorageError.
    """

    def __init__(self, job: BatchJob, out: Path, workers: int, *, retries: bool) -> None:
        self._journal = BatchJournal(out)
        try:
            self.run = BatchRun(job, out, self._journal, retries=retries)
        except BaseException:
            self._journal.close()
            raise
        self.workers = tuple(BatchWorker(self.run) for _ in range(workers))

    def close(self) -> None:
        """Release the output folder."""
        for worker in self.workers:
            worker.close()
        self._journal.close()
