"""Reports the progress of a request to the window's process."""

from collections.abc import Callable

from app.domain.models.engine_status import Stage
from app.engine.answering import StageCallback
from app.engine.process.messages import Event, StageProgress

PROGRESS_STEP = 0.01


def stage_reporter(emit: Callable[[Event], None]) -> StageCallback:
    """Return a callback that emits StageProgress on a new stage or a percent of progress, not for every step."""
    last: tuple[Stage, float] | None = None

    def report(stage: Stage, progress: float) -> None:
        nonlocal last
        if last is None or last[0] != stage or progress - last[1] >= PROGRESS_STEP or progress >= 1.0:
            last = (stage, progress)
            emit(StageProgress(stage, progress))

    return report
