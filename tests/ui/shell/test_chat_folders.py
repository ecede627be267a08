"""Folders in the list of chats: folded, filled by menus and drags, and by keys alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QDrag, QDragLeaveEvent, QDragMoveEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Conversation
from app.domain.chat.folders import ChatFolder
from app.domain.ids import ConversationId, FolderId
from app.ui.shell import chat_list
from app.ui.shell.chat_list_model import DETAILS, MIME_TYPE
from app.ui.shell.main_window import MainWindow
from app.ui.shell.sidebar import Sidebar
from app.ui.widgets import ui_text
from app.ui.widgets.lazy_thumbnails import LazyThumbnails, run_now
from app.ui.widgets.theme import Theme
from tests.support.chats import conversation
from tests.support.on_screen import enter_text, entry, mouse, the
from tests.ui.conftest import no_thumbnail, shown

WORK = ChatFolder(id=FolderId("f1"), name="Work & <b>play</b>", position=0)
HOME = ChatFolder(id=FolderId("f2"), name="Home", position=1)
MOVE, LEFT, NO_KEYS = Qt.DropAction.MoveAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def chat(name: str, folder: ChatFolder | None = None, *, is_pinned: bool = False) -> Conversation:
    return replace(conversation(name, name), folder_id=folder.id if folder else None, is_pinned=is_pinned)


CHATS = (chat("top", is_pinned=True), chat("first", WORK, is_pinned=True), chat("w1", WORK), chat("a"), chat("b"))


@pytest.fixture
def sidebar(qtbot: QtBot, theme: Theme) -> Sidebar:
    made = shown(Sidebar(no_thumbnail, LazyThumbnails(no_thumbnail, run_now)), qtbot)
    made.resize(232, 600)
    made.set_folders((WORK, HOME))
    made.set_conversations(CHATS)
    made.select(ConversationId("a"))
    return made


def texts(sidebar: Sidebar) -> list[str]:
    model = sidebar.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def row(sidebar: Sidebar, text: str) -> QModelIndex:
    return sidebar.list.model().index(texts(sidebar).index(text), 0)


def place(sidebar: Sidebar, text: str) -> QPoint:
    return sidebar.list.visualRect(row(sidebar, text)).center()


def click(
    sidebar: Sidebar, qtbot: QtBot, text: str, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    qtbot.mouseClick(sidebar.list.viewport(), Qt.MouseButton.LeftButton, keys, place(sidebar, text))


def menu_at(sidebar: Sidebar, text: str) -> QMenu:
    sidebar.list.customContextMenuRequested.emit(place(sidebar, text))
    return the(sidebar, QMenu)


def selected(sidebar: Sidebar) -> list[str]:
    return sorted(index.data() for index in sidebar.list.selectedIndexes())


def test_folders_stand_between_pinned_chats_and_days(sidebar: Sidebar) -> None:
    assert texts(sidebar) == ["Pinned", "top", WORK.name, "first", "w1", "Home", "Earlier", "a", "b"]
    assert row(sidebar, WORK.name).data(DETAILS) == "Folder, 2 chats"
    sidebar.set_folders((HOME, replace(WORK, is_collapsed=True)))
    assert texts(sidebar) == ["Pinned", "top", "Home", WORK.name, "Earlier", "a", "b"]
    assert row(sidebar, WORK.name).data(DETAILS) == "Collapsed folder, 2 chats"
    sidebar.set_folders(())
    assert texts(sidebar) == ["Pinned", "top", "first", "Earlier", "w1", "a", "b"]


def test_a_click_folds_a_folder_and_leaves_the_chat_selected(sidebar: Sidebar, qtbot: QtBot) -> None:
    with qtbot.waitSignal(sidebar.list.folder_collapsed) as folded:
        click(sidebar, qtbot, WORK.name)
    assert folded.args == ["f1", True]
    sidebar.set_folders((replace(WORK, is_collapsed=True), HOME))
    assert selected(sidebar) == ["a"]
    with qtbot.waitSignal(sidebar.list.folder_collapsed) as unfolded:
        click(sidebar, qtbot, WORK.name)
    assert unfolded.args == ["f1", False]


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_keys_fold_open_and_remove(
    sidebar: Sidebar, qtbot: QtBot, is_mirrored: bool, mirror: Callable[[], None]
) -> None:
    back, on = Qt.Key.Key_Left, Qt.Key.Key_Right
    if is_mirrored:
        mirror()
        back, on = on, back
    folded: list[tuple[str, bool]] = []
    sidebar.list.folder_collapsed.connect(lambda *arguments: folded.append(arguments))
    sidebar.list.setFocus()
    sidebar.list.setCurrentIndex(row(sidebar, "w1"))
    qtbot.keyClick(sidebar.list, back)
    assert sidebar.list.current_folder == WORK
    qtbot.keyClick(sidebar.list, on)  # It is unfolded already.
    qtbot.keyClick(sidebar.list, back)
    sidebar.set_folders((replace(WORK, is_collapsed=True), HOME))
    assert sidebar.list.current_folder == replace(WORK, is_collapsed=True)
    qtbot.keyClick(sidebar.list, Qt.Key.Key_Return)
    assert folded == [("f1", True), ("f1", False)]
    with qtbot.waitSignal(sidebar.list.folder_removed) as removed:
        qtbot.keyClick(sidebar.list, Qt.Key.Key_Delete)
    assert removed.args == ["f1"]


def test_keys_mean_the_folder_that_was_clicked(sidebar: Sidebar, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(sidebar.menus, "ask_folder_name", asked.append)
    monkeypatch.setattr(sidebar.menus, "ask_title", asked.append)
    sidebar.list.setFocus()
    qtbot.waitUntil(sidebar.list.hasFocus)
    click(sidebar, qtbot, HOME.name)
    sidebar.rename_selected()
    assert asked == [HOME]
    assert selected(sidebar) == ["a"]
    with qtbot.assertNotEmitted(sidebar.list.chats_deleted), qtbot.waitSignal(sidebar.list.folder_removed):
        qtbot.keyClick(sidebar.list, Qt.Key.Key_Delete)
    click(sidebar, qtbot, "b")
    sidebar.select(ConversationId("b"))
    sidebar.rename_selected()
    assert asked[1:] == [CHATS[-1]]


def test_the_shown_chat_is_highlighted_after_another_was_dragged(
    sidebar: Sidebar, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDrag, "exec", lambda *_: MOVE)
    start = place(sidebar, "w1").toPointF()
    viewport = sidebar.list.viewport()
    mouse(viewport, QEvent.Type.MouseButtonPress, start)
    mouse(viewport, QEvent.Type.MouseMove, start + QPointF(0, 20))
    mouse(viewport, QEvent.Type.MouseMove, start + QPointF(0, 40))
    mouse(viewport, QEvent.Type.MouseButtonRelease, start + QPointF(0, 40))
    assert selected(sidebar) == ["a"]


def test_the_folder_that_hides_the_shown_chat_is_highlighted(sidebar: Sidebar) -> None:
    collapsed = replace(WORK, is_collapsed=True)
    sidebar.set_folders((collapsed, HOME))
    sidebar.select(ConversationId("w1"))  # As a search hit, or an image of the chat, opens it.
    assert selected(sidebar) == [WORK.name]
    sidebar.set_folders((WORK, HOME))
    assert selected(sidebar) == ["w1"]
    sidebar.set_folders((collapsed, HOME))
    assert selected(sidebar) == [WORK.name]
    sidebar.select(ConversationId("b"))
    assert selected(sidebar) == ["b"]


@pytest.mark.parametrize("name", ["b", "Home"])
def test_the_shown_chat_is_highlighted_again_after_a_menu_of_another_row(
    sidebar: Sidebar, qtbot: QtBot, name: str
) -> None:
    qtbot.mousePress(sidebar.list.viewport(), Qt.MouseButton.RightButton, pos=place(sidebar, name))
    menu = menu_at(sidebar, name)
    assert selected(sidebar) == [name]
    menu.close()
    assert selected(sidebar) == ["a"]


def test_several_selected_chats_stay_selected_after_their_menu(sidebar: Sidebar, qtbot: QtBot) -> None:
    click(sidebar, qtbot, "b", CTRL)
    qtbot.mousePress(sidebar.list.viewport(), Qt.MouseButton.RightButton, pos=place(sidebar, "b"))
    menu_at(sidebar, "b").close()
    assert selected(sidebar) == ["a", "b"]


def test_several_chats_are_selected_without_being_opened(sidebar: Sidebar, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(sidebar.conversation_chosen):
        click(sidebar, qtbot, "w1", CTRL)
        click(sidebar, qtbot, "b", CTRL)
    assert selected(sidebar) == ["a", "b", "w1"]
    sidebar.set_conversations((*CHATS, chat("new")))
    assert selected(sidebar) == ["a", "b", "w1"]
    with qtbot.waitSignal(sidebar.list.chats_deleted) as deleted:
        qtbot.keyClick(sidebar.list, Qt.Key.Key_Delete)
    assert deleted.args == [("w1", "a", "b")]
    with qtbot.waitSignal(sidebar.conversation_chosen) as chosen:
        click(sidebar, qtbot, "b")
    assert chosen.args == ["b"]


def test_a_menu_moves_all_that_is_selected(sidebar: Sidebar, qtbot: QtBot) -> None:
    click(sidebar, qtbot, "b", CTRL)
    menu = menu_at(sidebar, "b")
    assert [action.text() for action in menu.actions()] == ["Move to folder", "Delete"]
    (submenu,) = menu.findChildren(QMenu)
    names = [action.text() for action in submenu.actions()]
    assert names == ["Work && <b>play</b>", "Home", "No folder", "", "New folder…"]
    assert entry(menu, "Move to folder", "No folder").isChecked()
    with qtbot.waitSignal(sidebar.list.chats_moved) as moved:
        entry(menu, "Move to folder", "Home").trigger()
    assert moved.args == [("a", "b"), "f2"]
    menu.close()


def test_a_menu_takes_one_out_or_into_a_new_folder(sidebar: Sidebar, qtbot: QtBot) -> None:
    menu = menu_at(sidebar, "w1")  # It is not selected, so it is meant alone.
    assert entry(menu, "Move to folder", "Work && <b>play</b>").isChecked()
    with qtbot.waitSignal(sidebar.list.chats_moved) as moved:
        entry(menu, "Move to folder", "No folder").trigger()
    assert moved.args == [("w1",), None]
    entry(menu, "Move to folder", "New folder…").trigger()
    menu.close()
    with qtbot.waitSignal(sidebar.menus.folder_wanted) as wanted:
        enter_text(sidebar, "Letters")
    assert wanted.args == ["Letters", ("w1",)]


def test_a_folder_has_a_menu_of_its_own(sidebar: Sidebar, qtbot: QtBot) -> None:
    menu = menu_at(sidebar, WORK.name)
    assert not entry(menu, "Move up").isEnabled()
    with qtbot.waitSignal(sidebar.menus.folder_moved) as moved:
        entry(menu, "Move down").trigger()
    assert moved.args == ["f1", 1]
    with qtbot.waitSignal(sidebar.list.folder_removed) as removed:
        entry(menu, "Remove folder").trigger()
    assert removed.args == ["f1"]
    entry(menu, "New folder…").trigger()
    menu.close()
    with qtbot.waitSignal(sidebar.menus.folder_wanted) as wanted:
        enter_text(sidebar, "Empty")
    assert wanted.args == ["Empty", ()]


def test_the_key_for_renaming_renames_the_folder_that_has_the_focus(window: MainWindow, qtbot: QtBot) -> None:
    sidebar = window.sidebar
    sidebar.set_folders((WORK,))
    sidebar.set_conversations(CHATS)
    sidebar.select(ConversationId("a"))
    sidebar.list.setFocus()
    sidebar.list.setCurrentIndex(row(sidebar, WORK.name))
    next(action for action in window.key_actions if action.objectName() == "Rename chat").trigger()
    with qtbot.waitSignal(sidebar.menus.folder_renamed) as renamed:
        enter_text(sidebar, "Play")
    assert renamed.args == ["f1", "Play"]


@pytest.mark.parametrize(("target", "folder"), [(WORK.name, "f1"), ("first", "f1"), ("Earlier", None), ("b", None)])
def test_chats_are_dropped_where_the_row_is(sidebar: Sidebar, qtbot: QtBot, target: str, folder: str | None) -> None:
    model = sidebar.list.model()
    mime = model.mimeData([row(sidebar, "a"), row(sidebar, "w1")])
    assert mime.formats() == [MIME_TYPE]
    with qtbot.waitSignal(sidebar.list.chats_moved) as moved:
        model.dropMimeData(mime, Qt.DropAction.MoveAction, -1, -1, row(sidebar, target))
    assert moved.args == [("a", "w1"), folder]
    assert texts(sidebar)[-2:] == ["a", "b"], "the rows are changed by the library alone"


def test_the_folder_under_dragged_chats_is_lit(sidebar: Sidebar) -> None:
    viewport, model = sidebar.list.viewport(), sidebar.list.model()
    mime = model.mimeData([row(sidebar, "a")])

    def lit(target: str) -> list[str]:
        """The rows that are lit while a chat is dragged over one."""
        sidebar.list.dragMoveEvent(QDragMoveEvent(place(sidebar, target), MOVE, mime, LEFT, NO_KEYS))
        return [text for text in texts(sidebar) if sidebar.list.is_drop_target(row(sidebar, text))]

    def colour() -> QColor:
        area = sidebar.list.visualRect(row(sidebar, "Home"))
        return viewport.grab(area).toImage().pixelColor(area.width() // 2, area.height() // 2)

    plain = colour()
    assert (lit("w1"), lit(WORK.name), lit("b")) == ([WORK.name], [WORK.name], ["b"])
    assert lit("Earlier") == []
    assert lit("Home") == ["Home"]
    assert colour() != plain
    sidebar.list.dragLeaveEvent(QDragLeaveEvent())
    assert colour() == plain


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_the_picture_of_dragged_chats_hides_no_target(
    sidebar: Sidebar, is_mirrored: bool, mirror: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    drags: list[tuple[bytes, QPoint, int]] = []

    class Recorded(QDrag):
        """One that ends at once."""

        def exec(self, *_: object) -> Qt.DropAction:
            drags.append((bytes(self.mimeData().data(MIME_TYPE).data()), self.hotSpot(), self.pixmap().width()))
            return Qt.DropAction.IgnoreAction

    monkeypatch.setattr(chat_list, "QDrag", Recorded)
    if is_mirrored:
        mirror()
        QApplication.processEvents()
    sidebar.list.setCurrentIndex(row(sidebar, "Home"))
    sidebar.list.startDrag(MOVE)
    assert drags == [], "a folder is not dragged"
    sidebar.list.setCurrentIndex(row(sidebar, "w1"))
    sidebar.list.startDrag(MOVE)
    ((ids, pointer, width),) = drags
    assert ids == b"w1"
    assert width > 100
    assert pointer.x() > width if is_mirrored else pointer.x() < 0


def test_only_chats_are_dragged_all_that_are_selected(
    sidebar: Sidebar, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    dragged: list[list[str]] = []
    monkeypatch.setattr(sidebar.list, "startDrag", lambda _: dragged.append(selected(sidebar)))
    viewport = sidebar.list.viewport()

    def pull(start: QPointF, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        mouse(viewport, QEvent.Type.MouseButtonPress, start, button)
        mouse(viewport, QEvent.Type.MouseMove, start + QPointF(0, 20), button)
        mouse(viewport, QEvent.Type.MouseButtonRelease, start, button)

    pull(place(sidebar, "w1").toPointF())
    click(sidebar, qtbot, "b", CTRL)
    pull(place(sidebar, "b").toPointF())
    pull(place(sidebar, "b").toPointF(), Qt.MouseButton.RightButton)
    pull(QPointF(60, viewport.height() - 5))
    assert dragged == [["w1"], ["b", "w1"]]
    sidebar.select(ConversationId("a"))
    pull(place(sidebar, WORK.name).toPointF() - QPointF(0, 0))
    assert "w1" not in selected(sidebar), "a folder is pressed, and no chat"
    is_draggable = [bool(row(sidebar, name).flags() & Qt.ItemFlag.ItemIsDragEnabled) for name in ("w1", "Home")]
    assert is_draggable == [True, False]


def test_what_is_seen_stays_where_it_is(sidebar: Sidebar, qtbot: QtBot) -> None:
    sidebar.set_conversations(tuple(chat(f"c{number:04}") for number in range(500)))
    sidebar.select(ConversationId("c0003"))
    sidebar.list.verticalScrollBar().setValue(9000)
    sidebar.set_folders((HOME, WORK))
    assert sidebar.list.verticalScrollBar().value() == 9000
    sidebar.select(ConversationId("c0499"))
    assert sidebar.list.viewport().rect().contains(place(sidebar, "c0499"))


def test_only_rows_on_the_screen_are_looked_at(sidebar: Sidebar, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    title = ui_text.chat_title

    def counted(conversation: Conversation) -> str:
        asked.append(conversation.id)
        return title(conversation)

    monkeypatch.setattr(ui_text, "chat_title", counted)
    sidebar.set_conversations(tuple(chat(f"c{number}", WORK) for number in range(10_000)))
    QApplication.processEvents()
    sidebar.list.viewport().repaint()
    assert sidebar.list.model().rowCount() == 10_002
    assert 5 < len(set(asked)) < 30


def test_folders_are_drawn_with_their_count_where_lines_end(
    sidebar: Sidebar, qtbot: QtBot, mirror: Callable[[], None]
) -> None:
    def ink(left: int, right: int) -> int:
        """Pixels of the folder's row between two distances from its left side that are not its background."""
        picture = sidebar.list.viewport().grab(sidebar.list.visualRect(row(sidebar, "Home"))).toImage()
        ground = picture.pixelColor(picture.width() // 2, 4)
        places = [(x, y) for x in range(left, right) for y in range(picture.height())]
        return sum(picture.pixelColor(x, y) != ground for x, y in places)

    width = sidebar.list.visualRect(row(sidebar, "Home")).width()
    assert ink(8, 24) > 0, "the chevron"
    assert ink(width - 20, width - 8) > 0, "the count"
    assert ink(width - 60, width - 24) == 0
    mirror()
    QApplication.processEvents()
    assert ink(24, 60) == 0
    assert ink(8, 20) > 0
