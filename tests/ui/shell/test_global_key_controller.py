"""The key of the settings: what is said where there can be none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.controllers.global_key_controller import GlobalKeyController
from app.domain.error_texts import image_texts
from app.domain.errors import ErrorText
from app.domain.settings.settings import Settings
from app.services.engines.background import BackgroundThread
from app.services.settings.preferences import Preferences
from app.ui.shell.global_key import GrabResult
from app.ui.shell.main_window import MainWindow
from app.ui.shell.x11_key import X11Key
from app.ui.widgets.notice import notice_of
from app.ui.widgets.theme import Theme


class Store:
    """Keeps nothing."""

    def save(self, settings: Settings) -> None:
        pass


class Harness:
    """A window, its preferences, and the controller between them."""

    def __init__(self, window: MainWindow, thread: BackgroundThread) -> None:
        self.window = window
        self.preferences = Preferences(Settings(), Store(), thread, window)
        self.controller = GlobalKeyController(window, self.preferences, window)


@pytest.fixture
def harness(qtbot: QtBot, theme: Theme) -> Iterator[Harness]:
    window = MainWindow(lambda _: Path())
    qtbot.addWidget(window)
    thread = BackgroundThread("files")
    yield Harness(window, thread)
    thread.close()


@pytest.mark.parametrize("platform", ["cocoa", "windows", "wayland", "offscreen"])
def test_where_there_can_be_none_it_is_told_once(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    monkeypatch.setattr("app.controllers.global_key_controller.QGuiApplication.platformName", lambda: platform)
    harness.preferences.change(zoom=100)
    assert not harness.window.notices.current
    harness.preferences.change(capture_key="Ctrl+Alt+T")
    assert list(harness.window.notices.current) == [notice_of(image_texts.NO_GLOBAL_KEYS.problem(key="Ctrl+Alt+T"))]
    harness.window.notices.clear()
    harness.preferences.change(offline=True)
    harness.preferences.change(capture_key="")
    assert not harness.window.notices.current


@pytest.mark.parametrize(
    ("result", "text"), [(GrabResult.TAKEN, image_texts.KEY_TAKEN), (GrabResult.UNKNOWN, image_texts.KEY_UNKNOWN)]
)
def test_a_key_that_cannot_be_had_is_told(
    result: GrabResult, text: ErrorText, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.controllers.global_key_controller.QGuiApplication.platformName", lambda: "xcb")
    monkeypatch.setattr(X11Key, "grab", lambda _key, _keys: result)
    harness.preferences.change(capture_key="Ctrl+Alt+T")
    assert harness.window.notices.current == (notice_of(text.problem(key="Ctrl+Alt+T")),)
