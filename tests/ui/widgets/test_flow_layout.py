"""What stands in a row goes on below where there is no room."""

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.flow_layout import FlowLayout
from tests.ui.conftest import shown


@pytest.fixture
def row(qtbot: QtBot) -> QWidget:
    """Two parts of 100 pixels and a pushed one, 8 pixels apart."""
    made = QWidget()
    layout = FlowLayout()
    for number in range(3):
        if number == 2:
            layout.push()
        part = QWidget(made)
        part.setFixedSize(QSize(100, 20))
        layout.addWidget(part)
    made.setLayout(layout)
    made.resize(400, 60)
    return shown(made, qtbot)


def places(row: QWidget) -> list[tuple[int, int]]:
    layout = row.layout()
    assert layout
    items = [layout.itemAt(index) for index in range(layout.count())]
    return [(item.geometry().x(), item.geometry().y()) for item in items if item]


def test_the_last_stands_at_the_far_end(row: QWidget) -> None:
    assert places(row) == [(0, 0), (108, 0), (300, 0)]
    row.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    row.resize(401, 60)
    assert places(row) == [(301, 0), (193, 0), (0, 0)]


def test_what_has_no_room_goes_below(row: QWidget) -> None:
    layout = row.layout()
    assert layout
    assert [layout.heightForWidth(width) for width in (316, 315, 207)] == [20, 48, 76]
    assert layout.minimumSize() == QSize(100, 20)
    row.resize(250, 60)
    assert places(row) == [(0, 0), (108, 0), (150, 28)]


def test_what_is_hidden_takes_no_room(row: QWidget) -> None:
    layout = row.layout()
    assert layout
    first = layout.itemAt(0)
    assert first
    first.widget().hide()  # type: ignore[union-attr]
    assert layout.sizeHint() == QSize(208, 20)
