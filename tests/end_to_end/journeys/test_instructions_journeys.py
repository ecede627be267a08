"""Instructions for a chat, by mouse and keys."""

from app.domain.chat.chat import Role
from app.ui.chat.instructions_dialog import InstructionsDialog
from tests.end_to_end.journeys.conftest import User
from tests.support.active_window import NEEDS_WINDOWS

pytestmark = NEEDS_WINDOWS


def open_dialog(user: User) -> InstructionsDialog:
    user.x11.wait(lambda: any(dialog.isActiveWindow() for dialog in user.window.findChildren(InstructionsDialog)))
    (dialog,) = [each for each in user.window.findChildren(InstructionsDialog) if each.isVisible()]
    return dialog


def test_write_change_and_remove_instructions(user: User) -> None:
    session, x11, header = user.desktop.lorgnette.session, user.x11, user.window.header
    assert not header.instructions.isVisible()
    x11.key("ctrl+i")
    open_dialog(user)
    x11.type("Be brief.")  # The text has the focus.
    x11.key("Tab", "Return")
    x11.wait(lambda: session.conversation.instructions == "Be brief.")
    x11.wait(user.composer_has_focus)
    x11.type("What is on it?")
    x11.key("Return")
    user.wait_for_answer()
    assert session.branch[0].role is Role.USER

    x11.click(header.instructions)
    dialog = open_dialog(user)
    assert dialog.edit.toPlainText() == "Be brief."
    x11.type("Not saved.")
    x11.key("Escape")
    x11.wait(user.composer_has_focus)
    assert session.conversation.instructions == "Be brief."

    x11.key("ctrl+n")
    x11.wait(lambda: not header.instructions.isVisible())
    x11.key("ctrl+k")
    x11.type("brief")
    x11.wait(user.window.sidebar.results.isVisible)
    x11.key("Return")
    x11.wait(header.instructions.isVisible)
    assert session.conversation.instructions == "Be brief."
    x11.key("ctrl+i")
    dialog = open_dialog(user)
    x11.key("ctrl+a", "Delete")
    x11.click(dialog.save)
    x11.wait(lambda: not header.instructions.isVisible())
    assert session.conversation.instructions == ""
