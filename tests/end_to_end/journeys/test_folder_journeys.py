"""Folders of chats, by mouse and keys."""

from dataclasses import replace

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from app.domain.chat.chat import Draft
from app.domain.chat.new_messages import new_conversation
from app.ui.shell.chat_list_model import FOLDER
from tests.end_to_end.journeys.conftest import User
from tests.support.active_window import NEEDS_WINDOWS

pytestmark = NEEDS_WINDOWS


def rows(user: User) -> list[str]:
    """What the rows of the list say, folders in brackets."""
    model = user.window.sidebar.list.model()
    indexes = [model.index(row, 0) for row in range(model.rowCount())]
    return [f"[{index.data()}]" if index.data(FOLDER) else index.data() for index in indexes]


def place(user: User, text: str) -> QPoint:
    chats = user.window.sidebar.list
    return chats.visualRect(chats.model().index(rows(user).index(text), 0)).center()


def test_put_chats_into_a_folder_by_drag_menu_and_keys(user: User) -> None:
    x11, library, chats = user.x11, user.desktop.lorgnette.library, user.window.sidebar.list
    for title in ("Menu", "Letter", "Invoice"):
        library.save_draft(replace(new_conversation(), title=title), Draft(text="half a question"))
    x11.wait(lambda: rows(user) == ["Today", "Invoice", "Letter", "Menu"])

    x11.choose(chats.viewport(), "Move to folder", "New folder…", at=place(user, "Invoice"), button=3)
    x11.wait(lambda: QApplication.activeModalWidget() is not None)
    x11.type("Work")
    x11.key("Return")
    x11.wait(lambda: rows(user) == ["[Work]", "Invoice", "Today", "Letter", "Menu"])

    x11.drag_item(chats.viewport(), place(user, "Letter"), place(user, "[Work]"))
    x11.wait(lambda: rows(user) == ["[Work]", "Invoice", "Letter", "Today", "Menu"])
    x11.drag_item(chats.viewport(), place(user, "Invoice"), place(user, "Menu"))
    x11.wait(lambda: rows(user) == ["[Work]", "Letter", "Today", "Invoice", "Menu"])

    x11.click(chats.viewport(), place(user, "Menu"))
    x11.key("Menu")
    x11.wait(lambda: QApplication.activePopupWidget() is not None)
    x11.key("Down", "Down", "Down", "Right", "Return")
    x11.wait(lambda: sorted(rows(user)[1:3]) == ["Letter", "Menu"])

    x11.click(chats.viewport(), place(user, "[Work]"))
    x11.wait(lambda: rows(user) == ["[Work]", "Today", "Invoice"])
    x11.key("Home", "Right", "F2")
    x11.wait(lambda: QApplication.activeModalWidget() is not None)
    x11.key("ctrl+a")
    x11.type("Office")
    x11.key("Return")
    x11.wait(lambda: rows(user)[0] == "[Office]" and len(rows(user)) == 5)
