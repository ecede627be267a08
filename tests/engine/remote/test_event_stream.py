"""A server's stream, line by line: its texts come through, and whatever else it sends is a chunk or one told error."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.errors import EngineError
from app.domain.well_formed import well_formed
from app.engine.remote.event_stream import Chunk, parsed_line

NAMES = (
    *("choices", "delta", "content", "finish_reason", "usage", "prompt_tokens", "completion_tokens"),
    *("error", "message", "reasoning", "reasoning_content"),
)
any_text = st.one_of(st.text(), st.text(st.characters(categories=["Cs"])))
wild = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), any_text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=8,
)


def line_of(event: object) -> str:
    return f"data: {json.dumps(event)}"


def event(**delta: object) -> dict[str, Any]:
    return {"choices": [{"delta": delta}]}


def check(chunk: Chunk) -> None:
    """A chunk has fields of its types, as msgspec asks of the event that they become."""
    assert [type(getattr(chunk, name)) for name in Chunk.__slots__] == [str, str, int, int, bool, str]
    assert min(chunk.prompt_tokens, chunk.new_tokens) >= 0
    (chunk.text + chunk.finish_reason + chunk.thought).encode()  # Raises if half a character is in it.


@given(any_text, any_text)
def test_texts_come_through(content: str, thought: str) -> None:
    assert parsed_line(line_of(event(content=content))) == Chunk(well_formed(content))
    assert parsed_line(line_of(event(reasoning=thought))) == Chunk(thought=well_formed(thought))


@given(wild)
@example({"usage": {"prompt_tokens": True, "completion_tokens": True}})
@example({"usage": {"prompt_tokens": 2**70, "completion_tokens": -1}})
def test_any_event_is_a_chunk_or_an_error(sent: object) -> None:
    try:
        chunk = parsed_line(line_of(sent))
    except EngineError as error:
        assert str(error).encode()  # noqa: PT017 - either is right
        assert len(str(error)) < 1000  # noqa: PT017
    else:
        assert chunk
        check(chunk)


@given(st.one_of(any_text, any_text.map("data:{}".format), any_text.map('data: {{"choices": {}'.format)))
@example("data:" + "[" * 100_000)
@example("data: " + "9" * 5000)
@example("data: [DONE]")
def test_any_line_is_a_chunk_nothing_or_an_error(line: str) -> None:
    try:
        chunk = parsed_line(line)
    except EngineError:
        assert line.startswith("data:")
    else:
        assert (chunk is None) == (not line.startswith("data:"))
        check(chunk or Chunk())


@given(st.sampled_from(["", " ", "\t", "  "]), st.sampled_from(["", " ", "\t"]), any_text)
def test_space_around_the_data_does_not_matter(before: str, after: str, content: str) -> None:
    plain = parsed_line(line_of(event(content=content)))
    assert parsed_line(f"data:{before}{json.dumps(event(content=content))}{after}") == plain
