"""Keys that all windows beside the main one have."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

import app.ui
from app.domain.errors import Problem, ProblemKind
from app.domain.models.model_catalog import KnownModel
from app.domain.models.model_library import ModelLibraryState
from app.domain.settings.settings import Settings
from app.ui.batch.batch_window import BatchWindow
from app.ui.chat.instructions_dialog import InstructionsDialog
from app.ui.documents.document_window import DocumentWindow
from app.ui.documents.password_dialog import PasswordDialog
from app.ui.images.image_library import ImageLibrary
from app.ui.models.model_row import RowState
from app.ui.models.models_window import ModelsWindow
from app.ui.models.server_dialog import ServerDialog
from app.ui.settings.settings_window import SettingsWindow
from app.ui.shell.backups_dialog import BackupsDialog
from app.ui.widgets.lazy_thumbnails import LazyThumbnails, run_now
from app.ui.widgets.text_dialog import TextDialog
from tests.ui.conftest import no_thumbnail, shown

CONTROL = Qt.KeyboardModifier.ControlModifier


def press(window: QWidget, key: Qt.Key, qtbot: QtBot) -> None:
    """Press Ctrl and a key in a window, once it is the active one."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, key, CONTROL)


def library() -> ImageLibrary:
    return ImageLibrary(LazyThumbnails(no_thumbnail, run_now))


def described(model: KnownModel, library: ModelLibraryState) -> RowState:
    raise AssertionError(f"no model is listed, and {model} in {library} is not asked for")


WINDOWS: Mapping[type[QWidget], Callable[[], QWidget]] = {
    BackupsDialog: lambda: BackupsDialog(()),
    BatchWindow: BatchWindow,
    DocumentWindow: DocumentWindow,
    ImageLibrary: library,
    InstructionsDialog: lambda: InstructionsDialog(""),
    ModelsWindow: lambda: ModelsWindow((), described, ""),
    PasswordDialog: lambda: PasswordDialog(Problem(ProblemKind.IMAGE, "It is locked.")),
    ServerDialog: lambda: ServerDialog(""),
    SettingsWindow: lambda: SettingsWindow(Settings(), ()),
    TextDialog: lambda: TextDialog("Title", "About", "Text"),
}


def test_every_dialog_of_the_interface_is_tried_here() -> None:
    modules = [importlib.import_module(it.name) for it in pkgutil.walk_packages(app.ui.__path__, "app.ui.")]
    found = {cls for module in modules for _, cls in inspect.getmembers(module, inspect.isclass)}
    dialogs = {cls for cls in found if issubclass(cls, QDialog) and cls.__module__.startswith("app.ui.")}
    assert dialogs | {DocumentWindow} == set(WINDOWS)


@pytest.mark.parametrize("make", WINDOWS.values(), ids=[cls.__name__ for cls in WINDOWS])
def test_ctrl_w_closes_it(make: Callable[[], QWidget], qtbot: QtBot) -> None:
    window = make()
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    press(shown(window, qtbot), Qt.Key.Key_W, qtbot)
    assert not window.isVisible()


@pytest.mark.parametrize("key", [Qt.Key.Key_F, Qt.Key.Key_L])
def test_a_key_that_goes_to_the_filter_of_images_selects_its_words(qtbot: QtBot, key: Qt.Key) -> None:
    images = shown(library(), qtbot)
    images.filter.setText("old words")
    images.grid.setFocus()
    press(images, key, qtbot)
    assert images.filter.selectedText() == "old words"


def test_coming_forward_selects_the_words_of_a_window_that_is_open(qtbot: QtBot) -> None:
    images = shown(library(), qtbot)
    images.filter.setText("old words")
    images.come_forward()
    assert images.filter.selectedText() == "old words"
    qtbot.keyClicks(images.grid, "new")
    assert images.filter.text() == "new"


def test_ctrl_f_goes_to_the_search_of_the_settings(qtbot: QtBot) -> None:
    settings = shown(SettingsWindow(Settings(), ()), qtbot)
    settings.search.setText("zoom")
    settings.reset_all.setFocus()
    press(settings, Qt.Key.Key_F, qtbot)
    assert settings.search.selectedText() == "zoom"
