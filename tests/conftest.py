"""Fixtures that every test gets: no display, no user folders, no leaks, no unexpected warnings."""

import os
from pathlib import Path

if os.environ.setdefault("QT_QPA_PLATFORM", "offscreen") == "offscreen":  # Its own screen is smaller than a window.
    _screen = os.path.relpath(Path(__file__).parent / "support" / "screen.json")
    os.environ["QT_QPA_PLATFORM"] += f":configfile={_screen}"
os.environ["LC_ALL"], os.environ["LANGUAGE"] = "C.UTF-8", "en"  # The window follows the desktop's language.
# transformers loads weights on threads that it does not wait for, and the check for leaks may still find one.
os.environ.setdefault("HF_DEACTIVATE_ASYNC_LOAD", "1")

import gc
import logging
import multiprocessing
import sys
import threading
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
from pytestqt.qtbot import QtBot

from app.services.engines.garbage_collector import collect_due

settings.register_profile("same each time", derandomize=True, database=None, deadline=None)
settings.load_profile("same each time")
for wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitExposed, QtBot.waitActive):
    assert wait.__kwdefaults__
    wait.__kwdefaults__["timeout"] = 60_000  # Milliseconds. pytest-qt's 5 s are too short on a busy machine.
gc.disable()  # A thread in the background would destroy Qt's objects, those of earlier tests too.


@pytest.fixture(autouse=True)
def garbage_is_collected_between_tests() -> Iterator[None]:
    """Collect on the main thread, while no event is being delivered."""
    yield
    collect_due()


@pytest.fixture(autouse=True)
def commands_leave_the_tests_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command renounces, its process renounces for good; see test_confined_commands.py."""
    monkeypatch.setattr("app.commands.confined.apply_sandbox", lambda _allowance, **_: None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Of the fault suite; defined here, since pytest asks the first conftest alone."""
    group = parser.getgroup("faults")
    group.addoption("--soak", action="store_true", help="the same faults, tried far more often: hours, not minutes")
    group.addoption("--seed", default="lorgnette", help="of all random moments and mutations; printed by what fails")


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, object, object]:
    """Have reports cross processes although tests print half surrogate pairs, which pytest-xdist cannot send."""
    return encodable((yield))


def encodable(report: object) -> object:
    """Return lists, tuples and mappings of texts with replacement characters for what UTF-8 lacks."""
    match report:
        case str():
            return report.encode("utf-8", "replace").decode("utf-8")
        case dict():
            return {encodable(name): encodable(value) for name, value in report.items()}
        case list() | tuple():
            return type(report)(encodable(value) for value in report)
    return report


@pytest.fixture(autouse=True)
def no_unexpected_log_warnings(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test that logs a warning, unless it is marked `expects_log_warnings`."""
    yield
    if request.node.get_closest_marker("expects_log_warnings"):
        return
    loud = [record for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    assert not loud, f"unexpected log: {[record.getMessage() for record in loud]}"


@pytest.fixture(autouse=True)
def no_leaks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a running QThread, an active QTimer, a child process or a Python thread behind."""
    started: list[tuple[QThread | QTimer, str]] = []
    _remember_starts(monkeypatch, QThread, started)
    _remember_starts(monkeypatch, QTimer, started)
    threads = set(threading.enumerate())
    yield
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
    leaks = [f"{type(item).__name__} started at {where}" for item, where in started if _is_running(item)]
    leaks += [f"child process {child.name}" for child in multiprocessing.active_children()]
    leaks += [f"thread {thread.name}" for thread in threading.enumerate() if _is_leaked(thread, threads)]
    assert not leaks, f"left behind: {leaks}"


def _is_leaked(thread: threading.Thread, before: set[threading.Thread]) -> bool:
    # Python's stand-ins for threads that it did not start itself (Qt's, torch's) cannot be told to end.
    is_stand_in = isinstance(thread, threading._DummyThread)  # noqa: SLF001 - nothing public tells
    return thread not in before and not is_stand_in and thread.is_alive()


def _is_running(item: QThread | QTimer) -> bool:
    try:
        return item.isRunning() if isinstance(item, QThread) else item.isActive() and not item.isSingleShot()
    except RuntimeError:  # Qt has already deleted the object.
        return False


def _remember_starts(
    monkeypatch: pytest.MonkeyPatch, cls: type[QObject], started: list[tuple[QThread | QTimer, str]]
) -> None:
    original = cls.start  # type: ignore[attr-defined]

    def start(self: QThread | QTimer, *args: int) -> None:
        frame = sys._getframe(1)  # noqa: SLF001 - as Python's own logging does
        started.append((self, f"{frame.f_code.co_filename}:{frame.f_lineno}"))
        original(self, *args)

    monkeypatch.setattr(cls, "start", start)
