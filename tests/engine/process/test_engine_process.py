"""Real child processes, real pipes; only the backend is scripted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from typing import Protocol, cast

import pytest

from app.domain.errors import ProblemKind
from app.domain.generation import FinishReason
from app.engine.process.backend import BackendKind
from app.engine.process.client import EngineClient, EngineDied, ProcessMain
from app.engine.process.messages import Cancel, Done, Event, Failed, Loading, ProbeImage, Request
from tests.support import scripted_backend
from tests.support.processes import is_alive

LONG_SECONDS = 20.0


class Start(Protocol):
    def __call__(self, main: ProcessMain, *requests: Request) -> tuple[EngineClient, Iterator[Event]]: ...


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Generator[Event]] = []

    def begin(main: ProcessMain, *requests: Request) -> tuple[EngineClient, Iterator[Event]]:
        client = EngineClient(BackendKind.IMAGES, main)
        for request in requests:
            client.send(request)
        events = cast(Generator[Event], client.events())
        running.append(events)
        return client, events

    yield begin
    for events in running:
        events.close()


def ask(request_id: int, path: str, number: int = 0) -> ProbeImage:
    return ProbeImage(request_id, path, number)


def test_requests_are_served_in_order_and_each_ends_once(start: Start) -> None:
    _, events = start(scripted_backend.run_scripted, ask(1, "count", 3), ask(2, "count", 1))

    heard = [next(events) for _ in range(6)]

    assert [event.request_id for event in heard] == [1, 1, 1, 1, 2, 2]
    assert [type(event) for event in heard] == [Loading, Loading, Loading, Done, Loading, Done]
    assert heard[3] == Done(1, FinishReason.COMPLETE)


def test_a_running_request_is_cancelled(start: Start) -> None:
    client, events = start(scripted_backend.run_scripted, ask(1, "wait"))
    assert isinstance(next(events), Loading)

    client.send(Cancel(1))

    assert next(events) == Done(1, FinishReason.STOPPED)


def test_a_queued_request_is_cancelled_before_it_starts(start: Start) -> None:
    client, events = start(scripted_backend.run_scripted, ask(1, "wait"), ask(2, "count", 5), ask(3, "count", 1))
    assert next(events).request_id == 1

    client.send(Cancel(2))
    client.send(Cancel(1))

    heard = [next(events) for _ in range(4)]
    assert heard[:2] == [Done(1, FinishReason.STOPPED), Done(2, FinishReason.STOPPED)]
    assert [type(event) for event in heard[2:]] == [Loading, Done]


def test_a_cancel_of_something_finished_does_no_harm(start: Start) -> None:
    client, events = start(scripted_backend.run_scripted, ask(1, "count", 0))
    assert next(events) == Done(1, FinishReason.COMPLETE)

    client.send(Cancel(1))
    client.send(ask(2, "count", 0))

    assert next(events) == Done(2, FinishReason.COMPLETE)


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("refuse", ProblemKind.IMAGE, "It is not an image. Drop another."),
        ("bug", ProblemKind.BUG, "ZeroDivisionError: a bug"),
        ("no memory", ProblemKind.ENGINE, "ran out of memory"),
    ],
)
def test_a_failure_is_reported_and_the_process_goes_on(start: Start, path: str, kind: ProblemKind, words: str) -> None:
    _, events = start(scripted_backend.run_scripted, ask(1, path), ask(2, "count", 0))

    failed = next(events)

    assert isinstance(failed, Failed)
    assert failed.problem.kind is kind
    assert words in failed.problem.sentence
    assert next(events) == Done(2, FinishReason.COMPLETE)


def test_a_backend_that_cannot_be_imported_is_reported_to_who_asked(start: Start) -> None:
    _, events = start(scripted_backend.run_failing_import, ask(7, "count"))

    failed = next(events)

    assert isinstance(failed, Failed)
    assert failed.request_id == 7
    assert "libtorch" in failed.problem.sentence


def test_a_dead_child_is_noticed_with_its_exit_code(start: Start) -> None:
    _, events = start(scripted_backend.run_scripted, ask(1, "exit"))

    with pytest.raises(EngineDied) as death:
        next(events)

    assert death.value.exit_code == 3


def test_a_child_killed_from_outside_is_noticed(start: Start) -> None:
    client, events = start(scripted_backend.run_scripted, ask(1, "wait"))
    next(events)

    assert client.pid
    os.kill(client.pid, signal.SIGKILL)

    with pytest.raises(EngineDied, match="-9"):
        next(events)


def test_a_child_that_babbles_is_killed(start: Start) -> None:
    _, events = start(scripted_backend.run_babbling, ask(1, "count"))

    with pytest.raises(EngineDied) as death:
        next(events)

    assert death.value.exit_code == -signal.SIGKILL


def test_close_ends_a_busy_child_without_a_kill(start: Start) -> None:
    client, events = start(scripted_backend.run_scripted, ask(1, "wait"))
    next(events)
    pid = client.pid or 0

    client.close()

    assert not [event for event in events if isinstance(event, Failed)]
    assert not is_alive(pid)


def test_close_kills_a_child_that_does_not_listen(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.process.client.SHUTDOWN_SECONDS", 0.2)
    client, events = start(scripted_backend.run_scripted, ask(1, "ignore cancel"))
    next(events)
    pid = client.pid or 0

    client.close()

    assert list(events) == []
    assert not is_alive(pid)


def test_a_child_ends_when_its_parent_is_killed() -> None:
    program = (
        "from app.engine.process.backend import BackendKind\n"
        "from app.engine.process.client import EngineClient\n"
        "from app.engine.process.messages import ProbeImage\n"
        "from tests.support.scripted_backend import run_scripted\n"
        "if __name__ == '__main__':\n"
        "    client = EngineClient(BackendKind.IMAGES, run_scripted)\n"
        "    client.send(ProbeImage(1, 'wait', 0))\n"
        "    for event in client.events():\n"
        "        print(client.pid, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()

    deadline = time.monotonic() + LONG_SECONDS
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)
