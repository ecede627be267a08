"""A server's model with the interface that the model process expects of any model."""

import time
from collections.abc import Sequence

from app.domain.chat.chat import Role, Turn
from app.domain.error_texts import server_texts
from app.domain.errors import Cancelled, EngineError
from app.domain.models.answer_stats import AnswerStats, FinishReason
from app.domain.models.engine_status import Stage
from app.domain.models.model_info import ModelInfo
from app.domain.models.remote_servers import RemoteModel, is_this_machine
from app.domain.ports import CancelCheck
from app.domain.settings.generation_options import GenerationOptions
from app.domain.text.confidence import TextDelta
from app.engine.answering import GenerationCallbacks, StageCallback
from app.engine.checkpoints.thinking import is_thinking as is_thinking_model
from app.engine.remote.chat_request import chat_request
from app.engine.remote.connection import ServerConnection
from app.engine.remote.event_stream import Chunk, error_words, parsed_line
from app.engine.remote.server_thoughts import ServerThoughts

_REASONS = {
    **dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence"), FinishReason.COMPLETE),
    **dict.fromkeys(("length", "max_tokens"), FinishReason.LENGTH),
}
"""Finish reasons by the names that OpenAI's API and compatible servers give them."""
_OTHER_ENDS = {
    "content_filter": (server_texts.WITHHELD, server_texts.WITHHELD_ALL),
    **dict.fromkeys(("tool_calls", "function_call"), (server_texts.TOOL_CALLED, server_texts.ONLY_TOOL_CALLED)),
}
"""The errors of other finish reasons, after a part of the answer and before any of it."""
_UNKNOWN_END = server_texts.ENDED_OTHERWISE, server_texts.ENDED_OTHERWISE_WITHOUT_TEXT
LETTERS_PER_TOKEN = 16
"""Characters per token that an answer may have: several times as many as in any language.

A server that sends more ignores the maximum number of tokens in the request.
"""
SPARE_LETTERS = 1000
TRAILER_SECONDS = 2.0
"""Seconds to wait after the finish reason for the token counts and "[DONE]", which not all servers send."""
ANSWER_TIMEOUT_SECONDS = 1800.0
"""Seconds without any content, keep-alives aside, after which a server counts as not answering any more."""


class RemoteAnswers:
    """Answers with a server's `model`. There is no prefill ahead: what has not been asked is not sent."""

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

    def check_available(self, check: CancelCheck) -> None:
        """Raise EngineError if the server does not respond or no longer has the model."""
        names = self._connection.models(check)
        if self._model.name not in names:
            host, name = self._model.host, self._model.name
            if not names:
                raise EngineError(server_texts.MODEL_GONE_NO_OTHER, host=host, model=name)
            known = ", ".join(f"“{other}”" for other in names[:5])
            raise EngineError(server_texts.MODEL_GONE, host=host, model=name, known=known)

    def answer(
        self,
        turns: Sequence[Turn],
        image_texts: Sequence[str],
        options: GenerationOptions,
        callbacks: GenerationCallbacks,
        schema: str = "",
    ) -> tuple[FinishReason, AnswerStats]:
        """Continue `turns`; see `Model.answer`."""
        del image_texts  # Speculative decoding is up to the server.
        has_images = any(turn.images for turn in turns)
        callbacks.on_stage(Stage.ENCODING_IMAGE if has_images else Stage.PREFILLING, 0.0)
        # An answer that is continued is past its reasoning.
        is_thinking = is_thinking_model(None, self._model.name) and turns[-1].role is not Role.ASSISTANT
        thoughts = ServerThoughts(is_thinking=is_thinking)
        answer = _StreamedAnswer(self._model.host, options.max_new_tokens, callbacks, thoughts)
        try:
            body = chat_request(turns, self._model.name, options, callbacks.check, schema)
            for line in self._connection.answer(body, callbacks.check):
                if answer.is_over(parsed_line(line)):
                    break
        except Cancelled:
            return FinishReason.STOPPED, answer.stats()
        finally:
            answer.finish()
        return answer.reason(may_be_empty=turns[-1].role is Role.ASSISTANT), answer.stats()

    def prefill(
        self, turns: Sequence[Turn], options: GenerationOptions, stage: StageCallback, check: CancelCheck
    ) -> None:
        """Do nothing: nothing is sent before the question is asked."""


