"""The requests common to the processes that answer questions: opening a model, Ask and Prefill."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import ClassVar, Generic, TypeVar, cast

from app.domain.error_texts import engine_texts, image_texts
from app.domain.errors import ModelMissing
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.ports import CancelCheck
from app.domain.text.confidence import TextDelta
from app.engine.answering import AnsweringModel, GenerationCallbacks, StageCallback
from app.engine.backends.stage_reporter import stage_reporter
from app.engine.imaging.reworded_errors import reworded_image_errors
from app.engine.process.messages import (
    AnswerDelta,
    Ask,
    Event,
    OpenModel,
    OpenServer,
    Prefill,
    Ready,
    Request,
    Stats,
    ThoughtDelta,
    VisualTokenSeconds,
)

Emit = Callable[[Event], None]
Opening = TypeVar("Opening", OpenModel, OpenServer)


class AnsweringBackend(ABC, Generic[Opening]):
    """Opens one model at a time, by requests of the type `opens`, and answers with it."""

    opens: ClassVar[type[OpenModel] | type[OpenServer]]

    def __init__(self) -> None:
        self._opened: Opening | None = None
        self._model: AnsweringModel | None = None

    def handle(self, request: Request, emit: Emit, check: CancelCheck) -> FinishReason:
        """Serve a request.

        Emits StageProgress and Ready, or StageProgress, ThoughtDelta, AnswerDelta, VisualTokenSeconds, Stats.
        """
        stage = stage_reporter(emit)
        try:
            with reworded_image_errors(image_texts.ASKED, image_texts.ASKED_STORED):
                return self._handle(request, emit, stage, check)
        except MemoryError:
            self._model = None  # A runtime that has run out of memory is unreliable: reload it.
            raise

    def unload(self) -> None:
        """Forget the open model."""
        self._model = self._opened = None

    @abstractmethod
    def _load(self, request: Opening, stage: StageCallback, check: CancelCheck) -> AnsweringModel:
        """Return the model that `request` opens, ready to answer; raises UserError."""

    def _handle(self, request: Request, emit: Emit, stage: StageCallback, check: CancelCheck) -> FinishReason:
        match request:
            case OpenModel() | OpenServer() if isinstance(request, self.opens):
                model = self._open(cast(Opening, request), stage, check)
                emit(Ready(model.info))
                return FinishReason.COMPLETE
            case Ask():
                callbacks = GenerationCallbacks(
                    stage,
                    partial(_emit_text, emit),
                    check,
                    return_logprobs=request.options.doubts,
                    on_thought=partial(_emit_thought, emit),
                )
                model = self._open_model(stage, check)
                reason, stats = self._answer(model, request, callbacks, emit)
                emit(VisualTokenSeconds(self._open_model(stage, check).seconds_per_visual_token))
                emit(Stats(stats))
                return reason
            case Prefill():
                model = self._open_model(stage, check)
                model.prefill(request.turns, request.options, stage, check)
                emit(VisualTokenSeconds(model.seconds_per_visual_token))
                return FinishReason.COMPLETE
            case _:
                raise TypeError(f"this process does not serve {type(request).__name__}")

    def _answer(
        self,
        model: AnsweringModel,
        request: Ask,
        callbacks: GenerationCallbacks,
        emit: Emit,  # noqa: ARG002 - for those that open another model for the answer
    ) -> tuple[FinishReason, AnswerStats]:
        """Answer with `model`."""
        return model.answer(request.turns, request.image_texts, request.options, callbacks, request.schema)

    def _open(self, request: Opening, stage: StageCallback, check: CancelCheck) -> AnsweringModel:
        self._model = self._load(request, stage, check)
        self._opened = request
        return self._model

    def _open_model(self, stage: StageCallback, check: CancelCheck) -> AnsweringModel:
        if self._model:
            return self._model
        if self._opened is None:
            raise ModelMissing(engine_texts.NO_MODEL)
        return self._open(self._opened, stage, check)


def _emit_text(emit: Emit, delta: TextDelta) -> None:
    emit(AnswerDelta(delta.text, delta.probability, delta.alternatives))


def _emit_thought(emit: Emit, text: str, seconds: float) -> None:
    emit(ThoughtDelta(text, seconds))
