"""A process of one kind over clients that do what no client should, and real ones that are stopped from outside."""

import builtins
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.domain.error_texts import image_texts
from app.domain.errors import Problem
from app.domain.models.answer_stats import FinishReason
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient
from app.engine.process.messages import Ask, Done, Event, Failed, ProbeImage, Request, StageProgress
from app.engine.process.watchdog import (
    CANCEL_TIMEOUT_TICKS,
    HEARTBEAT_TIMEOUT_TICKS,
    HEARTBEAT_WARNING_TICKS,
    START_GRACE_TICKS,
)
from app.engine.process.wire import EventEnvelope
from app.services.engines.engine import Engine, EngineCall
from tests.support.fake_engine import FakeClient, pass_ticks
from tests.support.processes import is_alive, wait_until
from tests.support.scripted_backend import run_scripted

MAX_END_SECONDS = 5.0
KINDS = sorted(
    (kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, BaseException)),
    key=lambda kind: kind.__name__,
)
NEEDS_MORE = {
    "UnicodeEncodeError",
    "UnicodeDecodeError",
    "UnicodeTranslateError",
    "BaseExceptionGroup",
    "ExceptionGroup",
}


class Harness:
    """An engine and what it says; `clients` has its processes in order."""

    def __init__(self, kind: BackendKind, create: Callable[[BackendKind], EngineClient]) -> None:
        self.clients: list[EngineClient] = []
        self.said: list[Event] = []
        self.ends: dict[EngineCall, Event] = {}
        self.deaths: list[Problem] = []
        self.silences: list[bool] = []

        def made(kind: BackendKind) -> EngineClient:
            self.clients.append(create(kind))
            return self.clients[-1]

        self.engine = Engine(kind, made)
        self.engine.died.connect(self.deaths.append)
        self.engine.silence_changed.connect(self.silences.append)

    def ask(self, path: str, number: int = 0) -> EngineCall:
        return self.call(ProbeImage(path, number))

    def call(self, request: Request) -> EngineCall:
        def on_event(event: Event) -> None:
            self.said.append(event)
            if isinstance(event, Done | Failed):
                assert call not in self.ends
                self.ends[call] = event

        call = self.engine.call(request, on_event)
        return call

    def stop_process(self) -> int:
        pid = self.clients[-1].pid
        assert pid
        os.kill(pid, signal.SIGSTOP)
        return pid


OpenHarness = Callable[..., Harness]


def scripted(kind: BackendKind) -> EngineClient:
    return EngineClient(kind, run_scripted)


@pytest.fixture
def open_harness(qtbot: QtBot) -> Iterator[OpenHarness]:
    harnesses: list[Harness] = []

    def start(kind: BackendKind, create: Callable[[BackendKind], EngineClient] = scripted) -> Harness:
        harnesses.append(Harness(kind, create))
        return harnesses[-1]

    yield start
    for harness in harnesses:
        harness.engine.shut_down()


