"""Folders and pages that another program shows; where there is none, the window tells where they are."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from app.controllers.batch_controller import BatchController
from app.controllers.version_controller import VersionController
from app.domain.batch.batch import BatchState
from app.domain.settings.releases import Release
from app.domain.settings.settings import Settings
from app.ui.shell.main_window import MainWindow


class Queue(QObject):
    """Has nothing to do."""

    state_changed = Signal(object)
    previewed = Signal(object)
    found = Signal(object)
    item_changed = Signal(int)
    progress_changed = Signal(object)
    problem_met = Signal(object)
    recalled = Signal(object, object)
    state = BatchState.IDLE

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def retry(self) -> None:
        pass


class Results(QObject):
    entry_found = Signal(int, object)
    picture_found = Signal(int, bytes)

    def find(self, index: int) -> None:
        pass


class Model(QObject):
    status_changed = Signal(object)


class Check(QObject):
    found = Signal(Release)


@pytest.fixture(params=[True, False])
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[list[QUrl], bool]:
    """The addresses that other programs were asked to show, and whether there are such programs."""
    urls: list[QUrl] = []

    def show(url: QUrl) -> bool:
        urls.append(url)
        return bool(request.param)

    monkeypatch.setattr(QDesktopServices, "openUrl", show)
    return urls, request.param


def test_the_folder_of_a_batch(window: MainWindow, asked: tuple[list[QUrl], bool], tmp_path: Path) -> None:
    urls, is_shown = asked
    settings = SimpleNamespace(settings=Settings())
    controller = BatchController(window, Queue(window), Results(window), Model(window), settings, window)  # type: ignore[arg-type]
    controller.batch.set_target(tmp_path)
    controller.batch.open_folder_clicked.emit()
    assert urls == [QUrl.fromLocalFile(str(tmp_path))]
    sentences = [notice.sentence for notice in window.notices.current]
    assert any(str(tmp_path) in sentence for sentence in sentences) is not is_shown


def test_the_page_of_a_release(window: MainWindow, asked: tuple[list[QUrl], bool], qtbot: QtBot) -> None:
    urls, is_shown = asked
    check = Check(window)
    VersionController(window, check, window)  # type: ignore[arg-type]
    check.found.emit(Release(version="v9.0", page="https://example.org/9"))
    (box,) = window.notices.boxes
    (button,) = (found for found in box.findChildren(QAbstractButton) if found.text() == "Open release page")
    button.click()
    assert urls == [QUrl("https://example.org/9")]
    sentences = [notice.sentence for notice in window.notices.current]
    assert any("https://example.org/9" in sentence for sentence in sentences) is not is_shown
