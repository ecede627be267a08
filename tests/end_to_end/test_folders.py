"""Folders of chats outlive a restart, a deletion, and the way through a file."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Draft
from app.domain.chat.new_messages import new_conversation
from app.domain.ids import ConversationId
from app.ui.shell.chat_list_model import FOLDER
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.support.on_screen import enter_text, entry, the


def add(desktop: Desktop, title: str) -> ConversationId:
    """A chat that has a draft."""
    chat = replace(new_conversation(), title=title)
    desktop.lorgnette.library.save_draft(chat, Draft(text="half a question"))
    return chat.id


def rows(desktop: Desktop) -> list[str]:
    """What the rows of the list say, folders in brackets."""
    model = desktop.window.sidebar.list.model()
    indexes = [model.index(row, 0) for row in range(model.rowCount())]
    return [f"[{index.data()}]" if index.data(FOLDER) else index.data() for index in indexes]


def menu_of(desktop: Desktop, text: str) -> QMenu:
    """The menu of a right click on a row."""
    chats = desktop.window.sidebar.list
    index = chats.model().index(rows(desktop).index(text), 0)
    chats.customContextMenuRequested.emit(chats.visualRect(index).center())
    return the(desktop.window.sidebar, QMenu)


def put_into_new_folder(desktop: Desktop, text: str, name: str) -> None:
    menu = menu_of(desktop, text)
    entry(menu, "Move to folder", "New folder…").trigger()
    menu.close()
    enter_text(desktop.window.sidebar, name)


def test_a_folder_is_there_after_a_restart(open_desktop: OpenDesktop) -> None:
    desktop = open_desktop()
    desktop.wait(lambda: not desktop.lorgnette.library.conversations)
    add(desktop, "Invoice")
    add(desktop, "Menu")
    put_into_new_folder(desktop, "Invoice", "Work")
    assert rows(desktop) == ["[Work]", "Invoice", "Today", "Menu"]
    chats = desktop.window.sidebar.list
    chats.clicked.emit(chats.model().index(0, 0))
    assert rows(desktop) == ["[Work]", "Today", "Menu"]
    desktop.close()

    again = open_desktop()
    again.wait(lambda: rows(again) == ["[Work]", "Today", "Menu"])
    chats = again.window.sidebar.list
    chats.clicked.emit(chats.model().index(0, 0))
    assert rows(again) == ["[Work]", "Invoice", "Today", "Menu"]


def test_what_is_deleted_comes_back_into_its_place(open_desktop: OpenDesktop, qtbot: QtBot) -> None:
    desktop = open_desktop()
    add(desktop, "Menu")
    add(desktop, "Invoice")
    put_into_new_folder(desktop, "Invoice", "Work")
    menu = menu_of(desktop, "Menu")
    entry(menu, "Move to folder", "Work").trigger()
    menu.close()
    before = rows(desktop)
    assert before == ["[Work]", "Invoice", "Menu"]
    chats = desktop.window.sidebar.list
    chats.setFocus()
    chats.selectAll()
    qtbot.keyClick(chats, Qt.Key.Key_Delete)
    assert rows(desktop) == ["[Work]"]
    (notice,) = desktop.window.notices.boxes
    assert notice.notice.text == "2 chats deleted."
    assert "You can restore them from the menu" in notice.notice.detail
    notice.buttons[0].click()
    assert rows(desktop) == before

    menu = menu_of(desktop, "[Work]")
    entry(menu, "Remove folder").trigger()
    menu.close()
    assert rows(desktop) == ["Today", "Invoice", "Menu"]
    (notice,) = desktop.window.notices.boxes
    assert notice.notice.text == "The folder “Work” was removed."
    notice.buttons[0].click()
    assert rows(desktop) == before
    assert desktop.window.notices.current == ()


def test_an_exported_chat_comes_back_into_a_folder_of_the_same_name(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    desktop = open_desktop()
    chat = add(desktop, "Invoice")
    put_into_new_folder(desktop, "Invoice", "Work")
    target = tmp_path / "chat.json"
    library = desktop.lorgnette.library
    name = library.folders.name(library[chat].folder_id)
    desktop.lorgnette.exporter.export(library[chat], name, target)
    desktop.wait(target.exists)
    library.folders.remove(library.folders.in_order[0].id)
    library.delete(chat)
    assert rows(desktop) == []
    desktop.lorgnette.chat_importer.import_file(target)
    desktop.wait(lambda: rows(desktop) == ["[Work]", "Invoice"])
    desktop.lorgnette.chat_importer.import_file(target)
    desktop.wait(lambda: rows(desktop) == ["[Work]", "Invoice", "Invoice"])
