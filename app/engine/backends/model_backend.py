"""The model process: opens a model folder and answers questions about images."""

from pathlib import Path

from app.domain.models.engine_status import Stage
from app.domain.ports import CancelCheck
from app.engine.answering import AnsweringModel, StageCallback
from app.engine.backends.answering_backend import AnsweringBackend
from app.engine.checkpoints.open_checkpoint import open_checkpoint
from app.engine.generation.model import Model
from app.engine.generation.tokenizer import ChatTokenizer
from app.engine.process.messages import OpenModel
from app.engine.runtimes.registry import Choose, choose_runtime


class ModelBackend(AnsweringBackend[OpenModel]):
    """Serves OpenModel, Ask and Prefill."""

    opens = OpenModel

    def __init__(self, choose: Choose = choose_runtime) -> None:
        super().__init__()
        self._choose = choose

    def _load(self, request: OpenModel, stage: StageCallback, check: CancelCheck) -> AnsweringModel:
        stage(Stage.CHECKING, 0.0)
        checkpoint = open_checkpoint(Path(request.folder))
        tokenizer = ChatTokenizer(checkpoint)
        self.unload()  # Freed before the next one is loaded: two models may not fit.
        return Model.load(checkpoint, tokenizer, self._choose, request.options, stage, check)
