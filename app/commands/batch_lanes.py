"""Working off a batch with several questions to a model at once: a server has room for them, this machine has not."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed

from app.commands.batch_engines import BatchEngines
from app.services.batch_calls import Reply
from app.services.batch_run import BatchRun, ItemEnded, next_step


def work_off(run: BatchRun, engines: BatchEngines, lanes: int, ended: Callable[[int], None]) -> None:
    """Do all that waits, in so many lanes; `ended` is told the index of each image that is over, by one lane at a time.

    The first error ends all lanes, and is raised once they have ended; so does Ctrl+C. What they were at waits again.
    """
    turn, stop = threading.Lock(), threading.Event()

    def work(lane: int) -> None:
        steps = run.steps()
        reply: Reply = ()
        try:
            while not stop.is_set():
                with turn:  # What the run does by itself is short; only calls are done beside each other.
                    step = next_step(steps, reply)
                    if isinstance(step, ItemEnded):
                        ended(step.index)
                if step is None:
                    return
                reply = () if isinstance(step, ItemEnded) else engines.call(step, lane)
        finally:
            with turn:
                steps.close()

    with ThreadPoolExecutor(lanes, "lane") as pool:
        working = [pool.submit(work, lane) for lane in range(lanes)]
        try:
            for lane in as_completed(working):
                lane.result()
        except BaseException:
            stop.set()
            engines.kill()
            raise
