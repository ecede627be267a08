"""A batch that has been opened: its run, and the lanes that work it off beside each other."""

from pathlib import Path

from app.domain.batch import Job
from app.services.batch_caller import Caller
from app.services.batch_calls import Call, Reply
from app.services.batch_run import BatchRun, ItemEnded, next_step
from app.storage.batch_journal import BatchJournal


class Lane:
    """One image after another of `run`; its steps are taken on the batch's thread only.

    `call` is to be made or is being made, by `caller`; there is none while the run says what comes next, which it does
    while the lane `is_stepping`. A lane that `has_failed` goes on only once it has been renewed.
    """

    def __init__(self, run: BatchRun) -> None:
        self._run = run
        self._steps = run.steps()
        self.call: Call | None = None
        self.caller: Caller | None = None
        self.is_stepping = self.has_failed = self.is_over = False

    def next(self, reply: Reply) -> Call | ItemEnded | None:
        """The next step; None where there is none."""
        return next_step(self._steps, reply)

    def renew(self) -> Call | ItemEnded | None:
        """Begin with what waits, anew; the first step."""
        self.close()
        self._steps = self._run.steps()
        return self.next(())

    def close(self) -> None:
        """Let go of its image, which waits again."""
        self._steps.close()


class OpenedBatch:
    """A run with its journal, which are touched on the batch's thread only, but for the run's lists, which are read.

    Raises BatchError and StorageError.
    """

    def __init__(self, job: Job, out: Path, lanes: int, *, retries: bool) -> None:
        self._journal = BatchJournal(out)
        try:
            self.run = BatchRun(job, out, self._journal, retries=retries)
        except BaseException:
            self._journal.close()
            raise
        self.lanes = tuple(Lane(self.run) for _ in range(lanes))

    def close(self) -> None:
        """Let go of the folder."""
        for lane in self.lanes:
            lane.close()
        self._journal.close()
