"""The model process: opens a model folder and answers questions about images."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.domain.engine_status import Stage
from app.domain.errors import ModelMissing
from app.domain.generation import DEMO_NAME, FinishReason, ModelInfo
from app.domain.ports import CancelCheck
from app.engine.checkpoints.open_checkpoint import Checkpoint, open_checkpoint
from app.engine.generation.generate import Listener, generate
from app.engine.generation.image_memory import ImageMemory, PromptImage
from app.engine.generation.prompt import build_prompt
from app.engine.generation.session_cache import SessionCache
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.process.messages import Ask, Event, Loading, OpenModel, Prepare, Ready, Request, Stats, Token
from app.engine.runtimes.choose import Choice, choose_runtime
from app.paths import DEMO_MODEL

Emit = Callable[[Event], None]
PROGRESS_STEP = 0.01


@dataclass(frozen=True, slots=True)
class _Model:
    checkpoint: Checkpoint
    tokenizer: ChatTokenizer
    images: ImageMemory
    session: SessionCache


class ModelBackend:
    """Serves OpenModel, Ask and Prepare."""

    def __init__(self, choose: Callable[[], Choice] = choose_runtime) -> None:
        self._choose = choose
        self._model: _Model | None = None

    def handle(self, request: Request, emit: Emit, check: CancelCheck) -> FinishReason:
        """Emit Loading and Ready, or Loading, Token and Stats."""
        match request:
            case OpenModel():
                self._open(request, emit, check)
                return FinishReason.COMPLETE
            case Ask():
                return self._answer(request, emit, check)
            case Prepare():
                self._prepare(request, emit, check)
                return FinishReason.COMPLETE
            case _:
                raise TypeError(f"the model process does not serve {type(request).__name__}")

    def _open(self, request: OpenModel, emit: Emit, check: CancelCheck) -> None:
        stage = _stages(request.request_id, emit)
        stage(Stage.CHECKING, 0.0)
        checkpoint = open_checkpoint(Path(request.folder))
        tokenizer = ChatTokenizer(checkpoint)
        self._model = None  # Freed before the next one is read: two models at once may not fit.
        choice = self._choose()
        stage(Stage.LOADING, 0.0)
        runtime = choice.open(checkpoint, lambda part: stage(Stage.LOADING, part), check)
        images = ImageMemory(checkpoint.config.vision, checkpoint.preprocessor)
        session = SessionCache(runtime, images, checkpoint.config.image_token)
        self._model = _Model(checkpoint, tokenizer, images, session)
        is_demo = checkpoint.folder.resolve() == DEMO_MODEL
        info = ModelInfo(
            name=DEMO_NAME if is_demo else checkpoint.folder.resolve().name,
            folder=str(checkpoint.folder),
            scheme=checkpoint.scheme,
            device=choice.device,
            device_reason=choice.reason,
            context_length=runtime.capacity,
            is_demo=is_demo,
        )
        emit(Ready(request.request_id, info))

    def _answer(self, request: Ask, emit: Emit, check: CancelCheck) -> FinishReason:
        model, options = self._open_model(), request.options
        stage = _stages(request.request_id, emit)
        stage(Stage.LOOKING if any(turn.image_paths for turn in request.turns) else Stage.THINKING, 0.0)
        images = _images(model, request, check)
        grids = [image.grid_thw for image in images]
        prompt = build_prompt(request.turns, grids, model.tokenizer, model.checkpoint.config)
        listener = Listener(stage, lambda text: emit(Token(request.request_id, text)), check)
        sampling = options.sampling or model.checkpoint.sampling
        reason, stats = generate(
            model.session, model.tokenizer, prompt, images, sampling, options.max_new_tokens, listener
        )
        emit(Stats(request.request_id, stats))
        return reason

    def _prepare(self, request: Prepare, emit: Emit, check: CancelCheck) -> None:
        model = self._open_model()
        images = _images(model, request, check)
        grids = [image.grid_thw for image in images]
        prompt = build_prompt(request.turns, grids, model.tokenizer, model.checkpoint.config, is_unfinished=True)
        if len(prompt.token_ids) < model.session.capacity:  # Where it does not fit, the answer will say so.
            model.session.prefill(prompt, images, 0, _stages(request.request_id, emit), check)

    def _open_model(self) -> _Model:
        if self._model is None:
            raise ModelMissing("No model is open.", kept="Your message is kept.", todo="Open a model and ask again.")
        return self._model


def _images(model: _Model, request: Ask | Prepare, check: CancelCheck) -> list[PromptImage]:
    """The images of all turns in order, opened."""
    images = []
    for path in (path for turn in request.turns for path in turn.image_paths):
        check()
        images.append(model.images.open(Path(path), request.options.pixel_budget))
    return images


def _stages(request_id: int, emit: Emit) -> Callable[[Stage, float], None]:
    """Emits Loading when the stage changes or its progress has moved by a percent, and not for every layer."""
    last: tuple[Stage, float] | None = None

    def report(stage: Stage, progress: float) -> None:
        nonlocal last
        if last is None or last[0] != stage or progress - last[1] >= PROGRESS_STEP or progress >= 1.0:
            last = (stage, progress)
            emit(Loading(request_id, stage, progress))

    return report
