"""What clients may send and hold: sizes, times, numbers; over real sockets, by bytes that no library would send."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.serving.limits import Limits
from tests.support.processes import wait_until
from tests.support.serving import MODEL, Served, running_server

LARGE = 20_000_000
"""Bytes of an answer that no buffers of the system hold."""
HEAD = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"


@contextmanager
def connected(served: Served) -> Iterator[socket.socket]:
    """A connection to the server."""
    with socket.create_connection((served.host, served.port), timeout=60) as made:
        yield made


def answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def sent(served: Served, data: bytes) -> tuple[int, dict[str, Any]]:
    """The status and the error that come for these bytes."""
    with connected(served) as connection:
        connection.sendall(data)
        head, _, body = answer(connection).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body) if body.startswith(b"{") else {}


def posted(served: Served, body: bytes, path: str = "/v1/chat/completions") -> tuple[int, dict[str, Any]]:
    """The status and the object that come for this body."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return sent(served, head.encode() + body)


def still_answers(served: Served) -> bool:
    body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "echo Hi"}]}).encode()
    status, found = posted(served, body)
    return status == 200 and found["choices"][0]["message"]["content"] == "Hi"


@pytest.mark.parametrize(
    "data",
    [
        f"{HEAD}Content-Length: 2000000\r\n\r\n".encode(),
        f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + b"186A0\r\n" + b" " * 100_000 + b"\r\n" * 1,
    ],
    ids=["declared", "chunked"],
)
def test_a_body_that_is_too_large_is_refused_while_it_comes(data: bytes) -> None:
    with running_server(Limits(body_bytes=50_000)) as served:
        status, found = sent(served, data)
        assert (status, found["error"]["code"]) == (413, "request_too_large")
        assert still_answers(served)


def test_all_requests_together_hold_a_bounded_memory() -> None:
    with running_server(Limits(held_bytes=50_000)) as served:
        status, found = posted(served, b" " * 60_000)
        assert (status, found["error"]["code"]) == (429, "server_busy")
        assert still_answers(served)


def test_what_was_held_is_given_back(served: Served) -> None:
    with running_server(Limits(held_bytes=50_000)) as small:
        for _ in range(3):
            assert posted(small, b" " * 30_000)[0] == 400  # No JSON.
        assert still_answers(small)


def test_a_head_that_does_not_end_is_not_waited_for() -> None:
    with running_server(Limits(head_seconds=0.3)) as served:
        for begun in (b"", b"GET / HTTP/1.1\r\n", HEAD.encode()):
            with connected(served) as connection:
                connection.sendall(begun)
                assert answer(connection) == b""
        with connected(served) as connection:  # Behind an answered request, too.
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET")
            assert answer(connection).count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize("limits", [Limits(body_gap_seconds=0.3), Limits(body_seconds=0.3)], ids=["gap", "whole"])
def test_a_body_that_does_not_end_is_not_waited_for(limits: Limits) -> None:
    with running_server(limits) as served:
        status, found = sent(served, f"{HEAD}Content-Length: 100\r\n\r\n{{".encode())
        assert (status, found["error"]["code"]) == (408, "request_timeout")
        assert still_answers(served)


def test_a_client_that_does_not_read_is_disconnected_and_keeps_nobody_waiting() -> None:
    with running_server(Limits(stalled_seconds=0.3, connections=1)) as served, socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect((served.host, served.port))
        body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": f"long {'x' * LARGE}"}]}).encode()
        lazy.sendall(f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        wait_until(lambda: posted(served, b"")[0] == 400)  # There was no connection left for it before.
        assert len(answer(lazy)) < LARGE


def test_connections_are_bounded() -> None:
    with running_server(Limits(connections=2)) as served, connected(served), connected(served):
        status, found = sent(served, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (status, found["error"]["code"]) == (503, "server_busy")


def test_a_long_queue_is_a_429_and_who_left_it_has_no_place(tmp_path: Path) -> None:
    """One request is answered, two wait; the place of one that goes is free at once."""

    def body(text: str) -> bytes:
        asked = {"model": MODEL, "messages": [{"role": "user", "content": text}]}
        return json.dumps(asked).encode()

    def post(connection: socket.socket, text: str) -> None:
        connection.sendall(f"{HEAD}Content-Length: {len(body(text))}\r\n\r\n".encode() + body(text))

    state = tmp_path / "state"
    with running_server(Limits(waiting_calls=2)) as served:
        with connected(served) as running:
            post(running, f"hold {state}")
            wait_until(state.exists)
            with connected(served) as first, connected(served) as second:
                post(first, "echo first")
                post(second, "echo second")
                wait_until(lambda: posted(served, body("echo third"))[0] == 429)
                first.close()
                third: list[int] = []
                waiting = threading.Thread(target=lambda: third.append(_status_when_free(served, body("echo third"))))
                waiting.start()
                wait_until(lambda: state.read_text(encoding="utf-8") == "begun")
                running.close()
                waiting.join()
                assert third == [200]
                assert b"second" in second.recv(65536)
        assert state.read_text(encoding="utf-8") == "stopped"


def _status_when_free(served: Served, body: bytes) -> int:
    status = 429
    while status == 429:
        status = posted(served, body)[0]
    return status


BROKEN = [
    b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"model": 1}', b"[" * 100_000, b'{"a":' * 50_000, b"1e999999",
    b'{"model": "Scripted-model", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}',
    b'{"model": "Scripted-model", "messages": [{"role": "user", "content": "\\ud800"}]}',
    b'{"model": "Scripted-model", "messages": [{"role": "user", "content": [{"type": "input_audio", "text": ""}]}]}',
    b'{"model": "Scripted-model", "messages": [{"role": "user"}], "temperature": NaN}',
    b'{"model": "Scripted-model", "messages": [{"role": "user", "content": "x"}], "seed": 1e400}',
]  # fmt: skip


def test_what_is_no_request_is_an_error_of_the_client(served: Served) -> None:
    for body in BROKEN:
        status, found = posted(served, body)
        assert status == 400, body[:80]
        assert found["error"]["type"] == "invalid_request_error"
    assert still_answers(served)


def test_what_is_no_http_is_refused(served: Served) -> None:
    noise = Random(1)
    for data in (b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", noise.randbytes(2000) + b"\r\n\r\n"):
        assert sent(served, data)[0] == 400
    assert sent(served, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 600_000)[0] == 400
    assert still_answers(served)
