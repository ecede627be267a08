"""A document's password is asked for, and handed on."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from app.domain.errors import Problem, ProblemKind
from app.ui.documents.password_dialog import PasswordDialog
from tests.ui.conftest import shown

LOCKED = Problem(ProblemKind.PASSWORD, "“a.pdf” is password-protected.")


def test_what_is_typed_is_hidden_and_handed_on(qtbot: QtBot) -> None:
    dialog = PasswordDialog(LOCKED)
    shown(dialog, qtbot)
    assert dialog.field.echoMode() is QLineEdit.EchoMode.Password
    assert not dialog.open_button.isEnabled()
    qtbot.keyClicks(dialog.field, "sesame")
    with qtbot.waitSignal(dialog.entered) as entered:
        qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    assert entered.args == ["sesame"]


def test_escape_gives_up(qtbot: QtBot) -> None:
    dialog = PasswordDialog(LOCKED)
    shown(dialog, qtbot)
    with qtbot.waitSignal(dialog.rejected), qtbot.assertNotEmitted(dialog.entered):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
