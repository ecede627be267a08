"""The state of an engine, in terms that the window can show."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import Problem, ProblemKind
from app.domain.models.model_info import ModelInfo
from app.domain.models.remote_servers import RemoteModel, is_this_machine


class Stage(StrEnum):
    """The current activity of an engine."""

    STARTING = "starting"
    CHECKING = "checking"
    LOADING = "loading"
    WARMING_UP = "warming_up"
    ENCODING_IMAGE = "encoding_image"
    PREFILLING = "prefilling"
    READING = "reading"


class EngineState(StrEnum):
    """The model engine's ability to answer. An UNLOADED model is not in memory, and opens with the next question."""

    NO_MODEL = "no_model"
    LOADING = "loading"
    UNLOADED = "unloaded"
    READY = "ready"
    FAILED = "failed"
    DIED = "died"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """The model engine at one moment.

    `stage` and `progress` (0..1) belong to LOADING, `info` to READY, `problem` to FAILED and DIED. `is_silent` is True
    for an engine that is working but sends no heartbeat. `server` is the chosen server's model, in every state.
    """

    state: EngineState = EngineState.NO_MODEL
    stage: Stage = Stage.STARTING
    progress: float = 0.0
    info: ModelInfo | None = None
    problem: Problem | None = None
    is_silent: bool = False
    server: RemoteModel | None = None

    @property
    def leaves_machine(self) -> bool:
        """Whether questions are sent to another machine."""
        return self.server is not None and not is_this_machine(self.server.address)

    @property
    def offers_restart(self) -> bool:
        """Whether a fresh process or connection would help: not where the model itself could not be opened."""
        of_process = {ProblemKind.ENGINE, ProblemKind.NETWORK}
        is_of_process = self.problem is not None and self.problem.kind in of_process
        return self.is_silent or self.state is EngineState.DIED or (self.state is EngineState.FAILED and is_of_process)