class Breaking(FakeClient):
    """Raises when it is asked anything, as its process' pipes and decoders might."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(lambda _request: iter(()))
        self._error = error

    def events(self) -> Iterator[EventEnvelope]:
        self._asked.get()
        yield from self._break()

    def _break(self) -> Iterator[EventEnvelope]:
        raise self._error


def error_of(kind: type[BaseException]) -> BaseException:
    return kind() if kind.__name__ not in NEEDS_MORE else UnicodeError("\udce9")


@pytest.mark.expects_log_warnings
def test_whatever_a_client_raises_its_requests_fail_and_the_next_one_is_served(
    open_harness: OpenHarness, qtbot: QtBot
) -> None:
    errors = [error_of(kind) for kind in KINDS]
    clients: list[EngineClient] = []

    def create(_kind: BackendKind) -> EngineClient:
        served = FakeClient(lambda _request: iter((Done(FinishReason.COMPLETE),)))
        clients.append(Breaking(errors.pop()) if errors else served)
        return clients[-1]

    harness = open_harness(BackendKind.IMAGES, create)
    numbers = []
    while errors:
        numbers.append(harness.ask("a"))
        qtbot.waitUntil(lambda: numbers[-1] in harness.ends)
        assert isinstance(harness.ends[numbers[-1]], Failed)
        assert len(clients) == len(numbers)  # The one before is never asked again.
    last = harness.ask("b")
    qtbot.waitUntil(lambda: harness.ends.get(last) == Done(FinishReason.COMPLETE))
    assert len(harness.deaths) == len(numbers) == len(clients) - 1


@pytest.mark.parametrize("kind", [BackendKind.IMAGES, BackendKind.READER])
def test_a_stopped_process_is_replaced_and_what_it_owed_has_failed(
    open_harness: OpenHarness, qtbot: QtBot, kind: BackendKind
) -> None:
    harness = open_harness(kind)
    number = harness.ask("wait")
    qtbot.waitUntil(lambda: any(isinstance(event, StageProgress) for event in harness.said), timeout=60_000)
    pid = harness.stop_process()
    pass_ticks(harness.engine, START_GRACE_TICKS + HEARTBEAT_TIMEOUT_TICKS[kind])
    assert isinstance(end := harness.ends[number], Failed)
    assert "did not answer" in end.problem.sentence
    last = harness.ask("count")
    qtbot.waitUntil(lambda: harness.ends.get(last) == Done(FinishReason.COMPLETE), timeout=60_000)
    wait_until(lambda: not is_alive(pid))


def test_a_stopped_model_is_told_and_goes_on_where_it_is_woken(open_harness: OpenHarness, qtbot: QtBot) -> None:
    harness = open_harness(BackendKind.MODEL)
    number = harness.ask("wait")
    qtbot.waitUntil(lambda: any(isinstance(event, StageProgress) for event in harness.said), timeout=60_000)
    pid = harness.stop_process()
    qtbot.wait(100)  # What it had said before is heard.
    pass_ticks(harness.engine, HEARTBEAT_WARNING_TICKS)
    assert harness.silences == [True]
    os.kill(pid, signal.SIGCONT)
    qtbot.waitUntil(lambda: harness.silences == [True, False], timeout=60_000)
    number.stop()
    qtbot.waitUntil(lambda: harness.ends == {number: Done(FinishReason.STOPPED)}, timeout=60_000)
    assert harness.deaths == []


@pytest.mark.parametrize("command", ["wait", "ignore cancel"])
def test_a_stop_that_is_not_heeded_ends_the_process(open_harness: OpenHarness, qtbot: QtBot, command: str) -> None:
    harness = open_harness(BackendKind.MODEL)
    number, waiting, other = harness.ask(command), harness.ask("count"), harness.ask("count")
    qtbot.waitUntil(lambda: any(isinstance(event, StageProgress) for event in harness.said), timeout=60_000)
    pid = harness.stop_process() if command == "wait" else harness.clients[-1].pid
    waiting.stop()
    qtbot.waitUntil(lambda: harness.ends == {waiting: Done(FinishReason.STOPPED)})
    number.stop()
    pass_ticks(harness.engine, CANCEL_TIMEOUT_TICKS)
    assert number not in harness.ends
    pass_ticks(harness.engine, 1)
    assert harness.ends[number] == Done(FinishReason.STOPPED)
    assert isinstance(harness.ends[other], Failed)
    assert "did not stop" in harness.deaths[0].sentence
    wait_until(lambda: not is_alive(pid or 0))
    last = harness.ask("count")
    qtbot.waitUntil(lambda: last in harness.ends, timeout=60_000)


def test_a_restart_of_a_silent_process_kills_it_at_once(open_harness: OpenHarness, qtbot: QtBot) -> None:
    harness = open_harness(BackendKind.MODEL)
    harness.ask("wait")
    qtbot.waitUntil(lambda: any(isinstance(event, StageProgress) for event in harness.said), timeout=60_000)
    pid = harness.stop_process()
    qtbot.wait(100)
    pass_ticks(harness.engine, HEARTBEAT_WARNING_TICKS)
    start = time.monotonic()
    harness.engine.close()
    wait_until(lambda: not is_alive(pid))
    assert time.monotonic() - start < MAX_END_SECONDS
    assert harness.silences == [True, False]


@pytest.mark.parametrize("length", [0, 190_000], ids=["an empty pipe", "a full pipe"])
def test_closing_ends_stopped_processes_in_time(open_harness: OpenHarness, qtbot: QtBot, length: int) -> None:
    harnesses = [open_harness(kind) for kind in BackendKind]
    for harness in harnesses:
        harness.ask("wait")
    qtbot.waitUntil(lambda: all(harness.said for harness in harnesses), timeout=60_000)
    pids = [harness.stop_process() for harness in harnesses]
    for harness in harnesses:
        for _ in range(4):
            harness.ask("x" * length)
    qtbot.wait(200)
    start = time.monotonic()
    for harness in harnesses:
        harness.engine.close()
    for harness in harnesses:
        harness.engine.shut_down()
    assert time.monotonic() - start < MAX_END_SECONDS
    assert not any(is_alive(pid) for pid in pids)


def test_a_long_request_to_a_stopped_process_keeps_nobody_waiting(open_harness: OpenHarness, qtbot: QtBot) -> None:
    harness = open_harness(BackendKind.MODEL)
    harness.ask("wait")
    qtbot.waitUntil(lambda: any(isinstance(event, StageProgress) for event in harness.said), timeout=60_000)
    harness.stop_process()
    long = [harness.call(Ask((), GenerationOptions(), ("x" * 10_000_000,))) for _ in range(3)]
    long[1].stop()
    qtbot.waitUntil(lambda: harness.ends == {long[1]: Done(FinishReason.STOPPED)})


def test_nothing_is_started_once_it_is_shut_down(open_harness: OpenHarness, qtbot: QtBot) -> None:
    harness = open_harness(BackendKind.READER)
    harness.engine.shut_down()
    number = harness.ask("count")
    qtbot.waitUntil(lambda: harness.ends == {number: Done(FinishReason.STOPPED)})
    assert not harness.clients


@pytest.mark.parametrize("kind", [BackendKind.IMAGES, BackendKind.READER])
def test_a_death_costs_the_call_that_was_in_the_process_alone(
    open_harness: OpenHarness, qtbot: QtBot, kind: BackendKind
) -> None:
    harness = open_harness(kind)
    killer, others = harness.ask("exit"), [harness.ask("count") for _ in range(3)]
    qtbot.waitUntil(lambda: len(harness.ends) == 4, timeout=60_000)
    assert isinstance(harness.ends[killer], Failed)
    assert [harness.ends[other] for other in others] == [Done(FinishReason.COMPLETE)] * 3
    assert len(harness.clients) == 2


@pytest.mark.parametrize("command", ["stop", "kill", "half an import"])
def test_a_call_that_an_idle_process_never_began_is_made_by_the_next_one(
    open_harness: OpenHarness, qtbot: QtBot, command: str
) -> None:
    """It hung or died while it had nothing to do, or as it ended after a failed import."""
    harness = open_harness(BackendKind.IMAGES)
    first = harness.ask("count")
    qtbot.waitUntil(lambda: first in harness.ends)
    if command == "stop":
        harness.stop_process()
    elif pid := harness.clients[-1].pid if command == "kill" else None:
        os.kill(pid, signal.SIGKILL)
    else:
        harness.ask(command)
    innocent = harness.ask("count")
    if command == "stop":
        pass_ticks(harness.engine, HEARTBEAT_TIMEOUT_TICKS[BackendKind.IMAGES])
    qtbot.waitUntil(lambda: innocent in harness.ends)
    assert harness.ends[innocent] == Done(FinishReason.COMPLETE)
    assert len(harness.clients) == 2


@pytest.mark.expects_log_warnings
def test_a_call_that_no_process_begins_fails(open_harness: OpenHarness, qtbot: QtBot) -> None:
    """It is made a second time, and no third."""
    dying = iter((False, True, True))

    def create(kind: BackendKind) -> EngineClient:
        return Breaking(OSError()) if next(dying) else EngineClient(kind, run_scripted)

    harness = open_harness(BackendKind.IMAGES, create)
    first = harness.ask("count")
    qtbot.waitUntil(lambda: first in harness.ends)
    harness.stop_process()
    last = harness.ask("count")
    pass_ticks(harness.engine, HEARTBEAT_TIMEOUT_TICKS[BackendKind.IMAGES])
    qtbot.waitUntil(lambda: last in harness.ends)
    assert isinstance(harness.ends[last], Failed)
    assert len(harness.clients) == 2


def test_calls_of_a_model_die_with_it(open_harness: OpenHarness, qtbot: QtBot) -> None:
    """Another process has no model open."""
    harness = open_harness(BackendKind.MODEL)
    calls = [harness.ask("exit"), harness.ask("count")]
    qtbot.waitUntil(lambda: len(harness.ends) == 2, timeout=60_000)
    assert all(isinstance(harness.ends[call], Failed) for call in calls)
    assert len(harness.clients) == 1


@pytest.mark.parametrize(
    ("kind", "what", "remedy"),
    [
        (BackendKind.MODEL, "The engine", "Restart the engine"),
        (BackendKind.READER, "The built-in OCR", "Try again"),
        (BackendKind.IMAGES, "The image decoder", "Try again"),
    ],
)
def test_what_ended_is_named_and_a_restart_asked_for_only_where_one_is_offered(
    open_harness: OpenHarness, qtbot: QtBot, kind: BackendKind, what: str, remedy: str
) -> None:
    harness = open_harness(kind)
    call = harness.ask("exit")
    qtbot.waitUntil(lambda: call in harness.ends, timeout=60_000)
    end = harness.ends[call]
    assert isinstance(end, Failed)
    assert end.problem.what.startswith(f"{what} stopped")
    assert end.problem.todo.startswith(remedy)


def test_an_abandoned_call_is_cancelled_and_says_nothing(open_harness: OpenHarness, qtbot: QtBot) -> None:
    harness = open_harness(BackendKind.IMAGES)
    first, waiting, last = harness.ask("wait"), harness.ask("count"), harness.ask("count")
    qtbot.waitUntil(lambda: len(harness.said) == 1, timeout=60_000)
    waiting.abandon()
    first.abandon()
    qtbot.waitUntil(lambda: last in harness.ends, timeout=60_000)
    assert harness.ends == {last: Done(FinishReason.COMPLETE)}
    assert not harness.engine.is_busy


def test_a_handler_that_raises_costs_no_other_call_anything(
    open_harness: OpenHarness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: reported.append(error))
    harness = open_harness(BackendKind.IMAGES)

    def breaks(_event: Event) -> None:
        raise ZeroDivisionError

    harness.engine.call(ProbeImage("count", 0), breaks)
    last = harness.ask("count")
    qtbot.waitUntil(lambda: last in harness.ends, timeout=60_000)
    assert [type(error) for error in reported] == [ZeroDivisionError]


@pytest.mark.parametrize("kind", list(BackendKind))
@pytest.mark.parametrize("command", ["close", "exit"])
def test_the_end_of_a_call_may_cancel_another(
    open_harness: OpenHarness, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, kind: BackendKind, command: str
) -> None:
    """Also one that ends together with it, when the process is closed or dies."""
    reported: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: reported.append(error))
    harness = open_harness(kind)

    def cancel_other(event: Event) -> None:
        if isinstance(event, Done | Failed):
            other.cancel()

    harness.engine.call(ProbeImage("exit" if command == "exit" else "wait", 0), cancel_other)
    other = harness.ask("count")
    if command == "close":
        harness.engine.close()
    qtbot.waitUntil(lambda: other in harness.ends, timeout=60_000)
    assert harness.ends[other] == Done(FinishReason.STOPPED)
    assert reported == []


def test_a_call_has_a_deadline_of_its_own(open_harness: OpenHarness, qtbot: QtBot) -> None:
    harness = open_harness(BackendKind.READER)
    call = harness.engine.call(ProbeImage("ignore cancel", 0), harness.said.append, deadline=2)
    qtbot.waitUntil(lambda: len(harness.said) == 1, timeout=60_000)
    pass_ticks(harness.engine, 3)
    assert not call.is_open
    assert harness.said[-1] == Failed(image_texts.TOOK_TOO_LONG.problem())


ASLEEP = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.client import EngineClient
from app.engine.process.messages import Done, ProbeImage, StageProgress
from app.engine.process.watchdog import HEARTBEAT_TIMEOUT_TICKS
from app.services.engines.engine import Engine
from tests.support.scripted_backend import run_scripted

if __name__ == "__main__":
    application = QCoreApplication([])
    HEARTBEAT_TIMEOUT_TICKS[BackendKind.READER] = 3
    engine = Engine(BackendKind.READER, lambda kind: EngineClient(kind, run_scripted))

    def on_started(event):
        global call
        if isinstance(event, Done):
            call = engine.call(ProbeImage("wait", 0), on_event, deadline=3)

    def on_event(event):
        if isinstance(event, StageProgress):
            print("works", flush=True)
            QTimer.singleShot(1500, call.stop)
        else:
            print(type(event).__name__, flush=True)
            application.quit()

    call = engine.call(ProbeImage("a", 0), on_started)
    application.exec()
    engine.shut_down()
"""


def test_who_was_asleep_takes_nobody_for_dead() -> None:
    """As after a suspend: much time has passed in which no tick was counted."""
    with subprocess.Popen([sys.executable, "-c", ASLEEP], stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout
        assert watcher.stdout.readline() == "works\n"
        watcher.send_signal(signal.SIGSTOP)
        time.sleep(5)
        watcher.send_signal(signal.SIGCONT)
        assert watcher.stdout.readline() == "Done\n"
