"""Servers of models on this machine are found at their ports; other programs there are left alone."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.domain.errors import Cancelled
from app.domain.models.remote_servers import FoundServer
from app.domain.ports import NEVER_CANCELLED
from app.engine.remote import local_servers
from app.engine.remote.local_servers import find_servers
from tests.support.chat_server import chat_server


def port_of(address: str) -> int:
    return int(address.removesuffix("/v1").rpartition(":")[2])


@contextmanager
def silent_port() -> Iterator[int]:
    """A port where connections are accepted and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_servers_tell_their_program_and_models() -> None:
    with chat_server() as named, chat_server() as unnamed:
        named.models = json.dumps({"data": [{"id": "b", "owned_by": "vllm"}, {"id": "a", "owned_by": "vllm"}]}).encode()
        ports = port_of(named.address), port_of(unnamed.address)
        found = find_servers(NEVER_CANCELLED, ports)
    assert found == (
        FoundServer("vLLM", named.address, ("a", "b")),
        FoundServer("", unnamed.address, ("other", "qwen3-vl")),
    )
    assert all("Authorization" not in head for head in named.heads)


def test_a_server_that_wants_a_key_is_found_without_models() -> None:
    with chat_server() as server:
        server.status = 401
        assert find_servers(NEVER_CANCELLED, (port_of(server.address),)) == (
            FoundServer("", server.address, needs_key=True),
        )


@pytest.mark.parametrize(
    "content", [b"<html>", b"[]", b'{"data": []}', b'{"data": [1]}', b'{"data": [{"id": 1}, null]}']
)
def test_other_programs_are_none(content: bytes) -> None:
    with chat_server() as server:
        server.models = content
        assert find_servers(NEVER_CANCELLED, (port_of(server.address),)) == ()


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_a_server_that_refuses_is_not_asked_again(status: int) -> None:
    with chat_server() as server:
        server.status = status
        assert find_servers(NEVER_CANCELLED, (port_of(server.address),)) == ()
        assert len(server.heads) == 1


def test_what_never_answers_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_servers, "PROBE_SECONDS", 0.2)
    with silent_port() as silent, chat_server() as server:
        (found,) = find_servers(NEVER_CANCELLED, (silent, port_of(server.address)))
    assert found.address == server.address


def test_the_search_can_be_stopped() -> None:
    def stop() -> None:
        raise Cancelled

    with silent_port() as silent, pytest.raises(Cancelled):
        find_servers(stop, (silent,))
