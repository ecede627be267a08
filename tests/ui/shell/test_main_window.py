"""Drops, pastes and keys, wherever they land; and names for those who do not see the signs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTextBrowser,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Draft
from app.domain.errors import Problem, ProblemKind
from app.domain.ids import ConversationId, ImportId
from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.models.model_info import ModelInfo
from app.domain.models.model_policy import ModelPolicy
from app.domain.models.remote_servers import RemoteModel
from app.domain.settings.settings import ThemeChoice
from app.ui.shell.main_window import MainWindow
from app.ui.shell.panes import NARROW
from app.ui.widgets.notice_bar import SHOWN
from app.ui.widgets.theme import Theme
from tests.support.chats import answer, attachment, conversation, question
from tests.support.drops import drag_over, drop, files
from tests.support.on_screen import enter_text, entry, seen, the

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


ELSEWHERE = RemoteModel("http://192.0.2.2/v1", "qwen3-vl")
DEMO = ModelInfo(
    name="Demo",
    folder="/demo",
    scheme="W4A16",
    device="CPU",
    device_reason="-",
    context_length=4096,
    policy=ModelPolicy(is_placeholder=True),
)


def test_several_files_are_dropped_at_once_under_an_overlay(window: MainWindow, qtbot: QtBot) -> None:
    mime = files([Path("/a.png"), Path("/b c.jpg")])
    assert drag_over(window, mime)
    assert seen(window, QLabel, "Drop to add to this chat")
    with qtbot.waitSignal(window.files_dropped) as dropped:
        drop(window, mime)
    assert dropped.args == [(Path("/a.png"), Path("/b c.jpg"))]
    assert not seen(window, QLabel, "Drop to add to this chat")


def test_no_part_of_the_window_keeps_a_drop_to_itself(window: MainWindow) -> None:
    """Qt gives a drop to the innermost widget that accepts drops: the list of chats takes nothing but its chats."""
    window.chat_view.set_branch([question(), answer("text")])
    window.set_empty(False)
    takers = [widget for widget in window.findChildren(QWidget) if widget.acceptDrops()]
    assert takers == [window.sidebar.list, window.sidebar.list.viewport()]


def test_what_is_dropped_on_the_list_of_chats_goes_to_the_window(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.files_dropped) as dropped:
        assert drop(window.sidebar.list.viewport(), files([Path("/a.png")]))
    assert dropped.args == [(Path("/a.png"),)]


def test_an_address_on_the_web_is_answered_in_words(window: MainWindow, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/photo.png")])
    with qtbot.waitSignal(window.drop_refused) as refused:
        assert drop(window, mime)
    assert refused.args is not None
    assert "does not download" in refused.args[0].sentence


def test_words_are_no_drop(window: MainWindow) -> None:
    mime = QMimeData()
    mime.setText("words")
    assert not drop(window, mime)


def test_an_image_on_the_clipboard_is_pasted_from_anywhere(window: MainWindow, qtbot: QtBot) -> None:
    image = QImage(30, 20, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    QGuiApplication.clipboard().setImage(image)
    window.sidebar.new_chat.setFocus()
    with qtbot.waitSignal(window.image_data_dropped) as pasted:
        qtbot.keyClick(window.sidebar.new_chat, Qt.Key.Key_V, CONTROL)
    assert pasted.args is not None
    assert QImage.fromData(pasted.args[0]).size() == image.size()
    assert pasted.args[1] == "Pasted image.png"


def test_an_image_in_a_data_url_is_dropped_and_pasted_like_any_other(window: MainWindow, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setText("data:image/png;base64,iVBORw0KGgo=")
    with qtbot.waitSignal(window.data_urls_dropped) as dropped:
        assert drop(window, mime)
    with qtbot.waitSignal(window.data_urls_dropped) as pasted:
        window.composer.edit.insertFromMimeData(mime)
    assert dropped.args == [(mime.text(),), "Dropped image"]
    assert pasted.args == [(mime.text(),), "Pasted image"]
    assert not window.composer.edit.toPlainText()


def test_typing_anywhere_writes_into_the_composer(window: MainWindow, qtbot: QtBot) -> None:
    window.sidebar.list.setFocus()
    qtbot.keyClicks(window, "hi")
    assert window.composer.edit.toPlainText() == "hi"
    assert window.composer.edit.hasFocus()


@pytest.mark.parametrize(
    ("key", "modifiers", "signal"),
    [
        (Qt.Key.Key_N, CONTROL, lambda window: window.sidebar.new_chat_clicked),
        (Qt.Key.Key_O, CONTROL, lambda window: window.open_triggered),
        (Qt.Key.Key_T, CONTROL | SHIFT, lambda window: window.read_triggered),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, lambda window: window.stop_triggered),
        (Qt.Key.Key_R, CONTROL, lambda window: window.regenerate_triggered),
    ],
)
def test_keys(
    window: MainWindow,
    qtbot: QtBot,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier,
    signal: Callable[[MainWindow], object],
) -> None:
    with qtbot.waitSignal(signal(window)):
        qtbot.keyClick(window.composer.edit, key, modifiers)


def test_the_last_answer_is_copied_by_a_key(window: MainWindow, qtbot: QtBot) -> None:
    window.chat_view.set_branch([question(), answer("one"), question("b", "q2"), answer("two", "a2")])
    qtbot.keyClick(window.composer.edit, Qt.Key.Key_C, CONTROL | SHIFT)
    assert QGuiApplication.clipboard().text() == "two"


def test_the_sidebar_folds_by_a_key_and_in_a_narrow_window(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(window.composer.edit, Qt.Key.Key_B, CONTROL)
    assert not window.sidebar.isVisible()
    qtbot.keyClick(window.composer.edit, Qt.Key.Key_B, CONTROL)
    assert window.sidebar.isVisible()
    window.resize(NARROW - 40, 500)
    qtbot.waitUntil(lambda: not window.sidebar.isVisible())
    assert window.panes.wants_sidebar
    window.resize(NARROW + 100, 500)
    qtbot.waitUntil(window.sidebar.isVisible)


def test_everything_that_can_be_reached_has_a_name(window: MainWindow) -> None:
    window.composer.set_draft(Draft(attachments=(attachment(),)))
    window.composer.add_import(ImportId("i"), "scan.png")
    window.chat_view.set_branch([question(), answer()])
    window.notices.show_problem(Problem(ProblemKind.IMAGE, "It is damaged."))
    kinds = (QAbstractButton, QLineEdit, QPlainTextEdit, QTextBrowser)
    reached = [widget for kind in kinds for widget in window.findChildren(kind)]
    unnamed = [
        widget
        for widget in reached
        if not widget.objectName().startswith("qt_") and not (widget.accessibleName() or _text(widget).strip("×+☰⋯—"))
    ]
    assert len(reached) > 15
    assert unnamed == []


def _text(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QAbstractButton) else ""


def test_the_state_of_the_engine_is_shown_everywhere(window: MainWindow, qtbot: QtBot) -> None:
    window.set_status(EngineStatus())
    assert window.empty_state.model.isVisibleTo(window)
    assert "choose a model" in window.empty_state.hint.text()
    assert not window.sidebar.status_line.full_model.isVisible()
    window.set_status(EngineStatus(state=EngineState.READY, info=DEMO))
    assert "“Read the text.”" in window.empty_state.hint.text()
    assert "stays on this computer" in window.empty_state.hint.text()
    window.set_status(EngineStatus(state=EngineState.READY, info=DEMO, server=ELSEWHERE))
    assert "stays on this computer" not in window.empty_state.hint.text()
    window.set_status(EngineStatus(state=EngineState.READY, info=DEMO))
    assert not window.empty_state.model.isVisibleTo(window)
    with qtbot.waitSignals([window.sidebar.status_line.full_model_clicked, window.empty_state.full_model_clicked]):
        window.sidebar.status_line.full_model.click()
        window.empty_state.full_model.click()
    window.set_status(EngineStatus(state=EngineState.DIED))
    assert window.sidebar.status_line.restart.isVisible()
    assert window.sidebar.status_line.text == "The engine stopped"
    window.set_status(EngineStatus(state=EngineState.READY, info=DEMO))
    assert not window.sidebar.status_line.restart.isVisible()
    window.set_status(EngineStatus(state=EngineState.READY, info=DEMO, is_silent=True))
    assert window.sidebar.status_line.restart.isVisible()
    assert window.sidebar.status_line.text == "The engine is not responding"


@pytest.mark.parametrize("state", list(EngineState))
def test_a_server_elsewhere_is_told_of_in_every_state(window: MainWindow, state: EngineState) -> None:
    status_line, leaving = window.sidebar.status_line, window.composer.leaving
    (connects,) = (found for found in status_line.findChildren(QLabel) if found.text() == "Online only for downloads")
    window.set_status(EngineStatus(state=state, server=ELSEWHERE))
    assert connects.isHidden()
    assert leaving.text() == "Questions and images are sent to 192.0.2.2."
    assert not leaving.isHidden()
    near = RemoteModel("http://127.0.0.1:1234/v1", "qwen3-vl")
    window.set_status(EngineStatus(state=state, server=near))
    assert not connects.isHidden()
    assert leaving.isHidden()


@pytest.mark.parametrize("kind", [ProblemKind.ENGINE, ProblemKind.NETWORK])
def test_a_server_that_failed_is_tried_again_and_no_engine_restarted(window: MainWindow, kind: ProblemKind) -> None:
    restart = window.sidebar.status_line.restart
    failed = EngineStatus(state=EngineState.FAILED, problem=Problem(kind, "It failed."))
    window.set_status(replace(failed, server=ELSEWHERE))
    assert restart.isVisible()
    assert restart.text() == "Try again"
    window.set_status(failed)
    assert restart.text() == "Restart engine"


def test_many_problems_at_once_leave_room_for_the_chat(window: MainWindow) -> None:
    for number in range(20):
        window.notices.show_problem(Problem(ProblemKind.IMAGE, f"“{number}.png” is damaged or incomplete."))
    window.notices.show_problem(Problem(ProblemKind.IMAGE, "“3.png” is damaged or incomplete."))
    assert len(window.notices.current) == 20
    assert window.notices.current[0].text.startswith("“3.png”")
    assert sum(box.isVisible() for box in window.notices.boxes) == SHOWN
    window.notices.bar.dismiss_all.click()
    assert not window.notices.bar.isVisible()


def test_chats_are_listed_by_day_chosen_renamed_and_deleted(window: MainWindow, qtbot: QtBot) -> None:
    sidebar = window.sidebar
    sidebar.set_conversations((conversation("c2", "Station <b>", 5), conversation("c1", "Receipt")))
    sidebar.select(ConversationId("c1"))
    model = sidebar.list.model()
    rows = [model.index(row, 0).data(Qt.ItemDataRole.UserRole) for row in range(model.rowCount())]
    assert rows == [None, "c2", "c1"]
    assert sidebar.list.currentIndex().row() == 2
    with qtbot.waitSignal(sidebar.conversation_chosen) as chosen:
        sidebar.list.clicked.emit(sidebar.list.model().index(1, 0))
    assert chosen.args == ["c2"]

    sidebar.list.customContextMenuRequested.emit(sidebar.list.visualRect(sidebar.list.model().index(2, 0)).center())
    menu = the(sidebar, QMenu)
    entry(menu, "Rename…").trigger()
    menu.close()
    with qtbot.waitSignal(sidebar.menus.renamed) as renamed:
        enter_text(sidebar, "Lunch")
    assert renamed.args == ["c1", "Lunch"]

    sidebar.list.setFocus()
    with qtbot.waitSignal(sidebar.list.chats_deleted) as deleted:
        qtbot.keyClick(sidebar.list, Qt.Key.Key_Delete)
    assert deleted.args == [("c1",)]


def test_a_key_renames_the_chat_that_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    sidebar = window.sidebar
    rename = next(action for action in window.key_actions if action.objectName() == "Rename chat")
    rename.trigger()  # A new chat has no title yet.
    sidebar.set_conversations((conversation("c2", "Station", 5), conversation("c1", "Receipt")))
    sidebar.select(ConversationId("c1"))
    rename.trigger()
    with qtbot.waitSignal(sidebar.menus.renamed) as renamed:
        enter_text(sidebar, "Lunch")
    assert renamed.args == ["c1", "Lunch"]


def test_a_pinned_chat_stands_above_all_days(window: MainWindow, qtbot: QtBot) -> None:
    sidebar = window.sidebar
    sidebar.set_conversations((replace(conversation("c1", "Receipt"), is_pinned=True), conversation("c2", "Bus")))
    rows = [sidebar.list.model().index(row, 0) for row in range(sidebar.list.model().rowCount())]
    headings = [row.data() for row in rows if row.data(Qt.ItemDataRole.UserRole) is None]
    assert headings == ["Pinned", "Earlier"]
    position = sidebar.list.visualRect(sidebar.list.model().index(1, 0)).center()
    sidebar.list.customContextMenuRequested.emit(position)
    menu = the(sidebar, QMenu)
    with qtbot.waitSignal(sidebar.menus.pinned) as pinned:
        next(action for action in menu.actions() if action.text() == "Unpin").trigger()
    assert pinned.args == ["c1"]
    menu.close()


def test_the_menu_switches_the_theme_and_lists_the_keys(window: MainWindow, qtbot: QtBot) -> None:
    window.menu_button.set_theme(ThemeChoice.DARK)
    assert entry(window.menu_button.menu(), "Appearance", "Dark").isChecked()
    with qtbot.waitSignal(window.menu_button.theme_chosen) as chosen:
        entry(window.menu_button.menu(), "Appearance", "Light").trigger()
    assert chosen.args == [ThemeChoice.LIGHT]


@pytest.mark.parametrize(("key", "query"), [(Qt.Key.Key_Slash, "Keyboard"), (Qt.Key.Key_Comma, "")])
def test_the_settings_have_keys(window: MainWindow, qtbot: QtBot, key: Qt.Key, query: str) -> None:
    with qtbot.waitSignal(window.settings_triggered) as triggered:
        qtbot.keyClick(window.composer.edit, key, CONTROL)
    assert triggered.args == [query]


def test_an_action_gets_other_keys_and_its_own_back(window: MainWindow, qtbot: QtBot) -> None:
    window.set_keys({"New chat": "Ctrl+T"})
    with qtbot.waitSignal(window.sidebar.new_chat_clicked):
        qtbot.keyClick(window.composer.edit, Qt.Key.Key_T, CONTROL)
    with qtbot.assertNotEmitted(window.sidebar.new_chat_clicked):
        qtbot.keyClick(window.composer.edit, Qt.Key.Key_N, CONTROL)
    window.set_keys({})
    with qtbot.waitSignal(window.sidebar.new_chat_clicked):
        qtbot.keyClick(window.composer.edit, Qt.Key.Key_N, CONTROL)


def test_everything_grows_with_the_zoom(window: MainWindow, theme: Theme, qtbot: QtBot) -> None:
    window.sidebar.set_conversations((conversation("c1", "Receipt"),))
    row = window.sidebar.list.sizeHintForRow(1)
    theme.choose(ThemeChoice.LIGHT, 150)
    qtbot.waitUntil(lambda: window.sidebar.width() == round(232 * 20 / 13))
    assert window.composer.edit.font().pixelSize() == 20
    assert window.sidebar.list.sizeHintForRow(1) == round(row * 20 / 13)
    with qtbot.waitSignal(window.zoom_triggered) as triggered:
        qtbot.keyClick(window.composer.edit, Qt.Key.Key_Equal, CONTROL)
    assert triggered.args == [1]


def test_a_dropped_chat_is_told_from_images(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    chat, image = tmp_path / "chat.JSON", tmp_path / "image.png"
    chats: list[tuple[Path, ...]] = []
    window.chats_dropped.connect(chats.append)
    with qtbot.waitSignal(window.files_dropped) as dropped:
        drop(window, files([chat, image]))
    assert chats == [(chat,)]
    assert dropped.args == [(image,)]


def test_what_is_typed_after_a_click_on_a_chat_goes_into_the_composer(window: MainWindow, qtbot: QtBot) -> None:
    window.sidebar.set_conversations((conversation("c1", "Receipt"),))
    qtbot.keyClicks(window.sidebar.list, "hi")
    assert window.composer.edit.toPlainText() == "hi"


def test_a_renamed_action_keeps_the_keys_it_was_given(window: MainWindow) -> None:
    window.set_keys({"Many images at once": "Ctrl+Alt+B"})
    action = next(action for action in window.actions() if action.text() == "Batch processing")
    assert action.shortcut().toString() == "Ctrl+Alt+B"


def test_the_menu_shows_the_keys_of_its_entries_and_leaves_them_to_the_window(window: MainWindow, qtbot: QtBot) -> None:
    images = entry(window.menu_button.menu(), "All images…")
    window.set_keys({})
    assert images.shortcut().toString() == "Ctrl+L"
    with qtbot.waitSignal(window.library_triggered):
        qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    window.set_keys({"All images": "Ctrl+J"})
    assert images.shortcut().toString() == "Ctrl+J"
    with qtbot.waitSignal(window.library_triggered):
        qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
