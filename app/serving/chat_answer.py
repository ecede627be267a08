"""A model's answer as OpenAI's API words it: one completion, or chunks of a stream.

Source: https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming. The reasoning of a thinking
model is `reasoning_content`, as vLLM and others have it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from app.domain.models.answer_stats import AnswerStats
from app.engine.process.messages import AnswerDelta, Done, Failed, Stats, ThoughtDelta
from app.serving.api_errors import error_of
from app.serving.served_process import ServedCall
from app.serving.stop_sequences import StopSequences


@dataclass(frozen=True, slots=True)
class Delta:
    """The next text of an answer, or of the reasoning before it."""

    text: str = ""
    thought: str = ""

    def fields(self) -> dict[str, str]:
        """Return the fields of a chunk's `delta`."""
        return {"reasoning_content": self.thought} if self.thought else {"content": self.text}


class Answer:
    """Reads the deltas of an answer from its call, up to a stop sequence; then it has a reason and figures."""

    def __init__(self, call: ServedCall, stops: Sequence[str]) -> None:
        self._call = call
        self._stops = StopSequences(stops)
        self._stats: AnswerStats | None = None
        self._is_over = False
        self.finish_reason = "stop"

    async def next_delta(self) -> Delta | None:
        """Return the next text, None after the last. Raises ApiError if the answer fails."""
        if self._is_over:
            return None
        async for event in self._call:
            match event:
                case AnswerDelta(text=text):
                    if shown := self._stops.push(text):
                        return Delta(text=shown)
                    if self._stops.is_found:
                        self._call.cancel()
                case ThoughtDelta(text=text) if text:
                    return Delta(thought=text)
                case Stats(stats=stats):
                    self._stats = stats
                case Failed(problem=problem) if not self._stops.is_found:
                    raise error_of(problem)
                case Done(reason=reason) if not self._stops.is_found:
                    self.finish_reason = "length" if reason.is_cut_off else "stop"
        self._is_over = True
        rest = self._stops.finish()
        return Delta(text=rest) if rest else None

    def usage(self) -> dict[str, Any]:
        """Return the answer's number of tokens, once it is over."""
        if self._stats is None:
            return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        stats = self._stats
        prompt, new = stats.prompt_tokens, stats.new_tokens
        return {
            "prompt_tokens": prompt,
            "completion_tokens": new,
            "total_tokens": prompt + new,
            "prompt_tokens_details": {"cached_tokens": stats.reused_tokens},
            "completion_tokens_details": {"reasoning_tokens": prompt + new - stats.context_tokens},
        }


@dataclass(frozen=True, slots=True)
class Wording:
    """The objects of one answer by `model`, which share an id and a time."""

    model: str
    includes_usage: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def completion(self, text: str, thought: str, answer: Answer) -> dict[str, Any]:
        """Return a whole answer."""
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
        if thought:
            message["reasoning_content"] = thought
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": answer.finish_reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": answer.usage()}

    def chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> dict[str, Any]:
        """Return a chunk of a stream; the last one that has a choice has a finish reason."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if self.includes_usage else {}
        return {**self._head("chat.completion.chunk"), "choices": [choice], **usage}

    def usage_chunk(self, answer: Answer) -> dict[str, Any]:
        """Return the chunk with the usage, which has no choice."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": answer.usage()}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}
