"""The body of a chat completion as OpenAI's API has it, checked.

Source: https://platform.openai.com/docs/api-reference/chat/create. Fields that only change what a client is told, such
as `user` and `metadata`, are ignored; those that ask for what this server cannot do are refused.
"""

import json
from dataclasses import replace
from typing import Any, Literal

import msgspec

from app.domain.settings.generation_options import GREEDY, GenerationOptions, Sampling
from app.serving.api_errors import ApiError
from app.serving.limits import Limits

MAX_STOPS = 16
"""Maximum number of stop sequences; OpenAI's own is 4."""
MAX_STOP_CHARACTERS = 500
MAX_NEW_TOKENS = 32_768
MAX_SEED = 2**63
MAX_SCHEMA_BYTES = 256 * 1024
LOW_DETAIL_PIXELS = 512 * 512
"""Pixels of an image that is asked about with `"detail": "low"`."""
ANY_OBJECT = json.dumps({"type": "object"})


class ImageUrl(msgspec.Struct):
    """The address of an image."""

    url: str
    detail: str | None = None


class Part(msgspec.Struct):
    """A part of a message. Some clients give an image's address without its struct."""

    type: str
    text: str | None = None
    image_url: ImageUrl | str | None = None


class ChatMessage(msgspec.Struct):
    """A message."""

    role: str
    content: str | list[Part] | None = None


class StreamOptions(msgspec.Struct):
    """Options of a stream."""

    include_usage: bool | None = None


class NamedSchema(msgspec.Struct):
    """A JSON schema and its name."""

    name: str = ""
    schema: dict[str, Any] | None = None


class ResponseFormat(msgspec.Struct):
    """The form of the answer."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: NamedSchema | None = None


class ChatRequest(msgspec.Struct):
    """The body of a request; fields that are not listed are ignored."""

    model: str
    messages: list[ChatMessage]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    response_format: ResponseFormat | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    presence_penalty: float | None = None
    repetition_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    logprobs: bool | None = None
    logit_bias: dict[str, float] | None = None
    tools: list[Any] | None = None
    tool_choice: Any = None

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop sequences."""
        return tuple([self.stop] if isinstance(self.stop, str) else self.stop or ())

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


_decoder = msgspec.json.Decoder(ChatRequest)


def parsed_chat(body: bytes, limits: Limits) -> ChatRequest:
    """Return the request in `body`. Raises ApiError."""
    try:
        request = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise ApiError(400, f"The request has a wrong value: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, f"The request is not valid JSON: {error}") from error
    _check_support(request)
    if not request.messages or len(request.messages) > limits.messages:
        raise ApiError(400, f"There must be 1 to {limits.messages} messages.", param="messages")
    if len(request.stops) > MAX_STOPS or any(not 0 < len(stop) <= MAX_STOP_CHARACTERS for stop in request.stops):
        raise ApiError(400, f"There can be {MAX_STOPS} stop sequences, none of them empty.", param="stop")
    return request


def generation_options(request: ChatRequest) -> GenerationOptions:
    """Return the options of the answer. Raises ApiError for values out of range."""
    options = GenerationOptions(sampling=_sampling(request))
    limit = request.max_completion_tokens if request.max_completion_tokens is not None else request.max_tokens
    if limit is None:
        return options
    if limit < 1:
        raise ApiError(400, "max_tokens must be at least 1.", param="max_tokens")
    return replace(options, max_new_tokens=min(limit, MAX_NEW_TOKENS))


def answer_schema(request: ChatRequest) -> str:
    """Return the JSON schema of the answer; empty for free text. Raises ApiError."""
    form = request.response_format
    if form is None or form.type == "text":
        return ""
    if form.type == "json_object":
        return ANY_OBJECT
    if form.json_schema is None or form.json_schema.schema is None:
        raise ApiError(400, "response_format has no json_schema.schema.", param="response_format")
    schema = json.dumps(form.json_schema.schema)
    if len(schema) > MAX_SCHEMA_BYTES:
        raise ApiError(400, f"The schema has more than {MAX_SCHEMA_BYTES // 1024} KB.", param="response_format")
    return schema


def _sampling(request: ChatRequest) -> Sampling | None:
    """Return the sampling, None for that of the model's publisher; what is not given is as for Qwen3-VL Instruct."""
    given: dict[str, Any] = {
        "temperature": _within(request.temperature, 0.0, 2.0, "temperature"),
        "top_p": _within(request.top_p, 0.0, 1.0, "top_p"),
        "top_k": _within(request.top_k, -1, 1000, "top_k"),
        "presence_penalty": _within(request.presence_penalty, -2.0, 2.0, "presence_penalty"),
        "repetition_penalty": _within(request.repetition_penalty, 1.0, 2.0, "repetition_penalty"),
        "seed": None if request.seed is None else request.seed % MAX_SEED,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        return None
    if changes.get("top_k") == -1:  # vLLM's word for no limit.
        changes["top_k"] = 0
    return replace(GREEDY if changes.get("temperature") == 0 else Sampling(), **changes)


def _within(value: float | None, low: float, high: float, name: str) -> float | None:
    if value is not None and not low <= value <= high:
        raise ApiError(400, f"{name} must be from {low} to {high}.", param=name)
    return value


def _check_support(request: ChatRequest) -> None:
    """Refuse what would change the answer and cannot be done. Raises ApiError."""
    wanted = {
        "n": request.n not in {None, 1},
        "tools": bool(request.tools) and request.tool_choice != "none",
        "logprobs": bool(request.logprobs),
        "logit_bias": bool(request.logit_bias),
        "frequency_penalty": bool(request.frequency_penalty),
    }
    for name, is_wanted in wanted.items():
        if is_wanted:
            raise ApiError(400, f"This server does not support {name}.", param=name, code="unsupported_parameter")
