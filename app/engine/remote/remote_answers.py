"""A model of a server behind what the model process asks of any model."""

import time
from collections.abc import Sequence

from app.domain.chat import Turn
from app.domain.doubt import Piece
from app.domain.engine_status import Stage
from app.domain.errors import Cancelled, EngineError
from app.domain.generation import AnswerStats, FinishReason, GenerationOptions, ModelInfo
from app.domain.ports import CancelCheck
from app.domain.remote_servers import RemoteModel, is_this_machine
from app.engine.generation.generate import Listener
from app.engine.generation.session_cache import StageCallback
from app.engine.remote.chat_request import chat_request
from app.engine.remote.connection import ServerConnection
from app.engine.remote.event_stream import Chunk, parsed_line

_REASONS = {"stop": FinishReason.COMPLETE, "length": FinishReason.LENGTH}


class RemoteAnswers:
    """Answers with `model` of a server. Nothing is read ahead: what is not asked is not sent."""

    seconds_per_visual_token = 0.0

    def __init__(self, model: RemoteModel, key: str, *, offline: bool = False) -> None:
        self._model = model
        self._connection = ServerConnection(model.address, key, offline=offline)
        self.info = ModelInfo(
            name=f"{model.name} · {model.host}",
            folder="",
            scheme="",
            device=model.host,
            device_reason="a server was chosen",
            context_length=0,
            server=model.host,
            leaves_machine=not is_this_machine(model.address),
        )

    def check_it_is_there(self, check: CancelCheck) -> None:
        """Raise EngineError where the server does not answer, or no longer has the model."""
        names = self._connection.models(check)
        if self._model.name not in names:
            known = ", ".join(f"“{name}”" for name in names[:5])
            raise EngineError(
                f"“{self._model.host}” has no model called “{self._model.name}”.",
                todo=f"Choose another one: {known}." if known else "Load a model there, and connect again.",
            )

    def answer(
        self, turns: Sequence[Turn], image_texts: Sequence[str], options: GenerationOptions, listener: Listener
    ) -> tuple[FinishReason, AnswerStats]:
        """Continue `turns`; see `Model.answer`."""
        del image_texts  # Guesses are the server's affair.
        has_images = any(turn.images for turn in turns)
        listener.stage(Stage.LOOKING if has_images else Stage.THINKING, 0.0)
        run = _Run(listener)
        try:
            body = chat_request(turns, self._model.name, options, listener.check)
            for line in self._connection.answer(body, listener.check):
                if (chunk := parsed_line(line)) and run.is_over(chunk):
                    break
        except Cancelled:
            return FinishReason.STOPPED, run.stats()
        if not run.is_whole:
            raise EngineError(
                f"“{self._model.host}” ended the answer in the middle.",
                kept="The answer so far is kept.",
                todo="Press Continue, or ask again.",
            )
        return run.reason, run.stats()

    def prepare(
        self, turns: Sequence[Turn], options: GenerationOptions, stage: StageCallback, check: CancelCheck
    ) -> None:
        """Send nothing before it is asked."""


class _Run:
    """One answer as it comes in."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._started = time.perf_counter()
        self._first = 0.0
        self._pieces = self._prompt_tokens = self._new_tokens = 0
        self.reason = FinishReason.COMPLETE
        self.is_whole = False

    def is_over(self, chunk: Chunk) -> bool:
        """Take a chunk, and say whether it was the last."""
        if chunk.text:
            self._first = self._first or time.perf_counter() - self._started
            self._pieces += 1
            self._listener.piece(Piece(chunk.text))
        if chunk.finish_reason:
            self.reason = _REASONS.get(chunk.finish_reason, FinishReason.COMPLETE)
        self._prompt_tokens = chunk.prompt_tokens or self._prompt_tokens
        self._new_tokens = chunk.new_tokens or self._new_tokens
        self.is_whole = self.is_whole or chunk.is_last or bool(chunk.finish_reason)
        return chunk.is_last

    def stats(self) -> AnswerStats:
        """Its figures; a server that counts no tokens sends one with each piece, or nearly so."""
        new_tokens = self._new_tokens or self._pieces
        return AnswerStats(
            prompt_tokens=self._prompt_tokens,
            visual_tokens=0,
            new_tokens=new_tokens,
            first_token_seconds=self._first,
            total_seconds=time.perf_counter() - self._started,
            context_tokens=self._prompt_tokens + new_tokens,
        )
