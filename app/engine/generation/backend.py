"""The model process: opens a model folder and answers questions about images."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from app.domain.doubt import Piece
from app.domain.engine_status import Stage
from app.domain.errors import ModelMissing
from app.domain.generation import FinishReason
from app.domain.ports import CancelCheck
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.generate import Listener
from app.engine.generation.model import Model
from app.engine.generation.session_cache import StageCallback
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.process.messages import (
    Ask,
    Event,
    ListModels,
    Loading,
    ModelsListed,
    OpenModel,
    OpenServer,
    Pace,
    Prepare,
    Ready,
    Request,
    Stats,
    Token,
)
from app.engine.runtimes.choose import Choose, choose_runtime

if TYPE_CHECKING:
    from app.engine.remote.remote_answers import RemoteAnswers

Emit = Callable[[Event], None]
AnsweringModel: TypeAlias = "Model | RemoteAnswers"
PROGRESS_STEP = 0.01


class ModelBackend:
    """Serves OpenModel, OpenServer, ListModels, Ask and Prepare."""

    def __init__(self, choose: Choose = choose_runtime) -> None:
        self._choose = choose
        self._opened: OpenModel | OpenServer | None = None
        self._model: AnsweringModel | None = None

    def handle(self, request: Request, emit: Emit, check: CancelCheck) -> FinishReason:
        """Emit Loading and Ready, or Loading, Token, Pace and Stats."""
        stage = _stages(request.request_id, emit)
        try:
            return self._handle(request, emit, stage, check)
        except MemoryError:
            self._model = None  # A runtime that has run out of memory is not to be relied on: the next one is fresh.
            raise

    def _handle(self, request: Request, emit: Emit, stage: StageCallback, check: CancelCheck) -> FinishReason:
        match request:
            case OpenModel() | OpenServer():
                model = self._open(request, stage, check)
                emit(Ready(request.request_id, model.info))
                return FinishReason.COMPLETE
            case ListModels(request_id=number, address=address, key=key, offline=offline):
                from app.engine.remote.connection import ServerConnection  # noqa: PLC0415 - only where it is wanted

                emit(ModelsListed(number, tuple(ServerConnection(address, key, offline=offline).models(check))))
                return FinishReason.COMPLETE
            case Ask():
                say = partial(_say, request.request_id, emit)
                listener = Listener(stage, say, check, weighs=request.options.doubts)
                model = self._open_model(stage, check)
                reason, stats = model.answer(request.turns, request.image_texts, request.options, listener)
                emit(Pace(request.request_id, model.seconds_per_visual_token))
                emit(Stats(request.request_id, stats))
                return reason
            case Prepare():
                model = self._open_model(stage, check)
                model.prepare(request.turns, request.options, stage, check)
                emit(Pace(request.request_id, model.seconds_per_visual_token))
                return FinishReason.COMPLETE
            case _:
                raise TypeError(f"the model process does not serve {type(request).__name__}")

    def _open(self, request: OpenModel | OpenServer, stage: StageCallback, check: CancelCheck) -> "AnsweringModel":
        stage(Stage.CHECKING, 0.0)
        if isinstance(request, OpenServer):
            self._model = _connected(request, check)
            self._opened = request
            return self._model
        checkpoint = open_checkpoint(Path(request.folder))
        tokenizer = ChatTokenizer(checkpoint)
        self._model = self._opened = None  # Freed before the next one is read: two models at once may not fit.
        self._model = Model.load(checkpoint, tokenizer, self._choose, request.options, stage, check)
        self._opened = request
        return self._model

    def _open_model(self, stage: StageCallback, check: CancelCheck) -> "AnsweringModel":
        if self._model:
            return self._model
        if self._opened is None:
            raise ModelMissing("No model is open.", kept="Your message is kept.", todo="Open a model and ask again.")
        return self._open(self._opened, stage, check)


def _connected(request: OpenServer, check: CancelCheck) -> "RemoteAnswers":
    from app.engine.remote.remote_answers import RemoteAnswers  # noqa: PLC0415 - only where it is wanted

    answers = RemoteAnswers(request.model, request.key, offline=request.offline)
    answers.check_it_is_there(check)
    return answers


def _say(request_id: int, emit: Emit, piece: Piece) -> None:
    emit(Token(request_id, piece.text, piece.probability, piece.alternatives))


def _stages(request_id: int, emit: Emit) -> StageCallback:
    """Emits Loading when the stage changes or its progress has moved by a percent, and not for every layer."""
    last: tuple[Stage, float] | None = None

    def report(stage: Stage, progress: float) -> None:
        nonlocal last
        if last is None or last[0] != stage or progress - last[1] >= PROGRESS_STEP or progress >= 1.0:
            last = (stage, progress)
            emit(Loading(request_id, stage, progress))

    return report
