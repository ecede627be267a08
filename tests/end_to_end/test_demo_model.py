"""What a person meets who has just installed Lorgnette: the demo model is open, and it reads what they drop."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtGui import QImage

from app.domain.chat.chat import MessageState
from app.domain.chat.presets import BUILT_IN
from app.domain.models.engine_status import EngineState
from app.paths import DEMO_MODEL, Paths
from app.storage.settings.settings_file import SettingsFile
from app.ui.models.models_window import ModelsWindow
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.support.printed_text import print_text

NAME = "Demo (short printed text)"


def ready(desktop: Desktop) -> Desktop:
    desktop.wait(lambda: desktop.lorgnette.model.status.state is EngineState.READY)
    return desktop


def test_a_first_start(open_desktop: OpenDesktop, paths: Paths, tmp_path: Path) -> None:
    print_text(tmp_path / "note.png", "Tanu 5093", "Rika 27")
    desktop = ready(open_desktop())
    window = desktop.window
    assert window.model_picker.text() == NAME
    assert window.sidebar.status_line.text == "Demo model · Ready on CPU"
    assert "Read the text." in window.empty_state.hint.text()

    desktop.drop(tmp_path / "note.png")
    desktop.wait_for_images(1)
    desktop.type_and_send("Read the text.")
    answer = desktop.wait_for_answer()
    assert answer.text == "Tanu 5093\nRika 27"
    assert answer.model_name == NAME

    desktop.type_and_send("How many lines are there?")
    desktop.wait(lambda: len(desktop.branch) == 4)
    assert desktop.wait_for_answer().text == "2 lines"

    window.chat_view.answers[-1].regenerate.click()
    desktop.wait(lambda: desktop.lorgnette.session.is_busy)
    again = desktop.wait_for_answer()
    assert again.state is MessageState.COMPLETE
    assert again.text == "2 lines"

    window.sidebar.status_line.full_model.click()
    desktop.close()
    kept, _ = SettingsFile(paths.settings).load()
    assert (kept.model_folder, kept.recent_model_folders) == ("", ())


def test_the_users_own_model_opens_in_its_place_and_the_demo_is_a_click_away(
    open_desktop: OpenDesktop, model_folder: Path
) -> None:
    desktop = ready(open_desktop())
    desktop.open_model(model_folder)
    assert desktop.window.model_picker.text() == model_folder.name
    desktop.close()

    again = ready(open_desktop())
    assert again.window.model_picker.text() == model_folder.name
    assert not again.window.sidebar.status_line.full_model.isVisible()
    again.window.model_picker.demo_clicked.emit()
    again.wait(lambda: again.window.model_picker.text() == NAME)
    assert again.window.sidebar.status_line.full_model.isVisible()


def test_what_an_answer_names_is_shown_on_the_image(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    boxes = print_text(tmp_path / "note.png", "Tanu 5093", "Rika 27")
    desktop = ready(open_desktop())
    viewer = desktop.window.viewer
    desktop.drop(tmp_path / "note.png")
    desktop.wait_for_images(1)
    desktop.type_and_send("Where is 5093?")
    answer = desktop.wait_for_answer()
    desktop.wait(lambda: viewer.isVisible() and not viewer.canvas.picture_area().isEmpty())
    (detection,) = viewer.detections
    assert detection.label == "5093"
    assert viewer.message_id == answer.id
    left, _, right, _ = boxes["5093"]
    assert left - 60 < (detection.left + detection.right) / 2 < right + 60

    viewer.close_button.click()
    assert not viewer.isVisible()
    desktop.window.chat_view.answers[-1].places.click()
    assert viewer.isVisible()
    desktop.window.sidebar.new_chat.click()
    assert not viewer.isVisible()


def test_a_changed_weight_cache_folder_holds_from_the_next_model_on(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    """Its process, too, which is confined, may write there."""
    desktop = ready(open_desktop())
    preferences = desktop.lorgnette.preferences
    loading = replace(preferences.settings.loading, cache_folder=str(tmp_path / "weights"))
    preferences.update(replace(preferences.settings, loading=loading))
    desktop.open_model(DEMO_MODEL)
    assert list((tmp_path / "weights").rglob("*.npy"))


def test_a_photo_is_refused_and_the_full_model_offered(open_desktop: OpenDesktop, tmp_path: Path) -> None:
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    image.fill(0x88AA66)
    image.save(str(tmp_path / "meadow.png"))
    desktop = ready(open_desktop())
    desktop.drop(tmp_path / "meadow.png")
    desktop.wait_for_images(1)
    desktop.wait(desktop.window.first_look.isVisible)
    desktop.type_and_send(next(preset.text for preset in BUILT_IN if preset.name == "Alt text"))
    assert "short printed text" in desktop.wait_for_answer().text
    chat = desktop.lorgnette.session.conversation_id
    assert desktop.lorgnette.library[chat].title.startswith("Write alt text"), "an answer would have named the chat"
    (answer,) = desktop.window.chat_view.answers
    desktop.wait(answer.full_model.isVisible)
    answer.full_model.click()
    desktop.wait(lambda: bool(desktop.window.findChildren(ModelsWindow)))
