"""Content that is scrolled only where it does not fit."""

from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.scroll_if_low import ScrollIfLow
from tests.ui.conftest import shown


def test_what_fits_without_a_scroll_bar_has_none(qtbot: QtBot) -> None:
    window, content = QWidget(), QWidget()
    flow = FlowLayout()
    content.setLayout(flow)
    for number in range(12):
        flow.addWidget(QPushButton(f"Format {number}", content))
    area = ScrollIfLow(content, window)
    window.resize(900, 900)
    shown(window, qtbot)
    bar = area.verticalScrollBar()
    area.resize(600, 20)
    qtbot.waitUntil(bar.isVisible)
    beside = area.width() - area.viewport().width()
    assert beside > 0
    width = next(each for each in range(300, 600) if area.heightForWidth(each) < area.heightForWidth(each - beside))
    area.resize(width, 20)
    qtbot.waitUntil(bar.isVisible)
    area.resize(width, area.heightForWidth(width))
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert area.viewport().width() == width
    area.resize(width, 20)
    qtbot.waitUntil(bar.isVisible)
