"""What Open WebUI sends to an OpenAI connection, as its source has it; it was read, not run.

Source: github.com/open-webui/open-webui, backend/open_webui/routers/openai.py (`send_get_request`,
`generate_chat_completion`: headers, `stream_options`, images as data: URLs, `cache_control` on the last message),
routers/tasks.py (`generate_title`: `max_completion_tokens`; `generate_follow_ups`, `generate_chat_tags`) and
utils/payload.py (`apply_model_params_to_body_openai`).
"""

import base64
import http.client
import json
from typing import Any

from tests.support.serving import MODEL, Served

HEADERS = {
    "Content-Type": "application/json",
    "Authorization": "Bearer sk-none",
    "User-Agent": "Python/3.11 aiohttp/3.12.15",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate, br",
    "X-OpenWebUI-User-Name": "A%20User",
    "X-OpenWebUI-Chat-Id": "7f1c",
}
URL = f"data:image/png;base64,{base64.b64encode(b'pixels').decode()}"


def sent(served: Served, method: str, path: str, payload: object = None) -> tuple[int, str, bytes]:
    """The status, media type and body of the answer to Open WebUI's request."""
    connection = http.client.HTTPConnection(served.host, served.port, timeout=60)
    try:
        body = None if payload is None else json.dumps(payload)
        connection.request(method, f"/v1{path}", body, HEADERS)
        response = connection.getresponse()
        return response.status, response.getheader("content-type", ""), response.read()
    finally:
        connection.close()


def test_its_connection_is_verified_and_its_models_are_merged(served: Served) -> None:
    """It takes `data`, and of each the `id`; it adds what it needs itself."""
    status, media_type, body = sent(served, "GET", "/models")
    assert (status, media_type) == (200, "application/json")
    found = json.loads(body)
    assert "error" not in found
    assert [(model["id"], model["owned_by"]) for model in found["data"]] == [(MODEL, "lorgnette")]


def test_a_chat_with_an_image_is_streamed_with_its_usage(served: Served) -> None:
    """It recognises a stream by its media type, passes on its lines, and reads the usage of the last chunk."""
    question = [
        {"type": "text", "text": "echo Gate B14", "cache_control": {"type": "ephemeral"}},
        {"type": "image_url", "image_url": {"url": URL}},
    ]
    payload = {
        "stream": True,
        "model": MODEL,
        "messages": [
            {"role": "system", "content": "You are helpful."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hello! How can I help you?"},
            {"role": "user", "content": question},
        ],
        "stream_options": {"include_usage": True},
        "reasoning": {"effort": "low"},
        "logit_bias": {},
        "temperature": 0.7,
        "max_tokens": 256,
        "seed": 42,
        "stop": ["</end>"],
    }
    status, media_type, body = sent(served, "POST", "/chat/completions", payload)
    assert status == 200
    assert "text/event-stream" in media_type
    lines = [line for line in body.decode().split("\n") if line]
    assert lines[-1] == "data: [DONE]"
    chunks: list[Any] = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    texts = [choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"]]
    assert "".join(texts) == "Gate B14"
    assert chunks[-1]["usage"]["total_tokens"] == 18


def test_titles_tags_and_follow_ups_are_answered_whole(served: Served) -> None:
    """It looks for a JSON object in the text of the first choice."""
    task = 'echo {"title": "Boarding times", "tags": ["Travel"], "follow_ups": []}'
    for limits in ({"max_completion_tokens": 1000}, {}):
        payload = {"model": MODEL, "messages": [{"role": "user", "content": task}], "stream": False, **limits}
        status, _, body = sent(served, "POST", "/chat/completions", payload)
        assert status == 200
        text = json.loads(body)["choices"][0]["message"]["content"]
        assert json.loads(text[text.find("{") : text.rfind("}") + 1])["title"] == "Boarding times"


def test_an_error_has_the_text_that_it_shows(served: Served) -> None:
    payload = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    status, _, body = sent(served, "POST", "/chat/completions", payload)
    assert status == 404
    assert "There is no model" in json.loads(body)["error"]["message"]
