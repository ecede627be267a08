"""The dialog for a chat's instructions."""

from pytestqt.qtbot import QtBot

from app.domain.chat.chat import MAX_INSTRUCTIONS
from app.ui.chat.instructions_dialog import InstructionsDialog
from app.ui.widgets import ui_text


def test_a_text_is_saved_without_blanks_around_it(qtbot: QtBot) -> None:
    dialog = InstructionsDialog("Be brief.")
    dialog.open()
    assert dialog.edit.toPlainText() == "Be brief."
    dialog.edit.setPlainText("  Rhyme.\n\nAlways.\n")
    with qtbot.waitSignal(dialog.saved) as saved:
        dialog.save.click()
    assert saved.args == ["Rhyme.\n\nAlways."]


def test_a_text_that_is_too_long_is_refused_in_a_sentence_and_stays(qtbot: QtBot) -> None:
    dialog = InstructionsDialog("")
    dialog.open()
    dialog.edit.setPlainText("x" * (MAX_INSTRUCTIONS + 1))
    with qtbot.assertNotEmitted(dialog.saved):
        dialog.save.click()
    assert dialog.isVisible()
    numbers = ui_text.number(MAX_INSTRUCTIONS + 1), ui_text.number(MAX_INSTRUCTIONS)
    assert dialog.problem.text() == "The instructions have {} characters. Shorten them to {}.".format(*numbers)
    dialog.edit.setPlainText("x" * MAX_INSTRUCTIONS)
    with qtbot.waitSignal(dialog.saved):
        dialog.save.click()
