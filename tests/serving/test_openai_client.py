"""What the `openai` package, the client of most programs, makes of this server: its own requests, its own objects."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from app.serving.access import Access
from app.serving.limits import Limits
from tests.support.processes import wait_until
from tests.support.serving import MODEL, Served, running_server

SCHEMA = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}


@pytest.fixture
def client(served: Served) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{served.address}/v1", api_key="any", max_retries=0) as made:
        yield made


def ask(text: str, *images: str) -> list[Any]:
    """Messages with one question about images."""
    urls = [f"data:image/png;base64,{base64.b64encode(image.encode()).decode()}" for image in images]
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return [{"role": "user", "content": [{"type": "text", "text": text}, *parts]}]


def received(client: OpenAI, messages: list[Any], **options: Any) -> dict[str, Any]:  # noqa: ANN401 - any option
    """What the model was asked."""
    done = client.chat.completions.create(model=MODEL, messages=messages, **options)
    found: dict[str, Any] = json.loads(done.choices[0].message.content or "")
    return found


def test_the_models_are_listed(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).owned_by == "lorgnette"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


def test_an_answer_has_its_text_reason_and_usage(client: OpenAI) -> None:
    done = client.chat.completions.create(model=MODEL, messages=ask("echo Gate B14"))
    assert done.choices[0].message.content == "Gate B14"
    assert done.choices[0].finish_reason == "stop"
    assert done.usage
    assert (done.usage.prompt_tokens, done.usage.completion_tokens, done.usage.total_tokens) == (10, 8, 18)
    assert done.usage.prompt_tokens_details
    assert done.usage.prompt_tokens_details.cached_tokens == 4


def test_a_stream_comes_in_order_and_ends_with_its_usage(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=ask("count 20"), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert chunks[0].choices[0].delta.role == "assistant"
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks[:-1]]
    assert "".join(texts) == "".join(f"{number} " for number in range(1, 21))
    assert len(texts) == 22  # Each delta by itself, between the first chunk and the reason.
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage
    assert chunks[-1].usage.completion_tokens == 20
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_stream_has_no_usage_unless_it_is_asked_for(client: OpenAI) -> None:
    chunks = list(client.chat.completions.create(model=MODEL, messages=ask("echo Hi"), stream=True))
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


def test_the_model_sees_roles_texts_and_images(client: OpenAI) -> None:
    messages = [{"role": "system", "content": "Be short."}, {"role": "developer", "content": "Be kind."}]
    messages += [*ask("What?", "first image"), {"role": "assistant", "content": "A sign."}, *ask("request", "second")]
    seen = received(client, messages)
    assert seen["turns"] == [
        ["system", "Be short."],
        ["system", "Be kind."],
        ["user", "What?"],
        ["assistant", "A sign."],
        ["user", "request"],
    ]
    assert seen["images"] == ["first image", "second"]
    assert seen["options"]["sampling"] is None  # The publisher's.


def test_low_detail_is_fewer_pixels(client: OpenAI) -> None:
    messages = ask("request", "image")
    messages[0]["content"][1]["image_url"]["detail"] = "low"
    assert received(client, messages)["budgets"] == [512 * 512]


def test_options_reach_the_model(client: OpenAI) -> None:
    seen = received(
        client, ask("request"), temperature=0.5, top_p=0.5, seed=-1, presence_penalty=0.25, max_completion_tokens=7
    )
    options = seen["options"]
    assert options["max_new_tokens"] == 7
    sampling = options["sampling"]
    assert (sampling["temperature"], sampling["top_p"], sampling["presence_penalty"]) == (0.5, 0.5, 0.25)
    assert sampling["seed"] == 2**63 - 1
    greedy = received(client, ask("request"), temperature=0, max_tokens=5)["options"]
    assert greedy["max_new_tokens"] == 5
    assert greedy["sampling"] == {
        "temperature": 0, "top_p": 1.0, "top_k": 0, "presence_penalty": 0.0, "repetition_penalty": 1.0, "seed": None,
    }  # fmt: skip


def test_a_schema_is_the_answers(client: OpenAI) -> None:
    named = {"type": "json_schema", "json_schema": {"name": "receipt", "schema": SCHEMA, "strict": True}}
    assert json.loads(received(client, ask("request"), response_format=named)["schema"]) == SCHEMA
    assert json.loads(received(client, ask("request"), response_format={"type": "json_object"})["schema"]) == {
        "type": "object"
    }
    assert received(client, ask("request"), response_format={"type": "text"})["schema"] == ""


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_stop_sequence_ends_the_answer_before_it(client: OpenAI, *, is_stream: bool) -> None:
    options: dict[str, Any] = {"model": MODEL, "messages": ask("count 1000"), "stop": ["12 1", "nowhere"]}
    begun = time.monotonic()
    if is_stream:
        chunks = list(client.chat.completions.create(**options, stream=True))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        reason = chunks[-1].choices[0].finish_reason
    else:
        done = client.chat.completions.create(**options)
        text, reason = done.choices[0].message.content or "", done.choices[0].finish_reason
    assert text == "1 2 3 4 5 6 7 8 9 10 11 "
    assert reason == "stop"
    assert time.monotonic() - begun < 9  # A thousand steps take longer: the model was stopped.


def test_the_limit_of_length_is_the_reason(client: OpenAI) -> None:
    done = client.chat.completions.create(model=MODEL, messages=ask("long Once upon"))
    assert done.choices[0].finish_reason == "length"


def test_reasoning_is_beside_the_answer(client: OpenAI) -> None:
    done = client.chat.completions.create(model=MODEL, messages=ask("think B14."))
    message = done.choices[0].message
    assert message.content == "B14."
    assert message.model_dump()["reasoning_content"] == "Hm. "
    assert done.usage
    assert done.usage.completion_tokens_details
    assert done.usage.completion_tokens_details.reasoning_tokens == 1
    chunks = list(client.chat.completions.create(model=MODEL, messages=ask("think B14."), stream=True))
    assert [chunk.choices[0].delta.model_dump().get("reasoning_content") for chunk in chunks][1] == "Hm. "


@pytest.mark.parametrize(
    ("options", "error", "part"),
    [
        ({"model": "gpt-4o"}, openai.NotFoundError, "This server has “Scripted-model”"),
        ({"messages": []}, openai.BadRequestError, "There must be 1 to 1000 messages"),
        ({"messages": [{"role": "user", "content": ""}]}, openai.BadRequestError, "The messages are empty"),
        ({"messages": [{"role": "tool", "content": "x"}]}, openai.BadRequestError, "not a role"),
        ({"messages": "text"}, openai.BadRequestError, "$.messages"),
        ({"n": 2}, openai.BadRequestError, "does not support n"),
        ({"tools": [{"type": "function"}]}, openai.BadRequestError, "does not support tools"),
        ({"temperature": 3}, openai.BadRequestError, "temperature must be from"),
        ({"max_tokens": 0}, openai.BadRequestError, "max_tokens must be at least 1"),
        ({"stop": [""]}, openai.BadRequestError, "stop sequences"),
        ({"response_format": {"type": "json_schema"}}, openai.BadRequestError, "json_schema.schema"),
        ({"messages": ask("many")}, openai.BadRequestError, "200 tokens, more than"),
        ({"messages": ask("echo x", "refuse")}, openai.BadRequestError, "It is not an image. Take another."),
        ({"messages": ask("echo x", "two\fpages")}, openai.BadRequestError, "send it to /ocr"),
        ({"messages": ask("echo x", "huge")}, openai.BadRequestError, "too many pixels"),
        ({"messages": ask("echo x", *["i"] * 21)}, openai.BadRequestError, "can have 20 images"),
        ({"messages": ask("die")}, openai.InternalServerError, "The process took too long or crashed"),
        ({"messages": ask("bug")}, openai.InternalServerError, "Something went wrong in the engine"),
        ({"messages": ask("memory")}, openai.InternalServerError, "ran out of memory"),
    ],
)
def test_errors_are_the_clients_own_and_the_next_request_is_answered(
    client: OpenAI, options: dict[str, Any], error: type[openai.APIStatusError], part: str
) -> None:
    with pytest.raises(error, match="Error code") as raised:
        client.chat.completions.create(**({"model": MODEL, "messages": ask("echo Hi")} | options))
    assert part in raised.value.message
    assert client.chat.completions.create(model=MODEL, messages=ask("echo Hi")).choices[0].message.content == "Hi"


def test_an_address_is_not_fetched(client: OpenAI) -> None:
    parts = [{"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}]
    with pytest.raises(openai.BadRequestError, match="fetches no addresses") as raised:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": parts}])  # type: ignore[list-item,misc]
    assert raised.value.code == "image_url_not_fetched"
    assert raised.value.param == "messages[0].content[0].image_url"


def test_an_engine_that_dies_within_an_answer_ends_the_stream_with_an_error(client: OpenAI) -> None:
    stream = client.chat.completions.create(model=MODEL, messages=ask("exit"), stream=True)
    texts = []
    with pytest.raises(openai.APIError, match="took too long or crashed"):
        texts += [chunk.choices[0].delta.content for chunk in stream]
    assert client.chat.completions.create(model=MODEL, messages=ask("echo Hi")).choices[0].message.content == "Hi"


@pytest.mark.parametrize("is_stream", [False, True])
def test_a_client_that_goes_stops_its_answer(client: OpenAI, tmp_path: Path, *, is_stream: bool) -> None:
    """A stream is left after its first chunk; a whole answer by the client's own timeout."""
    state = tmp_path / "state"
    hasty: Any = client.with_options(timeout=1.0)
    with pytest.raises(openai.APITimeoutError):
        list(hasty.chat.completions.create(model=MODEL, messages=ask(f"hold {state}"), stream=is_stream))
    wait_until(lambda: state.exists() and state.read_text(encoding="utf-8") == "stopped")
    assert client.chat.completions.create(model=MODEL, messages=ask("echo Hi")).choices[0].message.content == "Hi"


def test_a_wrong_key_is_an_authentication_error() -> None:
    with running_server(access=Access(host="127.0.0.1", key="k" * 20)) as served:
        base = f"{served.address}/v1"
        with OpenAI(base_url=base, api_key="wrong", max_retries=0) as client, pytest.raises(openai.AuthenticationError):
            client.models.list()
        with OpenAI(base_url=base, api_key="k" * 20, max_retries=0) as client:
            assert [model.id for model in client.models.list()] == [MODEL]


def test_a_full_queue_is_a_rate_limit_with_a_time_to_retry() -> None:
    with (
        running_server(Limits(waiting_calls=0)) as served,
        OpenAI(base_url=f"{served.address}/v1", api_key="any", max_retries=0) as client,
        pytest.raises(openai.RateLimitError) as raised,
    ):
        client.chat.completions.create(model=MODEL, messages=ask("echo Hi"))
    assert int(raised.value.response.headers["retry-after"]) >= 1
