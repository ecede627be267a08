"""The search field of the sidebar, and the one of the chat."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.domain.search import SearchHit
from app.ui.main_window import MainWindow
from app.ui.sidebar import Sidebar
from app.ui.theme import Theme
from tests.support.chats import answer, conversation, question
from tests.ui.conftest import question_card, shown

HIT = SearchHit(conversation_id="c1", message_id="m1", excerpt="the <b>total</b> & more", matches=((7, 12),))


@pytest.fixture
def sidebar(qtbot: QtBot, theme: Theme) -> Sidebar:
    made = shown(Sidebar(), qtbot)
    made.resize(232, 600)
    made.set_conversations([conversation("c1", "Receipt"), conversation("c2", "Sign")])
    return made


def search(sidebar: Sidebar, qtbot: QtBot, words: str) -> None:
    with qtbot.waitSignal(sidebar.searched) as signal:
        qtbot.keyClicks(sidebar.search, words)
    assert signal.args == [words]


def test_hits_take_the_place_of_the_chats_and_are_chosen(sidebar: Sidebar, qtbot: QtBot) -> None:
    search(sidebar, qtbot, "total")
    sidebar.set_hits("total", [HIT])
    assert sidebar.results.isVisible()
    assert not sidebar.list.isVisible()
    row = sidebar.results.itemWidget(sidebar.results.item(0))
    texts = [part.text() for part in row.findChildren(QLabel)]
    assert texts == ["Receipt", "the &lt;b&gt;<b>total</b>&lt;/b&gt; &amp; more"]
    with qtbot.waitSignal(sidebar.hit_chosen) as chosen:
        qtbot.mouseClick(
            sidebar.results.viewport(),
            Qt.MouseButton.LeftButton,
            pos=sidebar.results.visualItemRect(sidebar.results.item(0)).center(),
        )
    assert chosen.args == [HIT]


def test_enter_and_the_keys_choose_too(sidebar: Sidebar, qtbot: QtBot) -> None:
    search(sidebar, qtbot, "total")
    sidebar.set_hits("total", [HIT])
    qtbot.keyClick(sidebar.search, Qt.Key.Key_Return)
    with qtbot.waitSignal(sidebar.hit_chosen):
        qtbot.keyClick(sidebar.results, Qt.Key.Key_Return)


def test_hits_of_words_that_are_no_longer_looked_for_are_not_shown(sidebar: Sidebar, qtbot: QtBot) -> None:
    search(sidebar, qtbot, "total")
    sidebar.search.clear()
    sidebar.set_hits("total", [HIT])
    assert sidebar.list.isVisible()


def test_nothing_found_is_said(sidebar: Sidebar, qtbot: QtBot) -> None:
    search(sidebar, qtbot, "zzz")
    sidebar.set_hits("zzz", [])
    assert sidebar.results.item(0).text() == "No chat has these words."
    with qtbot.assertNotEmitted(sidebar.hit_chosen):
        sidebar.results.itemActivated.emit(sidebar.results.item(0))


def test_words_are_found_in_the_chat_from_the_last_message_round(window: MainWindow, qtbot: QtBot) -> None:
    window.set_empty(False)
    window.chat_view.set_branch([
        question("What is the Total?", "q1"),
        answer("The **total** is 9. Total!", "a1"),
        question("And tax?", "q2", "a1"),
        answer("No tax.", "a2", "q2"),
    ])  # fmt: skip
    bar = window.find_bar
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(bar.edit.isVisible)
    qtbot.keyClicks(bar.edit, "total")
    assert bar.count.text() == "2 / 2"
    card = window.chat_view.answers[0]
    assert [mark.cursor.selectedText() for mark in card.text.extraSelections()] == ["total", "Total"]
    assert card.property("found")
    qtbot.keyClick(bar.edit, Qt.Key.Key_Return)
    assert bar.count.text() == "1 / 2"
    assert question_card(window.chat_view, "q1").property("found")
    qtbot.keyClick(bar.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert bar.count.text() == "2 / 2"
    bar.edit.setText("zzz")
    assert bar.count.text() == "Not in this chat"
    with qtbot.assertNotEmitted(window.stop_triggered):
        qtbot.keyClick(bar.edit, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert card.text.extraSelections() == []
