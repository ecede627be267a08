"""The whole application, with its real engine processes, over a data folder of its own."""

import contextlib
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Lorgnette
from app.domain.chat.chat import Message
from app.domain.launch_request import LaunchRequest
from app.domain.models.engine_status import EngineState
from app.domain.settings.generation_options import GREEDY, GenerationOptions
from app.domain.settings.settings import Settings
from app.paths import Paths
from app.storage.settings.settings_file import SettingsFile
from app.ui.batch.batch_window import BatchWindow
from app.ui.shell.main_window import MainWindow
from tests.support import drops
from tests.support.tiny_checkpoint import Layout, make_checkpoint, make_endless

LONG = 60_000
"""Milliseconds: a process may have to import torch on a busy machine."""

RECEIPT = ("CORNER BAKERY", "2 x Espresso 5.00", "Walnut cake 4.00", "TOTAL 9.00 EUR")


class Desktop:
    """One running application and the hands of its user."""

    def __init__(self, paths: Paths, application: QApplication, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.lorgnette = Lorgnette(paths, application)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.lorgnette.begin(LaunchRequest(), "")
        self.is_open = True

    @property
    def window(self) -> MainWindow:
        return self.lorgnette.window

    @property
    def branch(self) -> tuple[Message, ...]:
        return self.lorgnette.session.branch

    def open_model(self, folder: Path) -> None:
        """Choose a model in place of the one that is open, and wait until it can be asked."""
        self.lorgnette.model.open(str(folder))
        self.wait(lambda: self.is_ready(folder))

    @property
    def batch_window(self) -> BatchWindow:
        (found,) = self.window.findChildren(BatchWindow)
        return found

    def is_ready(self, folder: Path) -> bool:
        """Whether the model in this folder can be asked."""
        status = self.lorgnette.model.status
        return status.state is EngineState.READY and status.info is not None and status.info.folder == str(folder)

    def drop(self, *paths: Path) -> None:
        """Drag files over the window and let go."""
        drops.drop(self.window, drops.files(paths))

    def wait(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=LONG)

    def wait_for_images(self, count: int) -> None:
        self.wait(lambda: len(self.lorgnette.session.draft.attachments) == count)

    def wait_for_answer(self) -> Message:
        self.wait(lambda: bool(self.branch) and not self.lorgnette.session.is_busy)
        return self.branch[-1]

    def type_and_send(self, text: str) -> None:
        self._qtbot.keyClicks(self.window.composer.edit, text)
        self._qtbot.keyClick(self.window.composer.edit, Qt.Key.Key_Return)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.lorgnette.shut_down()
            self.window.deleteLater()
            self.lorgnette.deleteLater()


def peek(paths: Paths, column: str, table: str) -> list[str]:
    """What stands in the database of an application that is running, read without disturbing it."""
    if not paths.database.exists():
        return []
    with contextlib.closing(sqlite3.connect(f"file:{paths.database}?mode=ro", uri=True)) as connection:
        try:
            return [str(row[0]) for row in connection.execute(f"SELECT {column} FROM {table}")]  # noqa: S608 - ours
        except sqlite3.OperationalError:  # It is being created.
            return []


Run = Callable[..., subprocess.Popen[bytes]]
"""(*command) -> the process, which is killed at the end of the test if it still runs."""


@pytest.fixture
def run() -> Iterator[Run]:
    with contextlib.ExitStack() as stack:

        def start(*command: str) -> subprocess.Popen[bytes]:
            process = stack.enter_context(subprocess.Popen(command))
            stack.callback(process.kill)
            return process

        yield start


OpenDesktop = Callable[[], Desktop]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A data folder whose settings make answers repeatable, and small images enough."""
    made = Paths.under(tmp_path / "data")
    made.data.mkdir()
    SettingsFile(made.settings).save(Settings(generation=GenerationOptions(sampling=GREEDY, pixel_budget=80 * 1024)))
    return made


@pytest.fixture
def open_desktop(paths: Paths, qapp: QApplication, qtbot: QtBot) -> Iterator[OpenDesktop]:
    desktops: list[Desktop] = []

    def start() -> Desktop:
        desktops.append(Desktop(paths, qapp, qtbot))
        return desktops[-1]

    yield start
    for desktop in desktops:
        desktop.close()


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    image = Image.new("RGB", (420, 300), "white")
    for row, line in enumerate(RECEIPT):
        ImageDraw.Draw(image).text((30, 40 + 55 * row), line, "black", ImageFont.load_default(30))
    image.save(tmp_path / "receipt.png")
    return tmp_path / "receipt.png"


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("models") / "Tiny-W4A16", Layout.AUTO_ROUND)


@pytest.fixture(scope="session")
def endless_model(model_folder: Path) -> Path:
    """The same model, but its answers take seconds, until they are stopped or cut off."""
    return make_endless(model_folder, model_folder.with_name("Endless-W4A16"))
