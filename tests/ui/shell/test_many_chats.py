"""What the window holds does not grow with the chats that it has shown."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.ids import ConversationId, MessageId
from app.ui.shell.chat_list_model import ID
from app.ui.shell.main_window import MainWindow
from app.ui.shell.sidebar import Sidebar
from app.ui.widgets.lazy_thumbnails import LazyThumbnails, run_now
from app.ui.widgets.theme import Theme
from tests.support.chats import answer, conversation, question
from tests.ui.conftest import drag, no_thumbnail


@pytest.fixture
def sidebar(qtbot: QtBot, theme: Theme) -> Sidebar:
    made = Sidebar(no_thumbnail, LazyThumbnails(no_thumbnail, run_now))
    qtbot.addWidget(made)
    made.resize(232, 600)
    made.show()
    return made


def chats_of(sidebar: Sidebar) -> list[QModelIndex]:
    """The rows of chats."""
    rows = [sidebar.list.model().index(row, 0) for row in range(sidebar.list.model().rowCount())]
    return [row for row in rows if row.data(ID)]


def held(window: MainWindow) -> tuple[int, int]:
    """Qt's objects of the window, and all widgets, when those that are going have gone."""
    QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return len(window.findChildren(QObject)), len(QApplication.allWidgets())


def test_a_chat_leaves_no_object_in_the_window(window: MainWindow) -> None:
    chats = tuple(conversation(f"c{number}", f"Chat {number}") for number in range(60))

    def work(number: int) -> None:
        window.sidebar.set_conversations(chats[: number + 1])
        asked = replace(
            question(f"Question {number}"), id=MessageId(f"q{number}"), conversation_id=ConversationId(f"c{number}")
        )
        window.chat_view.set_branch([])
        window.chat_view.put_message(asked)
        window.chat_view.put_message(replace(answer(), id=MessageId(f"a{number}"), parent_id=asked.id))

    for number in range(10):
        work(number)
    before = held(window)
    for number in range(10, 60):
        work(number)
    assert window.sidebar.list.model().rowCount() >= 60
    assert held(window) == before


def test_rows_are_drawn_as_far_as_there_is_room(sidebar: Sidebar) -> None:
    title = "A very long title of a chat about all that was in the picture"
    sidebar.set_conversations((conversation("c1", title), conversation("c2", " ")))
    (long, blank) = chats_of(sidebar)
    assert (long.data(), long.data(Qt.ItemDataRole.ToolTipRole)) == (title, f"<qt>{title}</qt>")
    seen = [sidebar.list.viewport().grab(sidebar.list.visualRect(row)).toImage() for row in (long, blank)]
    ground = seen[0].pixelColor(2, 23)
    right = seen[0].width() - 5
    assert any(seen[0].pixelColor(x, y) != ground for x in range(10, right) for y in range(8, 23))
    assert all(seen[0].pixelColor(x, y) == ground for x in range(right, right + 5) for y in range(5, 41))
    lower = [[seen[number].pixelColor(x, y) for x in range(10, right) for y in range(28, 38)] for number in (0, 1)]
    assert lower[0] == lower[1]
    assert any(colour != ground for colour in lower[0])


def test_a_drag_across_the_chats_selects_none(sidebar: Sidebar, monkeypatch: pytest.MonkeyPatch) -> None:
    sidebar.set_conversations((conversation("c1", "One"), conversation("c2", "Two")))
    rows = chats_of(sidebar)
    monkeypatch.setattr(sidebar.list, "startDrag", lambda _: None)
    sidebar.list.clearSelection()
    below = QPointF(60, sidebar.list.viewport().height() - 5)
    first, second = (QPointF(sidebar.list.visualRect(row).center()) for row in rows)
    drag(sidebar.list.viewport(), below, first)
    assert not sidebar.list.selectedIndexes()
    drag(sidebar.list.viewport(), second, first)
    assert sidebar.list.selectedIndexes() == [rows[1]]
