"""Batches, models, settings, chats that leave and come back, large text."""

import signal
import sys
from pathlib import Path

from PIL import Image
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

from app.domain.batch.batch import BatchState
from app.domain.settings.settings import DownloadOptions, Settings, ThemeChoice, UiLanguage
from app.paths import DEMO_MODEL, RESOURCES, Paths
from app.storage.models.model_catalog import known_models
from app.storage.settings.settings_file import SettingsFile
from app.ui.models.models_window import ModelsWindow
from app.ui.settings.settings_window import SettingsWindow
from tests.end_to_end.conftest import Run
from tests.end_to_end.journeys.conftest import StartUser, User
from tests.support.active_window import NEEDS_WINDOWS
from tests.support.hub_server import HubServer, Trouble, serving
from tests.support.processes import wait_until
from tests.support.x11_input import X11Input

pytestmark = NEEDS_WINDOWS

NOTE = RESOURCES / "samples" / "note.png"
LINES = "Gate B14\nBoarding 09:35\nLuggage: 23 kg\n"
WHOLE_SIZE, LARGEST = 100, 200


def test_batch_pause_kill_resume(start_user: StartUser, x11: X11Input, run: Run, paths: Paths, tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(12):
        Image.open(NOTE).save(scans / f"{number:02}.png")
    out = tmp_path / "scans read"
    application = run(sys.executable, "-m", "app", "--data", str(paths.data))
    main = x11.find_window("Lorgnette")
    x11.drop_files_at(*x11.centre_of(main), scans)
    batch = x11.find_window("Batch processing")
    x11.activate(batch)
    x11.pause(500)
    x11.click_at(*x11.corner_of(batch, 55, -50))  # Start is in the corner below on the left.
    wait_until(lambda: len(list(out.glob("*.txt"))) >= 2)
    application.send_signal(signal.SIGKILL)
    application.wait()
    done = len(list(out.glob("*.txt")))
    assert done < 12

    user = start_user()
    batch_window = user.desktop.batch_window
    user.x11.wait(lambda: batch_window.form.target == out)
    user.x11.key("ctrl+shift+b")
    user.x11.wait(batch_window.isActiveWindow)
    user.x11.click(batch_window.main)
    user.x11.wait(lambda: batch_window.main.text() == "Pause")
    user.x11.click(batch_window.main)
    queue = user.desktop.lorgnette.batch
    user.x11.wait(lambda: queue.state in {BatchState.PAUSED, BatchState.DONE})
    if queue.state is BatchState.PAUSED:
        user.x11.click(batch_window.main)
    user.desktop.wait(lambda: queue.state is BatchState.DONE)
    assert [(out / f"{number:02}.png.txt").read_text() for number in range(12)] == [LINES] * 12


def test_a_model_from_a_hub_that_misbehaves(user: User) -> None:
    files = {path.name: path.read_bytes() for path in DEMO_MODEL.iterdir()}
    hub = HubServer(files, lfs=("model.safetensors",))
    first = known_models()[0]
    with serving(hub):
        preferences = user.desktop.lorgnette.preferences
        preferences.update(Settings(downloads=DownloadOptions(endpoint=hub.address)))
        user.x11.choose(user.window.model_picker, "Get the full model…")
        user.x11.wait(lambda: bool(user.window.findChildren(ModelsWindow)))
        (dialog,) = user.window.findChildren(ModelsWindow)
        user.x11.wait(dialog.isActiveWindow)
        row = dialog.rows[first.model_id]
        user.x11.wait(lambda: bool(row.verdict.text()))
        hub.troubles += [Trouble("model.safetensors", times=1, wrong=True), Trouble("model.safetensors", cut=200_000)]
        user.x11.click(row.download)
        for _ in range(6):  # What was thrown away or cut off is asked for again, by itself or by the same button.
            user.x11.wait(
                lambda: (
                    row.use.isVisible()
                    or (bool(dialog.notices.current) and row.download.isVisible() and row.download.isEnabled())
                )
            )
            if row.use.isVisible():
                break
            user.x11.click(row.download)
        user.desktop.wait(lambda: row.use.isVisible() and row.use.text() == "In use")
        user.x11.key("Escape")
        user.x11.wait(user.window.isActiveWindow)
    user.wait_for_model()
    info = user.desktop.lorgnette.model.status.info
    assert info
    assert info.name == first.model_id.partition("/")[2]
    user.x11.click(user.window.composer.edit)
    user.x11.type("Read the text.")
    user.x11.key("Return")
    user.wait_for_answer()
    assert user.desktop.branch[-1].text


def test_settings_and_language(start_user: StartUser, paths: Paths) -> None:
    user = start_user()
    dialog = open_settings(user)
    user.x11.type("language")
    box = editor(dialog, "Language", QComboBox)
    user.x11.click(box)
    user.x11.pause(200)
    user.x11.key("Home", *["Down"] * list(UiLanguage).index(UiLanguage.GERMAN), "Return")
    user.x11.wait(lambda: user.desktop.lorgnette.preferences.settings.language is UiLanguage.GERMAN)
    user.x11.click(dialog.search)
    user.x11.key("ctrl+a")
    user.x11.type("appearance")
    box = editor(dialog, "Appearance", QComboBox)
    user.x11.click(box)
    user.x11.pause(200)
    user.x11.key("Home", *["Down"] * list(ThemeChoice).index(ThemeChoice.DARK), "Return")
    user.x11.wait(lambda: user.window.palette().window().color().lightness() < 80)
    user.x11.key("Escape")
    user.x11.wait(user.window.isActiveWindow)
    user.desktop.close()

    settings, problem = SettingsFile(paths.settings).load()
    assert (settings.language, settings.theme, problem) == (UiLanguage.GERMAN, ThemeChoice.DARK, None)
    again = start_user()
    assert again.window.sidebar.new_chat.text() == "Neuer Chat"
    assert again.window.palette().window().color().lightness() < 80


def test_a_chat_leaves_and_comes_back(user: User, tmp_path: Path) -> None:
    user.x11.drop_files(user.window, NOTE)
    user.desktop.wait_for_images(1)
    user.x11.click(user.window.composer.read)
    user.wait_for_answer()
    before = [(message.role, message.text, message.attachments) for message in user.desktop.branch]
    chats = user.window.sidebar.list
    place = chats.visualRect(chats.model().index(1, 0)).center()
    user.x11.choose(chats.viewport(), "Export…", at=place, button=3)
    target = tmp_path / "chat.json"
    user.x11.answer_file_dialog(target)
    user.x11.wait(target.exists)
    user.x11.click(chats.viewport(), chats.visualRect(chats.model().index(1, 0)).center())
    user.x11.key("Delete")
    user.x11.wait(lambda: chats.model().rowCount() == 0)

    user.x11.drop_files(user.window, target)
    user.x11.wait(lambda: len(user.desktop.branch) == 2)
    assert [(message.role, message.text, message.attachments) for message in user.desktop.branch] == before
    assert chats.model().rowCount() == 2


def test_text_at_200_percent(user: User) -> None:
    user.window.resize(1000, 700)
    for size in range(WHOLE_SIZE + 10, LARGEST + 10, 10):
        user.x11.key("ctrl+plus")
        user.x11.wait(lambda size=size: user.desktop.lorgnette.preferences.settings.zoom == size)  # type: ignore[misc]
    user.x11.pause(300)
    user.x11.drop_files(user.window, NOTE)
    user.desktop.wait_for_images(1)
    composer = user.window.composer
    for widget in (composer.edit, composer.read, composer.add, user.window.model_picker, user.window.menu_button):
        assert_is_reachable(user, widget)
    user.x11.click(composer.read)
    user.wait_for_answer()
    user.x11.click(composer.edit)
    user.x11.type("Where is Boarding?")
    assert_is_reachable(user, composer.send)
    user.x11.click(composer.send)
    user.x11.wait(lambda: len(user.desktop.branch) == 4)
    user.wait_for_answer()
    assert "Boarding" in user.desktop.branch[-1].text
    user.x11.key("ctrl+0")
    user.x11.wait(lambda: user.desktop.lorgnette.preferences.settings.zoom == WHOLE_SIZE)


def assert_is_reachable(user: User, widget: QWidget) -> None:
    """Most of it is inside the window, where it can be seen and clicked."""
    part = user.x11.visible_part(widget)
    whole = widget.width() * widget.height()
    assert widget.isVisible()
    assert part.width() * part.height() > 0.9 * whole, f"{widget.accessibleName()} is cut off"


def open_settings(user: User) -> SettingsWindow:
    user.x11.key("ctrl+comma")
    user.x11.wait(lambda: bool(user.window.findChildren(SettingsWindow)))
    (dialog,) = user.window.findChildren(SettingsWindow)
    user.x11.wait(dialog.isActiveWindow)
    user.x11.wait(lambda: QApplication.focusWidget() is dialog.search)
    return dialog


def editor(dialog: SettingsWindow, name: str, kind: type[QComboBox]) -> QComboBox:
    (found,) = [each for each in dialog.findChildren(kind) if each.accessibleName() == name]
    return found
