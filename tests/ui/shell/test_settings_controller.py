"""What the menu shows that belongs to no chat."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from app.controllers import settings_controller
from app.controllers.settings_controller import SettingsController
from app.domain.settings.settings import Settings
from app.services.engines.background import BackgroundThread
from app.services.settings.preferences import Preferences
from app.ui.settings.settings_window import SettingsWindow
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.text_dialog import TextDialog
from app.ui.widgets.theme import Theme

OpenWindow = Callable[[], MainWindow]


class Store:
    """Keeps nothing."""

    def save(self, settings: Settings) -> None:
        pass


class Kept:
    """1.23 GB, until they are deleted."""

    is_encrypted = True

    def __init__(self) -> None:
        self._used = 1_230_000_000

    def measure(self, use: Callable[[int], None]) -> None:
        use(self._used)

    def clear(self) -> None:
        self._used = 0


@pytest.fixture
def open_window(theme: Theme, qtbot: QtBot) -> Iterator[OpenWindow]:
    """Opens a window with a desk of its own."""
    thread = BackgroundThread("files")

    def opened() -> MainWindow:
        window = MainWindow(lambda _: Path())
        qtbot.addWidget(window)
        preferences = Preferences(Settings(), Store(), thread, window)
        SettingsController(window, preferences, lambda use: use("Lorgnette: 1"), frozenset(), Kept(), window)
        return window

    yield opened
    thread.close()


def licences_entry(window: MainWindow) -> QAction:
    return window.menu_button.licences


def test_an_installed_lorgnette_shows_the_licences_of_what_it_brings_along(
    open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    licences = tmp_path / "licences.txt"
    licences.write_text("Qt: LGPL-3 “as it is”", encoding="utf-8")
    monkeypatch.setattr(settings_controller, "LICENCES", licences)
    window = open_window()
    assert licences_entry(window).isVisible()
    licences_entry(window).trigger()
    (dialog,) = window.findChildren(TextDialog)
    assert dialog.text.toPlainText() == "Qt: LGPL-3 “as it is”"


def test_a_checkout_which_brings_nothing_along_has_no_such_entry(
    open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_controller, "LICENCES", tmp_path / "licences.txt")
    assert not licences_entry(open_window()).isVisible()


def test_the_space_that_is_used_is_shown_and_given_back(open_window: OpenWindow) -> None:
    window = open_window()
    window.settings_triggered.emit("")
    (dialog,) = window.findChildren(SettingsWindow)
    row = dialog.disk_cache
    assert row.hint.text().startswith("1.3 GB, encrypted")
    row.clear.click()
    assert row.hint.text() == "Nothing is kept."
    assert not row.clear.isEnabled()
