"""Presets: by "/", by the button, one's own."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.chat.presets import BUILT_IN, Preset, matching
from app.ui.composer.composer import Composer
from app.ui.widgets.theme import Theme
from tests.support.on_screen import enter_text, entry
from tests.ui.conftest import shown

OWN = Preset("Train times", "List the trains to «Basel».")


@pytest.fixture
def composer(qtbot: QtBot, theme: Theme) -> Composer:
    made = Composer(lambda _: Path("no thumbnail"))
    made.resize(700, 300)
    shown(made, qtbot)
    made.set_presets((OWN,))
    made.focus()
    return made


def offered(composer: Composer) -> list[str]:
    return [composer.offered.item(row).text().split("   ")[0] for row in range(composer.offered.count())]


def test_a_slash_offers_what_begins_with_what_is_typed(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(composer.edit, "/")
    assert offered(composer) == [preset.name for preset in (*BUILT_IN, OWN)]
    qtbot.keyClicks(composer.edit, "tr")
    assert offered(composer) == ["Translate", "Train times"]
    qtbot.keyClicks(composer.edit, "zzz")
    assert not composer.offered.isVisible()


def test_the_keys_choose_and_what_is_meant_to_be_changed_is_selected(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(composer.edit, "/tr")
    with qtbot.assertNotEmitted(composer.submitted):
        for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Return):
            qtbot.keyClick(composer.edit, key)
    assert composer.edit.toPlainText() == "List the trains to Basel."
    assert composer.edit.textCursor().selectedText() == "Basel"
    assert not composer.offered.isVisible()
    qtbot.keyClicks(composer.edit, "Bern")
    with qtbot.waitSignal(composer.submitted) as submitted:
        qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    assert submitted.args == ["List the trains to Bern."]


def test_escape_closes_and_a_path_can_still_be_asked_about(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(composer.edit, "/t")
    qtbot.keyClick(composer.edit, Qt.Key.Key_Escape)
    assert not composer.offered.isVisible()
    qtbot.keyClicks(composer.edit, "ea/x?")
    with qtbot.waitSignal(composer.submitted) as submitted:
        qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    assert submitted.args == ["/tea/x?"]


def test_the_button_has_them_all_and_undo_brings_the_message_back(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(composer.edit, "half a thought")
    entry(composer.presets.menu(), "Table").trigger()
    assert composer.edit.toPlainText().startswith("Write the table")
    composer.edit.undo()
    assert composer.edit.toPlainText() == "half a thought"


def test_a_message_is_kept_and_removed(composer: Composer, qtbot: QtBot) -> None:
    save = entry(composer.presets.menu(), "Save the message as a preset…")
    assert not save.isEnabled()
    qtbot.keyClicks(composer.edit, "Which plants?")
    assert save.isEnabled()
    with qtbot.waitSignal(composer.preset_saved) as saved:
        save.trigger()
        enter_text(composer, "  Plants ")
    assert saved.args == [Preset("Plants", "Which plants?")]
    with qtbot.assertNotEmitted(composer.preset_saved):
        save.trigger()
        enter_text(composer, "   ")
    with qtbot.waitSignal(composer.preset_removed) as removed:
        entry(composer.presets.menu(), "Remove", OWN.name).trigger()
    assert removed.args == [OWN]


def test_marks_of_all_built_in_presets_are_whole() -> None:
    for preset in BUILT_IN:
        start, end = preset.changeable
        assert ("«" in preset.prompt) == (start < end)
        assert "«" not in preset.text
        assert "»" not in preset.text
    assert matching(BUILT_IN, "HTML") == (BUILT_IN[-1],)
    assert Preset("odd", "a » b « c").changeable == (7, 7)


def test_the_prompt_published_for_the_open_model_is_offered_first(composer: Composer, qtbot: QtBot) -> None:
    for name, preset in (("FireRed-OCR-W4A16", "FireRed-OCR"), ("typhoon-ocr1.5-2b", "Typhoon-OCR")):
        composer.set_model(name)
        composer.edit.clear()
        qtbot.keyClicks(composer.edit, "/")
        assert offered(composer) == [preset, *(preset.name for preset in (*BUILT_IN, OWN))]
        assert composer.presets.menu().actions()[0].text() == preset
    qtbot.keyClick(composer.edit, Qt.Key.Key_Return)
    assert composer.edit.toPlainText().startswith("Extract all text from the image.\n\nInstructions:")
    composer.set_model("Qwen3-VL-2B-Instruct")
    assert composer.presets.menu().actions()[0].text() == BUILT_IN[0].name
