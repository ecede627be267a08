"""A window with little room, in pixels or because of the zoom: nothing lies over anything else, all can be reached."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Draft
from app.domain.ids import ConversationId
from app.domain.settings.settings import ThemeChoice
from app.ui.shell.empty_state import EmptyState
from app.ui.shell.main_window import MINIMUM_HEIGHT, MINIMUM_WIDTH, MainWindow
from app.ui.widgets.scroll_if_low import ScrollIfLow
from app.ui.widgets.theme import Theme
from tests.support.chats import attachment, conversation
from tests.support.drops import drop, files
from tests.ui.conftest import shown

CONTROL = Qt.KeyboardModifier.ControlModifier


def narrow(window: MainWindow, theme: Theme, zoom: int, qtbot: QtBot) -> MainWindow:
    theme.choose(ThemeChoice.LIGHT, zoom)
    window.resize(MINIMUM_WIDTH, MINIMUM_HEIGHT)
    qtbot.waitUntil(lambda: window.width() == MINIMUM_WIDTH and not window.sidebar.isVisible())
    return window


def place(widget: QWidget) -> QRect:
    return QRect(widget.mapToGlobal(QPoint()), widget.size())


def contains(whole: QWidget, part: QWidget) -> bool:
    return place(whole).contains(place(part))


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Let the layouts do what they were asked for."""
    qtbot.wait(0)
    window.repaint()


@pytest.mark.parametrize("zoom", [100, 140, 200])
def test_the_sidebar_takes_the_place_of_the_chat_in_a_narrow_window(
    window: MainWindow, theme: Theme, qtbot: QtBot, zoom: int
) -> None:
    narrow(window, theme, zoom, qtbot)
    assert window.composer.isVisible()
    qtbot.keyClick(window.composer.edit, Qt.Key.Key_B, CONTROL)
    qtbot.waitUntil(lambda: window.sidebar.width() == window.width())
    assert not window.composer.isVisible()
    qtbot.mouseClick(window.sidebar.fold, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.composer.isVisible)
    assert not window.sidebar.isVisible()


@pytest.mark.parametrize("zoom", [100, 140, 200])
def test_parts_of_the_sidebar_lie_below_one_another(window: MainWindow, theme: Theme, qtbot: QtBot, zoom: int) -> None:
    narrow(window, theme, zoom, qtbot)
    window.panes.toggle_sidebar()
    qtbot.waitUntil(lambda: window.sidebar.width() == window.width())
    settle(window, qtbot)
    line = window.sidebar.status_line
    parts = [window.sidebar.new_chat, window.sidebar.search, window.sidebar.list, line]
    inside = [part for part in line.children() if isinstance(part, (QLabel, QAbstractButton)) and part.isVisible()]
    for group in (parts, inside):
        places = sorted((place(part) for part in group), key=QRect.top)
        for upper, lower in pairwise(places):
            assert upper.bottom() < lower.top() or upper.right() < lower.left() or lower.right() < upper.left()
    for part in (window.sidebar.new_chat, window.sidebar.search, line.offline):
        assert part.height() >= part.sizeHint().height()


@pytest.mark.parametrize("zoom", [100, 140, 200])
def test_all_of_the_composer_is_reached_in_a_low_window(
    window: MainWindow, theme: Theme, qtbot: QtBot, zoom: int
) -> None:
    narrow(window, theme, zoom, qtbot)
    window.composer.set_draft(Draft(text="a question", attachments=(attachment("1"), attachment("2"))))
    (scroll,) = (area for area in window.findChildren(ScrollIfLow) if area.isAncestorOf(window.composer))
    tools = [window.composer.add, window.composer.read, window.composer.send, window.composer.edit]
    for tool in tools:
        qtbot.waitUntil(partial(contains, window.composer, tool))
        assert tool.height() >= tool.sizeHint().height()
        scroll.ensureWidgetVisible(tool, 0, 0)
        assert place(tool).top() >= place(scroll).top()
        assert place(tool).bottom() <= place(window).bottom()


