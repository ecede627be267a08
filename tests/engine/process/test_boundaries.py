"""Whatever a request, a backend, an event or a pipe does, one request fails, and the next one is served."""

import builtins
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from typing import cast
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ProblemKind
from app.domain.ids import CallId
from app.domain.models.answer_stats import FinishReason
from app.engine.process import wire
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient, EngineDied
from app.engine.process.messages import AnswerDelta, Done, Failed, Heartbeat, ProbeImage, Shutdown
from app.engine.process.wire import EventEnvelope, RequestEnvelope
from tests.support.scripted_backend import Unspeakable, run_scripted

_KINDS = (kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, BaseException))
# Ctrl+C ends a process, and is told as such; two say that work was stopped or that memory ran out.
NAMES = [*sorted({kind.__name__ for kind in _KINDS} - {"KeyboardInterrupt"}), Unspeakable.__name__]


@pytest.fixture
def talk() -> Iterator[tuple[EngineClient, Iterator[EventEnvelope]]]:
    """A process of its own, and what it says but Heartbeat."""
    client = EngineClient(BackendKind.IMAGES, run_scripted)
    with closing(client.events()) as events:  # type: ignore[type-var]  # A generator, which has its `close`.
        yield client, (envelope for envelope in events if not isinstance(envelope.body, Heartbeat))


def test_every_error_of_a_backend_fails_its_request_alone(talk: tuple[EngineClient, Iterator[EventEnvelope]]) -> None:
    client, events = talk
    # Before anything was served, one that is out of memory ends the process.
    client.send(RequestEnvelope(CallId(899), ProbeImage("count", 0)))
    assert next(events) == EventEnvelope(CallId(899), Done(FinishReason.COMPLETE))
    for number, name in enumerate(NAMES):
        client.send(RequestEnvelope(CallId(number), ProbeImage(f"raise {name}", 0)))
        envelope = next(events)
        failed = envelope.body
        assert isinstance(failed, Failed), name
        assert envelope.call_id == number
        assert name in failed.problem.what or failed.problem.kind is ProblemKind.ENGINE
        assert failed.problem.sentence.encode()
    client.send(RequestEnvelope(CallId(900), ProbeImage("count", 0)))
    assert next(events) == EventEnvelope(CallId(900), Done(FinishReason.COMPLETE))


def test_what_cannot_be_said_is_said_as_far_as_it_can_be(talk: tuple[EngineClient, Iterator[EventEnvelope]]) -> None:
    client, events = talk
    client.send(RequestEnvelope(CallId(1), ProbeImage("surrogates", 0)))
    client.send(RequestEnvelope(CallId(2), ProbeImage("unsayable", 0)))
    client.send(RequestEnvelope(CallId(3), ProbeImage("count", 0)))
    assert next(events) == EventEnvelope(CallId(1), AnswerDelta("half \N{REPLACEMENT CHARACTER} a pair"))
    assert next(events) == EventEnvelope(CallId(1), Done(FinishReason.COMPLETE))
    failed = next(events)
    assert isinstance(failed.body, Failed)
    assert failed.call_id == 2
    assert next(events) == EventEnvelope(CallId(3), Done(FinishReason.COMPLETE))


@pytest.mark.parametrize(
    "value",
    [2**64, -(2**70), object(), {1: object()}],
    ids=["above 64 bits", "below 64 bits", "an object", "an object in a mapping"],
)
def test_a_request_that_cannot_be_sent_fails_alone(
    talk: tuple[EngineClient, Iterator[EventEnvelope]], value: object
) -> None:
    client, events = talk
    client.send(RequestEnvelope(CallId(1), ProbeImage("count", cast(int, value))))
    client.send(RequestEnvelope(CallId(2), ProbeImage("count", 0)))
    envelope = next(events)
    failed = envelope.body
    assert isinstance(failed, Failed)
    assert (envelope.call_id, failed.problem.kind) == (1, ProblemKind.BUG)
    assert "could not be reached" in failed.problem.what
    assert next(events) == EventEnvelope(CallId(2), Done(FinishReason.COMPLETE))


@pytest.fixture
def host() -> Iterator[tuple[multiprocessing.process.BaseProcess, Connection]]:
    """A process without its client."""
    context = multiprocessing.get_context("spawn")
    connection, child_end = context.Pipe()
    process = context.Process(target=run_scripted, args=(BackendKind.IMAGES, child_end), daemon=True)
    process.start()
    child_end.close()
    yield process, connection
    connection.close()
    process.join(20)
    process.kill()
    process.join()
    process.close()


def next_event(connection: Connection) -> EventEnvelope:
    while isinstance((envelope := wire.decode_event(connection.recv_bytes())).body, Heartbeat):
        pass
    return envelope


def test_a_request_that_cannot_be_read_fails_alone(
    host: tuple[multiprocessing.process.BaseProcess, Connection],
) -> None:
    _, connection = host
    for damaged in (
        b'{"call_id": 7, "body": {"type": "Fruit"}}',
        wire.encode_request(RequestEnvelope(CallId(7), ProbeImage("a", cast(int, 1.5)))),
    ):
        connection.send_bytes(damaged)
        envelope = next_event(connection)
        assert isinstance(envelope.body, Failed)
        assert (envelope.call_id, envelope.body.problem.kind) == (7, ProblemKind.BUG)
    connection.send_bytes(wire.encode_request(RequestEnvelope(CallId(8), ProbeImage("count", 0))))
    assert next_event(connection) == EventEnvelope(CallId(8), Done(FinishReason.COMPLETE))
    connection.send_bytes(wire.encode_request(RequestEnvelope(CallId(0), Shutdown())))


@pytest.mark.parametrize("data", [b"", b"\x93\x01", b"{", b"\x91" * 200_000, b"[" * 200_000, b"\xff\xfe"])
def test_where_it_cannot_be_told_which_the_process_ends(
    host: tuple[multiprocessing.process.BaseProcess, Connection], data: bytes
) -> None:
    process, connection = host
    connection.send_bytes(data)
    with pytest.raises((EOFError, ConnectionResetError)):
        next_event(connection)
    process.join(20)
    assert process.exitcode == 70


class FakeContext:
    """Of a process that writes some bytes into its pipe, and ends."""

    Pipe = staticmethod(multiprocessing.Pipe)
    pid, exitcode = None, 1

    def __init__(self, says: bytes) -> None:
        self._says = says

    def Process(self, *, args: tuple[BackendKind, Connection], **_: object) -> "FakeContext":
        self._pipe = args[1]
        return self

    def start(self) -> None:
        os.write(self._pipe.fileno(), self._says)

    def join(self, seconds: float) -> None:
        """It has ended."""

    def kill(self) -> None:
        """It has ended."""

    def close(self) -> None:
        """It has ended."""


@given(st.binary(max_size=64), st.sampled_from([b"", b"\xff\xff\xff\xff", b"\x00\x00\x00\x04", b"\x7f\xff\xff\xff"]))
def test_whatever_lies_in_the_pipe_its_reader_comes_to_an_end(data: bytes, head: bytes) -> None:
    context = FakeContext(head + data)
    with patch.object(multiprocessing, "get_context", lambda _method: context), pytest.raises(EngineDied):
        list(EngineClient(BackendKind.IMAGES, run_scripted).events())
