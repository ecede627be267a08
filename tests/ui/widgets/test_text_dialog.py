"""What is shown is what is copied."""

from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.ui.widgets.text_dialog import TextDialog


def test_the_text_is_shown_and_copied_word_for_word(qtbot: QtBot) -> None:
    dialog = TextDialog("Diagnostics", "What is copied", "Lorgnette: 1\nSystem: <b>any</b>")
    qtbot.addWidget(dialog)
    assert dialog.text.toPlainText() == "Lorgnette: 1\nSystem: <b>any</b>"
    assert dialog.text.isReadOnly()
    dialog.copy.click()
    assert QGuiApplication.clipboard().text() == "Lorgnette: 1\nSystem: <b>any</b>"
    assert dialog.copy.text() == "Copied"
    qtbot.waitUntil(lambda: dialog.copy.text() == "Copy")
