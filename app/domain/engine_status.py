"""What an engine is doing, in terms that the window can show."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import Problem
from app.domain.generation import ModelInfo


class Stage(StrEnum):
    """What an engine is busy with."""

    STARTING = "starting"
    CHECKING = "checking"
    LOADING = "loading"
    WARMING_UP = "warming_up"
    LOOKING = "looking"
    THINKING = "thinking"
    READING = "reading"


class EngineState(StrEnum):
    """Whether questions can be answered. A model that rests is not in memory, and opens with the next question."""

    NO_MODEL = "no_model"
    LOADING = "loading"
    RESTING = "resting"
    READY = "ready"
    FAILED = "failed"
    DIED = "died"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """The model engine at one moment.

    `stage` and `progress` (0..1) belong to LOADING, `info` to READY, `problem` to FAILED and DIED.
    """

    state: EngineState = EngineState.NO_MODEL
    stage: Stage = Stage.STARTING
    progress: float = 0.0
    info: ModelInfo | None = None
    problem: Problem | None = None