class _StreamedAnswer:
    """One answer of `host` as it arrives; `max_tokens` was requested as its maximum length."""

    def __init__(self, host: str, max_tokens: int, callbacks: GenerationCallbacks, thoughts: ServerThoughts) -> None:
        self._host = host
        self._callbacks = callbacks
        self._started = self._last_content = time.perf_counter()
        self._first = self._finished = 0.0
        self._letters_left = max_tokens * LETTERS_PER_TOKEN + SPARE_LETTERS
        self._deltas = self._prompt_tokens = self._new_tokens = 0
        self._finish_reason = ""
        self._has_words = self._has_thoughts = self._is_whole = False
        self._first_thought = 0.0
        self._thoughts = thoughts

    def is_over(self, chunk: Chunk | None) -> bool:
        """Process a chunk, or None if none arrived; return whether the answer is complete.

        Raises EngineError after a long silence.
        """
        now = time.perf_counter()
        if chunk:
            self._take(chunk, now)
        if self._finished and now - self._finished > TRAILER_SECONDS:
            return True
        if now - self._last_content > ANSWER_TIMEOUT_SECONDS:
            raise EngineError(server_texts.SILENT, host=self._host, minutes=ANSWER_TIMEOUT_SECONDS / 60)
        return self._letters_left <= 0 or bool(chunk and chunk.is_last)

    def _take(self, chunk: Chunk, now: float) -> None:
        self._send(*self._thoughts.push(chunk.text[: self._letters_left], chunk.thought[: self._letters_left]), now)
        if chunk.text or chunk.thought:
            self._first = self._first or now - self._started
            self._deltas += 1
            self._last_content = now
            self._letters_left -= len(chunk.text) + len(chunk.thought)
        if chunk.finish_reason:
            self._finish_reason = chunk.finish_reason
            self._finished = self._finished or now
        self._prompt_tokens = chunk.prompt_tokens or self._prompt_tokens
        self._new_tokens = chunk.new_tokens or self._new_tokens
        self._is_whole = self._is_whole or chunk.is_last or bool(chunk.finish_reason)

    def _send(self, thought: str, answer: str, now: float) -> None:
        if thought:
            self._first_thought = self._first_thought or now
            self._has_thoughts = True
            self._callbacks.on_thought(thought, now - self._first_thought)
        if answer:
            self._has_words = self._has_words or not answer.isspace()
            self._callbacks.on_text(TextDelta(answer))

    def finish(self) -> None:
        """Pass on the text that is still held back when the answer ends."""
        is_complete = self._is_whole and _REASONS.get(self._finish_reason or "stop") is FinishReason.COMPLETE
        thought, answer = self._thoughts.finish(is_complete=is_complete)
        if thought is None:
            self._has_thoughts = False
            self._callbacks.on_thought("", 0.0)
        self._send(thought or "", answer, time.perf_counter())

    def reason(self, *, may_be_empty: bool) -> FinishReason:
        """Return the finish reason. Raises EngineError if it is no regular one, or for a forbidden empty answer.

        An answer whose reasoning has reached the maximum length is not empty: it can be continued.
        """
        if self._letters_left <= 0:
            return FinishReason.LENGTH
        if not self._is_whole:
            raise EngineError(server_texts.ANSWER_CUT_OFF, host=self._host)
        reason = _REASONS.get(self._finish_reason or "stop")
        if reason is None:
            partial, empty = _OTHER_ENDS.get(self._finish_reason, _UNKNOWN_END)
            text = partial if self._has_words else empty
            raise EngineError(text, host=self._host, reason=error_words(self._finish_reason))
        if self._has_thoughts and reason is FinishReason.LENGTH:
            return reason
        if not self._has_words and not may_be_empty:
            text = server_texts.ONLY_REASONING if self._has_thoughts else server_texts.EMPTY_ANSWER
            raise EngineError(text, host=self._host)
        return reason

    def stats(self) -> AnswerStats:
        """Return its figures; a server that reports no token counts sends about one token with each delta."""
        new_tokens = self._new_tokens or self._deltas
        return AnswerStats(
            prompt_tokens=self._prompt_tokens,
            visual_tokens=0,
            new_tokens=new_tokens,
            first_token_seconds=self._first,
            total_seconds=time.perf_counter() - self._started,
            context_tokens=self._prompt_tokens + new_tokens,
        )
