"""Processes a batch with several requests in parallel, for which a server has capacity and this machine has not."""

import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from multiprocessing import resource_tracker

from app.commands.batch_engines import BatchEngines
from app.commands.terminal import held_interrupts
from app.services.batch.batch_calls import BatchCall, Reply
from app.services.batch.batch_run import BatchRun, ItemChanged, next_step

WAKE_SECONDS = 0.2
"""Interval in seconds at which Ctrl+C is looked for."""


def process_items(run: BatchRun, engines: BatchEngines, workers: int, ended: Callable[[int], None]) -> None:
    """Process all pending images with `workers` workers; `ended` gets the index of each finished image, one at a time.

    The first error, or Ctrl+C, ends all workers and is raised once they have ended. Their images become pending again.
    """
    lock, stop = threading.Lock(), threading.Event()

    def work(worker: int) -> None:
        steps = run.steps()
        reply: Reply = ()
        try:
            while not stop.is_set():
                with lock:  # The run's own steps are short; only calls run in parallel.
                    step = next_step(steps, reply)
                    if isinstance(step, ItemChanged) and run.states[step.index].is_over:
                        ended(step.index)
                if step is None:
                    return
                reply = engines.call(step, worker) if isinstance(step, BatchCall) else ()
        finally:
            with lock:
                steps.close()

    if sys.platform != "win32":
        resource_tracker.ensure_running()  # By the first process that a worker starts, it would unblock Ctrl+C again.
    with held_interrupts() as check, ThreadPoolExecutor(workers, "worker", _block_interrupts) as pool:
        try:
            pending = {pool.submit(work, worker) for worker in range(workers)}
            while pending:
                check()
                over, pending = wait(pending, WAKE_SECONDS, FIRST_COMPLETED)
                for worker in over:
                    worker.result()
        except BaseException:
            stop.set()
            engines.kill()
            raise


def _block_interrupts() -> None:
    """Leave Ctrl+C, which a terminal sends to all processes, to the main thread: processes inherit what is blocked."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
