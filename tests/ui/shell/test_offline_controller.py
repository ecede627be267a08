"""The switch "Offline" below the chats: what it does, and when it is switched on by itself."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.controllers.offline_controller import OfflineController
from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.models.model_info import ModelInfo
from app.domain.models.model_policy import ModelPolicy
from app.domain.settings.settings import Settings
from app.services.engines.background import BackgroundThread
from app.services.settings.preferences import Preferences
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.theme import Theme

FULL = ModelInfo(
    name="Qwen3-VL-2B",
    folder="/models/full",
    scheme="W4A16, group 128",
    device="CPU",
    device_reason="",
    context_length=32_768,
)
DEMO = replace(FULL, policy=ModelPolicy(is_placeholder=True))
SERVED = replace(FULL, server="example.org", leaves_machine=True)


class Model(QObject):
    """Only tells its status."""

    status_changed = Signal(object)

    def get_ready(self, info: ModelInfo) -> None:
        self.status_changed.emit(EngineStatus(state=EngineState.READY, info=info))


class Downloads(QObject):
    """None is going on, or one."""

    active = ""


class Store:
    """Keeps nothing."""

    def save(self, settings: Settings) -> None:
        pass


class Harness:
    """A window, its preferences, and the desk between them."""

    def __init__(self, window: MainWindow, thread: BackgroundThread) -> None:
        self.window = window
        self.preferences = Preferences(Settings(), Store(), thread, window)
        self.model, self.downloads = Model(window), Downloads(window)
        self.controller = OfflineController(window, self.model, self.downloads, self.preferences, window)  # type: ignore[arg-type]

    def is_on(self) -> bool:
        is_on = self.window.sidebar.status_line.offline.isChecked()
        assert is_on == self.preferences.settings.offline
        return is_on


@pytest.fixture
def harness(qtbot: QtBot, theme: Theme) -> Iterator[Harness]:
    window = MainWindow(lambda _: Path())
    qtbot.addWidget(window)
    thread = BackgroundThread("files")
    yield Harness(window, thread)
    thread.close()


def test_it_is_switched_on_when_the_first_full_model_is_ready_and_only_then(harness: Harness) -> None:
    for other in (DEMO, SERVED):
        harness.model.get_ready(other)
        assert not harness.is_on()
    harness.model.get_ready(FULL)
    assert harness.is_on()
    harness.window.sidebar.status_line.offline.click()
    harness.model.get_ready(FULL)
    assert not harness.is_on()
    assert harness.preferences.settings == Settings(offline=False, offline_settled=True)


def test_not_while_something_is_being_downloaded(harness: Harness) -> None:
    harness.downloads.active = "another"
    harness.model.get_ready(FULL)
    assert not harness.is_on()
    harness.downloads.active = ""
    harness.model.get_ready(FULL)
    assert harness.is_on()


def test_whoever_has_used_it_is_not_overruled(harness: Harness) -> None:
    harness.window.sidebar.status_line.offline.click()
    assert harness.is_on()
    harness.window.sidebar.status_line.offline.click()
    harness.model.get_ready(FULL)
    assert not harness.is_on()


def test_the_settings_window_moves_it_too(harness: Harness) -> None:
    harness.preferences.change(offline=True)
    assert harness.is_on()
    assert harness.preferences.settings.offline_settled
    harness.preferences.change(offline=False)
    harness.model.get_ready(FULL)
    assert not harness.is_on()


def test_who_asks_for_newer_versions_is_not_told_that_connections_are_for_downloads_only(harness: Harness) -> None:
    labels = harness.window.sidebar.status_line.findChildren(QLabel)
    (connects,) = (label for label in labels if label.text() == "Online only for downloads")
    assert not connects.isHidden()
    harness.preferences.change(tells_of_versions=True)
    assert connects.isHidden()
    harness.preferences.change(tells_of_versions=False)
    assert not connects.isHidden()
