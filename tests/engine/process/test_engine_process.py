"""Real child processes, real pipes; only the backend is scripted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from app.domain.errors import ProblemKind
from app.domain.ids import CallId
from app.domain.models.answer_stats import FinishReason
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient, EngineDied, ProcessMain
from app.engine.process.host import run_engine_process
from app.engine.process.messages import Cancel, Done, Event, Failed, ProbeImage, StageProgress
from app.engine.process.wire import RequestEnvelope
from tests.support import scripted_backend
from tests.support.documents import damaged_tiff
from tests.support.engine_events import engine_events, envelopes
from tests.support.processes import is_alive

LONG_SECONDS = 20.0


class Start(Protocol):
    def __call__(self, main: ProcessMain, *requests: RequestEnvelope) -> tuple[EngineClient, Iterator[Event]]: ...


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Generator[Event]] = []

    def begin(main: ProcessMain, *requests: RequestEnvelope) -> tuple[EngineClient, Iterator[Event]]:
        client = EngineClient(BackendKind.IMAGES, main)
        for request in requests:
            client.send(request)
        events = engine_events(client)
        running.append(events)
        return client, events

    yield begin
    for events in running:
        events.close()


def ask(call_id: int, path: str, number: int = 0) -> RequestEnvelope:
    return RequestEnvelope(CallId(call_id), ProbeImage(path, number))


def test_requests_are_served_in_order_and_each_ends_once() -> None:
    client = EngineClient(BackendKind.IMAGES, scripted_backend.run_scripted)
    for request in (ask(1, "count", 3), ask(2, "count", 1)):
        client.send(request)
    with closing(envelopes(client)) as events:
        said = [next(events) for _ in range(6)]

    assert [envelope.call_id for envelope in said] == [1, 1, 1, 1, 2, 2]
    assert [type(envelope.body) for envelope in said] == [
        StageProgress,
        StageProgress,
        StageProgress,
        Done,
        StageProgress,
        Done,
    ]
    assert said[3].body == Done(FinishReason.COMPLETE)


def test_a_running_request_is_cancelled(start: Start) -> None:
    client, events = start(scripted_backend.run_scripted, ask(1, "wait"))
    assert isinstance(next(events), StageProgress)

    client.send(RequestEnvelope(CallId(1), Cancel()))

    assert next(events) == Done(FinishReason.STOPPED)


def test_a_queued_request_is_cancelled_before_it_starts(start: Start) -> None:
    client, events = start(scripted_backend.run_scripted, ask(1, "wait"), ask(2, "count", 5), ask(3, "count", 1))
    assert isinstance(next(events), StageProgress)

    client.send(RequestEnvelope(CallId(2), Cancel()))
    client.send(RequestEnvelope(CallId(1), Cancel()))

    received_events = [next(events) for _ in range(4)]
    assert received_events[:2] == [Done(FinishReason.STOPPED), Done(FinishReason.STOPPED)]
    assert [type(event) for event in received_events[2:]] == [StageProgress, Done]


def test_a_cancel_of_something_finished_does_no_harm(start: Start) -> None:
    client, events = start(scripted_backend.run_scripted, ask(1, "count", 0))
    assert next(events) == Done(FinishReason.COMPLETE)

    client.send(RequestEnvelope(CallId(1), Cancel()))
    client.send(ask(2, "count", 0))

    assert next(events) == Done(FinishReason.COMPLETE)


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("refuse", ProblemKind.IMAGE, "It is not an image. Drop another."),
        ("bug", ProblemKind.BUG, "ZeroDivisionError: a bug"),
        ("no memory", ProblemKind.ENGINE, "ran out of memory"),
    ],
)
def test_a_failure_is_reported_and_the_process_goes_on(start: Start, path: str, kind: ProblemKind, words: str) -> None:
    _, events = start(scripted_backend.run_scripted, ask(0, "count", 0), ask(1, path), ask(2, "count", 0))
    assert next(events) == Done(FinishReason.COMPLETE)

    failed = next(events)

    assert isinstance(failed, Failed)
    assert failed.problem.kind is kind
    assert words in failed.problem.sentence
    assert next(events) == Done(FinishReason.COMPLETE)


def test_a_process_that_ran_out_of_memory_before_it_served_anything_ends(start: Start) -> None:
    """What it was importing is half there, and would fail every request from then on."""
    _, events = start(scripted_backend.run_scripted, ask(1, "no memory"))
    failed = next(events)
    assert isinstance(failed, Failed)
    assert "ran out of memory" in failed.problem.sentence
    with pytest.raises(EngineDied):
        next(events)


@pytest.mark.parametrize("path", ["half an import", "half an import, reworded"])
def test_a_process_whose_libraries_are_half_imported_ends(start: Start, path: str) -> None:
    """Whatever was served before, and whatever is said of it; what has no such cause ends no process."""
    _, events = start(scripted_backend.run_scripted, ask(0, "count", 0), ask(1, path), ask(2, "count", 0))
    assert next(events) == Done(FinishReason.COMPLETE)
    assert isinstance(next(events), Failed)
    with pytest.raises(EngineDied):
        next(events)


def test_a_backend_that_cannot_be_imported_is_reported_to_who_asked(start: Start) -> None:
    _, events = start(scripted_backend.run_failing_import, ask(7, "count"))

    failed = next(events)

    assert isinstance(failed, Failed)
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


@pytest.mark.parametrize("what", scripted_backend.BABBLE)
def test_a_child_that_babbles_is_killed(start: Start, what: str) -> None:
    _, events = start(partial(scripted_backend.run_babbling, what), ask(1, "count"))

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
        "from app.engine.process.backend_kinds import BackendKind\n"
        "from app.engine.process.client import EngineClient\n"
        "from app.engine.process.messages import ProbeImage\n"
        "from app.engine.process.wire import RequestEnvelope\n"
        "from tests.support.scripted_backend import run_scripted\n"
        "if __name__ == '__main__':\n"
        "    client = EngineClient(BackendKind.IMAGES, run_scripted)\n"
        "    client.send(RequestEnvelope(1, ProbeImage('wait', 0)))\n"
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


@pytest.mark.skipif(sys.platform != "linux", reason="Other systems show other names.")
def test_a_process_is_known_by_its_name(start: Start, tmp_path: Path) -> None:
    client, events = start(run_engine_process, ask(1, str(tmp_path / "none.png")))
    next(events)
    assert Path(f"/proc/{client.pid}/comm").read_text().strip() == "lorgnette-image"


def test_what_decoders_remark_is_not_written_to_standard_error(
    start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _, events = start(run_engine_process, ask(1, str(damaged_tiff(tmp_path / "a.tif"))))
    assert isinstance(next(events), Failed)
    assert capfd.readouterr().err == ""


def test_crash_reports_and_errors_of_our_own_are_still_written() -> None:
    script = """if True:
        import faulthandler, os, sys
        from app.engine.process.native_output import discard_native_output
        discard_native_output()
        os.write(2, b"native")
        print("ours", file=sys.stderr)
        def crash():
            faulthandler._sigsegv()
        crash()
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGSEGV
    assert done.stderr.startswith("ours\nFatal Python error: Segmentation fault\n")
    assert "in crash" in done.stderr
