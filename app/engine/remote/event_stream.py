"""What a server streams: server-sent events, each with a chunk of a chat completion as JSON, until "[DONE]".

The form of the stream: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from dataclasses import dataclass
from typing import Any

from app.domain.errors import EngineError

MOST_LINE = 1_000_000
"""Letters of an event; what is longer is no answer."""
_END = "[DONE]"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an answer; each part may be missing. `prompt_tokens` and `new_tokens` come once, at the end."""

    text: str = ""
    finish_reason: str = ""
    prompt_tokens: int = 0
    new_tokens: int = 0
    is_last: bool = False


def parsed_line(line: str) -> Chunk | None:
    """The chunk in a line of the stream; None for lines without one. Raises EngineError."""
    if not line.startswith("data:"):
        return None
    data = line.removeprefix("data:").strip()
    if data == _END:
        return Chunk(is_last=True)
    if len(line) > MOST_LINE:
        raise _unreadable()
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    if not isinstance(event, dict):
        raise _unreadable()
    if said := event.get("error"):
        raise EngineError(f"The server stopped with: {error_words(said)}", kept="The answer so far is kept.")
    return _chunk(event)


def error_words(error: Any) -> str:  # noqa: ANN401 - whatever a server may have sent
    """What a server says of an error, in one short line."""
    said = error.get("message", error) if isinstance(error, dict) else error
    words = " ".join(str(said).split())
    return words if len(words) <= 200 else f"{words[:200]}…"


def _chunk(event: dict[str, Any]) -> Chunk:
    usage = event.get("usage")
    counts = {name: _count(usage, name) for name in ("prompt_tokens", "completion_tokens")}
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else {}
    if not isinstance(choice, dict):
        raise _unreadable()
    delta = choice.get("delta") or {}
    text = delta.get("content") if isinstance(delta, dict) else None
    reason = choice.get("finish_reason")
    return Chunk(
        text if isinstance(text, str) else "",
        reason if isinstance(reason, str) else "",
        counts["prompt_tokens"],
        counts["completion_tokens"],
    )


def _count(usage: Any, name: str) -> int:  # noqa: ANN401 - whatever a server may have sent
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and 0 <= value < 2**31 else 0


def _unreadable() -> EngineError:
    return EngineError(
        "The server sent something that is no answer.",
        kept="The answer so far is kept.",
        todo="Look at the address: it must be that of an OpenAI-compatible API.",
    )
