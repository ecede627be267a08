"""The search field of the sidebar, and the one of the chat."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPixmap
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.domain.chat.search import SearchHit
from app.domain.documents.document_place import DocumentPlace
from app.domain.ids import ConversationId, MessageId
from app.ui.shell.main_window import MainWindow
from app.ui.shell.search_rows import HIT as HIT_DATA
from app.ui.shell.search_rows import marked_excerpt
from app.ui.shell.sidebar import Sidebar
from app.ui.widgets.lazy_thumbnails import LazyThumbnails, run_now
from app.ui.widgets.theme import Theme
from tests.support.chats import answer, attachment, conversation, question
from tests.support.on_screen import entry, the
from tests.ui.conftest import no_thumbnail, question_bubble, shown

HIT = SearchHit(
    conversation_id=ConversationId("c1"),
    message_id=MessageId("m1"),
    excerpt="the <b>total</b> & more",
    matches=((7, 12),),
)


@pytest.fixture
def sidebar(qtbot: QtBot, theme: Theme) -> Sidebar:
    made = shown(Sidebar(no_thumbnail, LazyThumbnails(no_thumbnail, run_now)), qtbot)
    made.resize(232, 600)
    made.set_conversations((conversation("c1", "Receipt"), conversation("c2", "Sign")))
    return made


def search(sidebar: Sidebar, qtbot: QtBot, words: str) -> None:
    with qtbot.waitSignal(sidebar.searched) as signal:
        qtbot.keyClicks(sidebar.search, words)
    assert signal.args == [words]


def test_hits_take_the_place_of_the_chats_and_are_chosen(sidebar: Sidebar, qtbot: QtBot) -> None:
    search(sidebar, qtbot, "total")
    sidebar.set_hits("total", (HIT,))
    assert sidebar.results.isVisible()
    assert not sidebar.list.isVisible()
    assert sidebar.results.item(0).text() == "Receipt"
    assert marked_excerpt(HIT) == ("the <b>total</b> & more", [(7, 12)])
    with qtbot.waitSignal(sidebar.hit_chosen) as chosen:
        qtbot.mouseClick(
            sidebar.results.viewport(),
            Qt.MouseButton.LeftButton,
            pos=sidebar.results.visualItemRect(sidebar.results.item(0)).center(),
        )
    assert chosen.args == [HIT]


def test_a_result_has_a_menu_with_that_of_its_chat(sidebar: Sidebar, qtbot: QtBot) -> None:
    search(sidebar, qtbot, "total")
    page = DocumentPlace(name="scan.pdf", path="/scan.pdf", number=0)
    sidebar.set_hits("total", (HIT, replace(HIT, conversation_id=None, message_id=None, document=page)))

    def menu_of(row: int) -> QMenu:
        place = sidebar.results.visualItemRect(sidebar.results.item(row)).center()
        sidebar.results.customContextMenuRequested.emit(place)
        return the(sidebar, QMenu)

    menu = menu_of(0)
    with qtbot.waitSignal(sidebar.hit_chosen) as chosen:
        entry(menu, "Open").trigger()
    assert chosen.args == [HIT]
    entry(menu, "Copy excerpt").trigger()
    assert QGuiApplication.clipboard().text() == HIT.excerpt
    with qtbot.waitSignal(sidebar.list.chats_deleted) as deleted:
        entry(menu, "Delete").trigger()
    assert deleted.args == [("c1",)]
    menu.close()
    with qtbot.waitSignal(sidebar.searched) as again:  # The results are those of the chats that are left.
        sidebar.set_conversations((conversation("c2", "Sign"),))
    assert again.args == ["total"]
    menu = menu_of(1)
    assert [action.text() for action in menu.actions()] == ["Open", "Copy excerpt"]
    menu.close()


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        ([], "m1"),
        (["Down"], "m1"),
        (["Down", "Down"], "m2"),
        (["Down", "Down", "Down"], "m2"),
        (["Down", "Down", "Up"], "m1"),
    ],
)
def test_keys_choose_without_leaving_the_field(keys: list[str], chosen: str, sidebar: Sidebar, qtbot: QtBot) -> None:
    search(sidebar, qtbot, "total")
    sidebar.set_hits("total", (HIT, replace(HIT, message_id=MessageId("m2"))))
    for key in keys:
        qtbot.keyClick(sidebar.search, Qt.Key[f"Key_{key}"])
    with qtbot.waitSignal(sidebar.hit_chosen) as signal:
        qtbot.keyClick(sidebar.search, Qt.Key.Key_Return)
    assert signal.args == [replace(HIT, message_id=MessageId(chosen))]


def test_enter_before_anything_was_found_does_nothing(sidebar: Sidebar, qtbot: QtBot) -> None:
    search(sidebar, qtbot, "zzz")
    with qtbot.assertNotEmitted(sidebar.hit_chosen):
        qtbot.keyClick(sidebar.search, Qt.Key.Key_Return)
        sidebar.set_hits("zzz", ())
        qtbot.keyClick(sidebar.search, Qt.Key.Key_Down)
        qtbot.keyClick(sidebar.search, Qt.Key.Key_Return)


def test_escape_ends_the_search_and_stops_no_answer(window: MainWindow, qtbot: QtBot) -> None:
    window.sidebar.search.setText("total")
    window.sidebar.set_hits("total", ())
    with qtbot.assertNotEmitted(window.stop_triggered), qtbot.waitSignal(window.sidebar.search_left):
        qtbot.keyClick(window.sidebar.search, Qt.Key.Key_Escape)
    assert window.sidebar.search.text() == ""
    assert window.sidebar.list.isVisible()


def test_hits_of_words_that_are_no_longer_looked_for_are_not_shown(sidebar: Sidebar, qtbot: QtBot) -> None:
    search(sidebar, qtbot, "total")
    sidebar.search.clear()
    sidebar.set_hits("total", (HIT,))
    assert sidebar.list.isVisible()


def test_shown_results_are_looked_up_again_when_there_is_more_to_find(sidebar: Sidebar, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(sidebar.searched, wait=200):
        sidebar.search_again()  # No results are shown.
    search(sidebar, qtbot, "total")
    sidebar.set_hits("total", ())
    again: list[str] = []
    sidebar.searched.connect(again.append)
    for _ in range(3):
        sidebar.search_again()
    qtbot.waitUntil(lambda: again == ["total"])
    qtbot.wait(200)
    assert again == ["total"]
    sidebar.search.clear()
    with qtbot.assertNotEmitted(sidebar.searched, wait=200):
        sidebar.search_again()


def test_results_of_the_same_search_keep_their_selection_and_place(sidebar: Sidebar, qtbot: QtBot) -> None:
    hits = tuple(replace(HIT, message_id=MessageId(f"m{number}")) for number in range(30))
    search(sidebar, qtbot, "total")
    sidebar.set_hits("total", hits)
    results = sidebar.results
    for _ in range(20):
        results.step(1)
    before = results.verticalScrollBar().value()
    assert before > 0
    new = replace(HIT, message_id=MessageId("new"))
    sidebar.set_hits("total", (*hits, new))
    assert results.currentItem().data(HIT_DATA) == hits[19]
    assert results.verticalScrollBar().value() == before
    sidebar.search.clear()
    search(sidebar, qtbot, "cake")
    sidebar.set_hits("cake", hits)
    assert results.currentRow() == -1
    assert results.verticalScrollBar().value() == 0


def test_nothing_found_is_said(sidebar: Sidebar, qtbot: QtBot) -> None:
    search(sidebar, qtbot, "zzz")
    sidebar.set_hits("zzz", ())
    assert sidebar.results.item(0).text() == "No matching chats or images."
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
    bubble = window.chat_view.answers[0]
    assert [mark.cursor.selectedText() for mark in bubble.text.extraSelections()] == ["total", "Total"]
    assert bubble.property("found")
    qtbot.keyClick(bar.edit, Qt.Key.Key_Return)
    assert bar.count.text() == "1 / 2"
    assert question_bubble(window.chat_view, "q1").property("found")
    qtbot.keyClick(bar.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert bar.count.text() == "2 / 2"
    bar.edit.setText("zzz")
    assert bar.count.text() == "No matches in this chat"
    with qtbot.assertNotEmitted(window.stop_triggered):
        qtbot.keyClick(bar.edit, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert bubble.text.extraSelections() == []


def test_hits_on_images_and_documents_show_them(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    colour = QColor("#ff00ff")
    picture = QPixmap(64, 48)
    picture.fill(colour)
    picture.save(str(tmp_path / "thumbnail.png"))
    sidebar = shown(Sidebar(lambda _: tmp_path / "thumbnail.png", LazyThumbnails(no_thumbnail, run_now)), qtbot)
    sidebar.set_conversations((conversation("c1", "Receipt"),))
    search(sidebar, qtbot, "total")
    page = DocumentPlace(path="/scans/a.pdf", name="a.pdf", number=3)
    in_draft = replace(HIT, message_id=None, image=attachment())
    named = replace(HIT, conversation_id=None, message_id=None, document=page)
    sidebar.set_hits("total", (in_draft, named, replace(named, document=replace(page, name=""))))
    results = sidebar.results
    assert [results.item(row).text() for row in range(3)] == ["Receipt", "a.pdf", "Document"]
    drawn = results.viewport().grab().toImage()
    columns = range(0, drawn.width(), 2)
    middles = [results.visualItemRect(results.item(row)).center().y() for row in range(3)]
    assert [any(drawn.pixelColor(x, y) == colour for x in columns) for y in middles] == [True, False, False]


def test_words_after_invisible_characters_are_marked() -> None:
    hit = replace(HIT, excerpt="a\u202eb total", matches=((4, 9),))
    text, spans = marked_excerpt(hit)
    assert text != hit.excerpt
    assert [text[start:end] for start, end in spans] == ["total"]
