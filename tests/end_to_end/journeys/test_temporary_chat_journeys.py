"""Temporary chats, by mouse and keys."""

from pathlib import Path

from PySide6.QtWidgets import QMessageBox, QPushButton

from tests.end_to_end.journeys.conftest import User
from tests.support.active_window import NEEDS_WINDOWS

pytestmark = NEEDS_WINDOWS


def answer(user: User, label: str) -> QPushButton:
    """A button of the question that is asked."""
    user.x11.wait(lambda: bool([box for box in user.window.findChildren(QMessageBox) if box.isVisible()]))
    (box,) = [box for box in user.window.findChildren(QMessageBox) if box.isVisible()]
    (found,) = [each for each in box.findChildren(QPushButton) if each.text() == label]
    return found


def test_begin_lose_and_keep_a_temporary_chat(user: User, receipt: Path) -> None:
    session, window, x11 = user.desktop.lorgnette.session, user.window, user.x11
    x11.key("ctrl+shift+n")
    x11.wait(lambda: session.conversation.is_temporary)
    x11.wait(window.header.keep.isVisible)
    assert window.windowTitle() == "Temporary chat — Lorgnette"
    assert "not saved" in window.empty_state.hint.text()
    x11.type("a secret")  # Nothing was clicked: the composer has the focus.
    x11.wait(lambda: session.draft.text == "a secret")

    x11.key("ctrl+n")
    answer(user, "Cancel")
    x11.key("Escape")
    x11.wait(user.composer_has_focus)
    assert session.draft.text == "a secret"
    x11.key("ctrl+n")
    x11.click(answer(user, "Discard"))
    x11.wait(lambda: not session.conversation.is_temporary)
    assert window.composer.edit.toPlainText() == ""
    assert not window.header.keep.isVisible()
    assert window.sidebar.list.model().rowCount() == 0

    x11.key("ctrl+shift+n")
    x11.wait(lambda: session.conversation.is_temporary)
    x11.drop_files(window, receipt)
    user.desktop.wait_for_images(1)
    x11.key("ctrl+shift+t")
    user.wait_for_answer()
    branch = user.desktop.branch
    assert window.sidebar.list.model().rowCount() == 0
    x11.click(window.header.keep)
    x11.wait(lambda: not session.conversation.is_temporary)
    assert user.desktop.branch == branch
    x11.wait(lambda: window.sidebar.list.model().rowCount() == 2)  # Its day, and the chat.

    x11.key("ctrl+shift+n")
    x11.wait(lambda: session.conversation.is_temporary)
    x11.key("ctrl+n")  # It is empty: nothing is asked.
    x11.wait(lambda: not session.conversation.is_temporary)
    assert not [box for box in window.findChildren(QMessageBox) if box.isVisible()]
