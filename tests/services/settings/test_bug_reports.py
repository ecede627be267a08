"""Errors that nobody caught reach the window's own thread."""

import threading

from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from app.domain.errors import Problem, ProblemKind
from app.services.settings.bug_reports import BugReports


class Shower(QObject):
    """Remembers on which threads it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[Problem, threading.Thread]] = []

    @Slot(object)
    def show(self, problem: Problem) -> None:
        self.shown.append((problem, threading.current_thread()))


def test_an_error_of_another_thread_is_told_on_this_one(qtbot: QtBot) -> None:
    reports, shower = BugReports(), Shower()
    reports.problem_met.connect(shower.show)
    with qtbot.waitSignal(reports.problem_met):
        thread = threading.Thread(target=reports.report, args=(ValueError("x"),))
        thread.start()
        thread.join()
        assert shower.shown == []
    ((problem, where),) = shower.shown
    assert problem.kind is ProblemKind.BUG
    assert where is threading.main_thread()


def test_an_end_that_was_asked_for_is_no_error(qtbot: QtBot) -> None:
    reports = BugReports()
    with qtbot.assertNotEmitted(reports.problem_met, wait=50):
        reports.report(SystemExit(0))
