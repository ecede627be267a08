"""Real engines that are stopped from outside while they work: noticed, told, ended, started anew, closed in time."""

import os
import signal
import time
from pathlib import Path

import pytest

from app.domain.chat.chat import MessageState, Role, Turn
from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.settings.generation_options import GenerationOptions
from app.engine.process.backend_kinds import BackendKind
from app.engine.process.watchdog import HEARTBEAT_WARNING_TICKS, TICK_SECONDS
from app.paths import RESOURCES
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.support.fake_engine import ignore
from tests.support.processes import engine_processes_of, is_alive, wait_until

MAX_NOTICED_SECONDS = HEARTBEAT_WARNING_TICKS * TICK_SECONDS + 15  # On a busy machine.
MAX_END_SECONDS = 5.0


def pid_of(desktop: Desktop, kind: BackendKind) -> int:
    """The process of a kind."""
    pid = desktop.lorgnette.engines[kind].pid
    assert pid
    return pid


def ask_the_endless(desktop: Desktop, endless_model: Path) -> int:
    """Have it stream, and stop its process in the middle; the process's id."""
    desktop.open_model(endless_model)
    desktop.type_and_send("What do you see?")
    desktop.wait(lambda: desktop.lorgnette.session.is_busy and any(len(m.text) > 20 for m in desktop.branch[-1:]))
    pid = pid_of(desktop, BackendKind.MODEL)
    os.kill(pid, signal.SIGSTOP)
    return pid


def test_a_model_that_hangs_is_told_stopped_and_opened_anew(open_desktop: OpenDesktop, endless_model: Path) -> None:
    desktop = open_desktop()
    line = desktop.window.sidebar.status_line
    pid = ask_the_endless(desktop, endless_model)
    start = time.monotonic()
    desktop.wait(lambda: line.text == "The engine is not responding")
    assert time.monotonic() - start < MAX_NOTICED_SECONDS
    assert line.restart.isVisibleTo(desktop.window)
    assert desktop.lorgnette.session.is_busy

    desktop.lorgnette.session.stop()
    answer = desktop.wait_for_answer()
    assert answer.state is MessageState.STOPPED
    assert len(answer.text) > 20
    assert desktop.lorgnette.model.status.state is EngineState.DIED
    assert line.restart.isVisibleTo(desktop.window)
    wait_until(lambda: not is_alive(pid))

    line.restart.click()
    desktop.wait(lambda: desktop.is_ready(endless_model))
    desktop.type_and_send("And now?")
    desktop.wait(lambda: desktop.branch[-1].text != "" and desktop.branch[-1].id != answer.id)
    desktop.lorgnette.session.stop()
    assert desktop.wait_for_answer().state is MessageState.STOPPED


def test_a_model_that_hangs_is_told_above_the_chat_until_it_answers(open_desktop: OpenDesktop) -> None:
    """The status line is in the sidebar, which may be hidden."""
    desktop = open_desktop()
    model, notices = desktop.lorgnette.model, desktop.window.notices
    desktop.window.panes.set_sidebar_wanted(False)
    for _ in range(2):
        model.status_changed.emit(EngineStatus(state=EngineState.LOADING, is_silent=True))
        (silence,) = notices.current
        assert silence.sentence == "The engine is not responding"
        assert [(action.label, action.run) for action in silence.actions] == [("Restart engine", model.restart)]
        model.status_changed.emit(EngineStatus(state=EngineState.LOADING))
        assert notices.current == ()


def test_a_restart_while_it_hangs_keeps_what_was_answered(open_desktop: OpenDesktop, endless_model: Path) -> None:
    desktop = open_desktop()
    line = desktop.window.sidebar.status_line
    pid = ask_the_endless(desktop, endless_model)
    desktop.wait(lambda: line.restart.isVisibleTo(desktop.window))
    line.restart.click()
    answer = desktop.wait_for_answer()
    assert (answer.state, len(answer.text) > 20) == (MessageState.STOPPED, True)
    wait_until(lambda: not is_alive(pid))
    desktop.wait(lambda: desktop.is_ready(endless_model))


@pytest.mark.parametrize("is_patient", [True, False], ids=["waiting", "pressing Stop"])
def test_a_reader_that_hung_before_it_was_asked_is_replaced(
    open_desktop: OpenDesktop, receipt: Path, is_patient: bool
) -> None:
    desktop = open_desktop()
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    session = desktop.lorgnette.session
    session.read_text(session.draft.attachments[0])
    desktop.wait_for_answer()  # Its process is there.
    os.kill(pid_of(desktop, BackendKind.READER), signal.SIGSTOP)
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    session.read_text(session.draft.attachments[0])
    desktop.wait(lambda: session.is_busy)
    if not is_patient:
        session.stop()
    answer = desktop.wait_for_answer()
    assert answer.state is (MessageState.COMPLETE if is_patient else MessageState.STOPPED)
    assert answer.problem is None

    desktop.drop(receipt)
    desktop.wait_for_images(1)
    session.read_text(session.draft.attachments[0])
    assert "Walnut cake" in desktop.wait_for_answer().text


def test_an_images_process_that_hung_before_it_was_asked_costs_no_image(
    open_desktop: OpenDesktop, receipt: Path
) -> None:
    desktop = open_desktop()
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    os.kill(pid_of(desktop, BackendKind.IMAGES), signal.SIGSTOP)
    desktop.drop(RESOURCES / "samples" / "note.png")
    desktop.wait_for_images(2)
    assert list(desktop.window.notices.current) == []


def test_the_application_closes_in_time_though_all_its_engines_are_stopped(
    open_desktop: OpenDesktop, receipt: Path, endless_model: Path
) -> None:
    desktop = open_desktop()
    desktop.drop(receipt)
    desktop.wait_for_images(1)
    session = desktop.lorgnette.session
    session.read_text(session.draft.attachments[0])
    desktop.wait_for_answer()
    ask_the_endless(desktop, endless_model)
    desktop.lorgnette.session.start_new()
    for _ in range(3):
        desktop.lorgnette.model.ask((Turn(Role.USER, "x" * 190_000),), GenerationOptions(), ignore)
    children = engine_processes_of(os.getpid())
    for pid in children:
        os.kill(pid, signal.SIGSTOP)
    assert len(children) >= 3
    start = time.monotonic()
    desktop.close()
    assert time.monotonic() - start < MAX_END_SECONDS
    assert not any(is_alive(pid) for pid in children)