def test_what_is_typed_into_stays_on_the_screen(window: MainWindow, theme: Theme, qtbot: QtBot) -> None:
    window.activateWindow()
    window.composer.edit.setFocus()
    qtbot.waitUntil(window.composer.edit.hasFocus)
    narrow(window, theme, 200, qtbot)
    window.composer.set_draft(Draft(attachments=(attachment("1"), attachment("2"))))
    (scroll,) = (area for area in window.findChildren(ScrollIfLow) if area.isAncestorOf(window.composer))
    qtbot.waitUntil(lambda: scroll.verticalScrollBar().maximum() > 0)
    qtbot.waitUntil(lambda: place(scroll).contains(place(window.composer.edit)))


def leave_by_choice(window: MainWindow, qtbot: QtBot) -> None:
    window.sidebar.set_conversations((conversation("c1", "Receipt"),))
    window.sidebar.select(ConversationId("c1"))
    window.sidebar.list.clicked.emit(window.sidebar.list.currentIndex())


def leave_by_new_chat(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.sidebar.new_chat, Qt.MouseButton.LeftButton)


def leave_by_escape(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(window.stop_triggered):
        qtbot.keyClick(window.sidebar.new_chat, Qt.Key.Key_Escape)


def leave_by_typing(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(window.sidebar.list, "hi")
    assert window.composer.edit.toPlainText() == "hi"


def leave_by_drop(window: MainWindow, qtbot: QtBot) -> None:
    drop(window, files([Path("/a.png")]))


def leave_by_search_in_chat(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.sidebar.new_chat, Qt.Key.Key_F, CONTROL)
    assert window.find_bar.isVisible()


@pytest.mark.parametrize(
    "leave",
    [leave_by_choice, leave_by_new_chat, leave_by_escape, leave_by_typing, leave_by_drop, leave_by_search_in_chat],
)
def test_whatever_concerns_the_chat_shows_it_again(
    window: MainWindow, theme: Theme, qtbot: QtBot, leave: Callable[[MainWindow, QtBot], None]
) -> None:
    narrow(window, theme, 100, qtbot)
    window.panes.toggle_sidebar()
    assert not window.composer.isVisible()
    leave(window, qtbot)
    assert window.composer.isVisible()
    assert not window.sidebar.isVisible()


def test_a_page_of_chats_is_no_wish_for_a_wide_window(window: MainWindow, theme: Theme, qtbot: QtBot) -> None:
    window.panes.set_sidebar_wanted(False)
    narrow(window, theme, 100, qtbot)
    window.panes.toggle_sidebar()
    assert window.sidebar.isVisible()
    window.resize(1000, 700)
    qtbot.waitUntil(lambda: window.composer.isVisible() and not window.sidebar.isVisible())
    assert not window.panes.wants_sidebar


def test_the_title_of_an_empty_chat_wraps(window: MainWindow, theme: Theme, qtbot: QtBot) -> None:
    narrow(window, theme, 200, qtbot)
    settle(window, qtbot)
    (title,) = (found for found in window.empty_state.findChildren(QLabel) if found.property("role") == "title")
    assert isinstance(window.empty_state, QScrollArea)
    assert title.height() >= title.heightForWidth(title.width())
    widest = max(title.fontMetrics().horizontalAdvance(word) for word in title.text().split())
    assert widest <= title.width()


def test_the_card_of_an_empty_chat_has_no_negative_width(
    theme: Theme,
    qtbot: QtBot,
    qtlog: Any,  # noqa: ANN401 - pytest-qt has no public type for it
) -> None:
    state = shown(EmptyState(), qtbot)
    for width in (600, 20, 2):
        state.resize(width, 400)
    said = [record.message for record in qtlog.records if "egative" in record.message]
    assert said == [], theme
