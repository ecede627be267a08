"""The model process: opens a model folder and answers questions about images."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from app.domain.chat.chat import Role, Turn
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.models.engine_status import Stage
from app.domain.ports import CancelCheck
from app.domain.text.confidence import TextDelta
from app.engine.answering import AnsweringModel, GenerationCallbacks, NotFiniteError, StageCallback
from app.engine.backends.answering_backend import AnsweringBackend, Emit
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.disk_cache_writer import DiskCacheWriter
from app.engine.generation.model import Model
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.process.messages import Ask, OpenModel, Ready, Request, UseDiskCache
from app.engine.runtimes.registry import Choose, choose_runtime

_log = logging.getLogger(__name__)


class ModelBackend(AnsweringBackend[OpenModel]):
    """Serves OpenModel, UseDiskCache, Ask and Prefill."""

    opens = OpenModel

    def __init__(self, choose: Choose = choose_runtime) -> None:
        super().__init__()
        self._choose = choose
        self._disk_cache: UseDiskCache | None = None
        self.disk_writer = DiskCacheWriter()

    def _handle(self, request: Request, emit: Emit, stage: StageCallback, check: CancelCheck) -> FinishReason:
        if not isinstance(request, UseDiskCache):
            return super()._handle(request, emit, stage, check)
        self._disk_cache = request
        if isinstance(self._model, Model):
            self._model.use_disk_cache(request)
        return FinishReason.COMPLETE

    def _answer(
        self, model: AnsweringModel, request: Ask, callbacks: GenerationCallbacks, emit: Emit
    ) -> tuple[FinishReason, AnswerStats]:
        """Answer; in safer and safer precisions, from where the one before computed numbers that are not finite."""
        said: list[str] = []
        thought: list[str] = []

        def on_text(delta: TextDelta) -> None:
            said.append(delta.text)
            callbacks.on_text(delta)

        def on_thought(text: str, seconds: float) -> None:
            thought.append(text)
            callbacks.on_thought(text, seconds)

        heard = replace(callbacks, on_text=on_text, on_thought=on_thought)
        while True:
            begun = continued(request.turns, "".join(said), "".join(thought))
            try:
                outcome = model.answer(begun, request.image_texts, request.options, heard, request.schema)
            except NotFiniteError as error:
                model = self._reopen(model, callbacks, error)
                emit(Ready(model.info))
            else:
                if request.chat and isinstance(model, Model):
                    model.keep(request.chat, request.turns, request.options, self.disk_writer)
                return outcome

    def _reopen(self, model: AnsweringModel, callbacks: GenerationCallbacks, error: NotFiniteError) -> AnsweringModel:
        """Open the model in the next safer precision; raise `error` if there is none."""
        if not isinstance(model, Model) or model.safer is None:
            raise error
        _log.warning("%s computed numbers that are not finite", model.info.device)
        request = OpenModel(model.info.folder, model.safer)
        opened = cast(Model, self._open(request, callbacks.on_stage, callbacks.check))
        reason = f"{model.info.device} computed numbers that are not finite"
        self._model = replace(opened, info=replace(opened.info, device_reason=reason))
        return self._model

    def _load(self, request: OpenModel, stage: StageCallback, check: CancelCheck) -> AnsweringModel:
        stage(Stage.CHECKING, 0.0)
        checkpoint = open_checkpoint(Path(request.folder))
        tokenizer = ChatTokenizer(checkpoint)
        self.unload()  # Freed before the next one is loaded: two models may not fit.
        model = Model.load(checkpoint, tokenizer, self._choose, request.options, stage, check)
        if self._disk_cache:
            model.use_disk_cache(self._disk_cache)
        return model


def continued(turns: Sequence[Turn], text: str, thought: str = "") -> Sequence[Turn]:
    """Return the turns with an answer that begins, or goes on, with `thought` and `text`."""
    if not (text or thought):
        return turns
    last = turns[-1]
    if last.role is Role.ASSISTANT:
        return (*turns[:-1], replace(last, text=last.text + text, thought=last.thought + thought))
    return (*turns, Turn(Role.ASSISTANT, text, thought=thought))
