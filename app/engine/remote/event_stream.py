"""Parses a server's stream: server-sent events, each with a chunk of a chat completion as JSON, until "[DONE]".

The format of the stream: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from dataclasses import dataclass
from typing import Any

from app.domain.error_texts import server_texts
from app.domain.errors import EngineError
from app.domain.well_formed import well_formed

_END = "[DONE]"
_MAX_WORDS = 200
"""Maximum number of characters of a server's error message."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A delta of an answer; each field may be empty. `prompt_tokens` and `new_tokens` come once, at the end.

    `thought` is the reasoning of a thinking model.
    """

    text: str = ""
    finish_reason: str = ""
    prompt_tokens: int = 0
    new_tokens: int = 0
    is_last: bool = False
    thought: str = ""


def parsed_line(line: str) -> Chunk | None:
    """Return the chunk in a line of the stream, or None. Raises only EngineError, whatever the line holds."""
    field, _, data = line.partition(":")
    if field not in {"data", "error"}:  # llama.cpp has sent errors in a field of their own.
        return None
    data = data.strip()
    if data == _END:
        return Chunk(is_last=True)
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise EngineError(server_texts.INVALID_ANSWER) from error
    if not isinstance(event, dict):
        raise EngineError(server_texts.INVALID_ANSWER)
    if detail := _error_in(event) or (field == "error" and event):
        raise EngineError(server_texts.ERROR_IN_ANSWER, words=error_words(detail))
    return _chunk(event)


def _error_in(event: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever a server may have sent
    """Return an error as OpenAI, FastAPI or older versions of vLLM report it; something false if there is none."""
    return event.get("error") or event.get("detail") or (event.get("object") == "error" and event)


def error_words(error: Any) -> str:  # noqa: ANN401 - whatever a server may have sent
    """Return a server's error message in one short line."""
    detail = error.get("message", error) if isinstance(error, dict) else error
    try:
        words = " ".join(well_formed(str(detail)).split())
    except RecursionError:
        return "…"
    return words if len(words) <= _MAX_WORDS else f"{words[:_MAX_WORDS]}…"


def _chunk(event: dict[str, Any]) -> Chunk:
    usage = event.get("usage")
    counts = {name: _count(usage, name) for name in ("prompt_tokens", "completion_tokens")}
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else {}
    if not isinstance(choice, dict):
        raise EngineError(server_texts.INVALID_ANSWER)
    delta = choice.get("delta", choice.get("message"))  # A whole message comes from a server that does not stream.
    if not isinstance(delta, dict):
        delta = {}
    return Chunk(
        _text(delta.get("content")),
        _text(choice.get("finish_reason")),
        counts["prompt_tokens"],
        counts["completion_tokens"],
        thought=_text(delta.get("reasoning_content") or delta.get("reasoning")),
    )


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a server may have sent
    return well_formed(value) if isinstance(value, str) else ""


def _count(usage: Any, name: str) -> int:  # noqa: ANN401 - whatever a server may have sent
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if type(value) is int and 0 <= value < 2**31 else 0  # True is an int, too.
