"""The menu of models."""

from pytestqt.qtbot import QtBot

from app.domain.models.found_model import FoundModel
from app.ui.shell.model_picker import ModelPicker


def titles(picker: ModelPicker) -> list[str]:
    return [action.text() for action in picker.menu().actions()]


def test_models_of_other_programs_are_offered(qtbot: QtBot) -> None:
    picker = ModelPicker()
    qtbot.addWidget(picker)
    assert "Found on this computer" not in titles(picker)
    picker.set_found((FoundModel("Qwen3-VL & more", "/models/qwen", "LM Studio"),))
    picker.set_recent(("/models/other",))
    (offered,) = picker.found.actions()
    assert picker.found.title() in titles(picker)
    assert offered.text() == "Qwen3-VL && more (LM Studio)"
    with qtbot.waitSignal(picker.folder_chosen) as chosen:
        offered.trigger()
    assert chosen.args == ["/models/qwen"]
    picker.set_found(())
    assert "Found on this computer" not in titles(picker)


def test_a_gguf_file_can_be_chosen(qtbot: QtBot) -> None:
    picker = ModelPicker()
    qtbot.addWidget(picker)
    action = next(action for action in picker.menu().actions() if action.text() == "Choose a GGUF file…")
    with qtbot.waitSignal(picker.file_clicked):
        action.trigger()
