"""PySide6 itself: a release that miscounts references ends the application after minutes, unseen by other tests."""

import sys

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

CALLS = 1000


class Filter(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        return False


def test_calls_leave_the_counts_of_none_and_of_the_truth_values_alone(qtbot: QtBot, qapp: QApplication) -> None:
    widget, observer = QWidget(), Filter()
    qtbot.addWidget(widget)
    widget.installEventFilter(observer)
    before = [sys.getrefcount(value) for value in (None, True, False)]

    for _ in range(CALLS):
        qapp.processEvents()
        widget.setVisible(False)
        QApplication.sendEvent(widget, QEvent(QEvent.Type.User))

    after = [sys.getrefcount(value) for value in (None, True, False)]
    assert all(abs(new - old) < CALLS / 2 for new, old in zip(after, before, strict=True))
