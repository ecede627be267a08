"""The dialog for a chat's instructions."""

from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from app.domain.chat.assistants import Assistant
from app.domain.chat.chat import MAX_INSTRUCTIONS
from app.ui.chat.instructions_dialog import InstructionsDialog
from app.ui.widgets import ui_text
from tests.support.on_screen import enter_text


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


def test_an_assistant_is_chosen_saved_and_removed(qtbot: QtBot) -> None:
    brief, rhyme = Assistant("Brief", "Be brief."), Assistant("Poet", "Rhyme.")
    dialog = InstructionsDialog("Rhyme.", (brief, rhyme))
    dialog.open()
    assert dialog.assistant.currentText() == "Poet"
    assert not dialog.save_assistant.isEnabled()  # It is one already.
    dialog.assistant.setCurrentIndex(1)
    dialog.assistant.activated.emit(1)
    assert dialog.edit.toPlainText() == "Be brief."
    dialog.edit.setPlainText("Be very brief.")
    assert (dialog.assistant.currentText(), dialog.remove.isVisible()) == ("No assistant", False)

    dialog.save_assistant.click()
    with qtbot.waitSignal(dialog.assistant_saved) as saved:
        enter_text(dialog, " Brief ")
    assert saved.args == [Assistant("Brief", "Be very brief.")]
    assert [dialog.assistant.itemText(row) for row in range(3)] == ["No assistant", "Brief", "Poet"]
    assert dialog.assistant.currentText() == "Brief"
    with qtbot.waitSignal(dialog.assistant_removed) as removed:
        dialog.remove.click()
    assert removed.args == [Assistant("Brief", "Be very brief.")]
    assert dialog.edit.toPlainText() == "Be very brief."  # The chat's own instructions stay.


def test_an_assistant_that_is_too_long_is_refused(qtbot: QtBot) -> None:
    dialog = InstructionsDialog("x" * (MAX_INSTRUCTIONS + 1))
    dialog.open()
    assert not dialog.assistant.isVisible()
    dialog.save_assistant.click()
    assert dialog.problem.isVisible()
    assert not dialog.findChildren(QInputDialog)
