"""A real window that has the keyboard, as only a window manager gives it: offscreen, nothing ever gets the focus so."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.support.processes import wait_until

NEEDS_WINDOWS = [
    pytest.mark.window,
    pytest.mark.skipif(os.environ.get("QT_QPA_PLATFORM") != "xcb", reason="under xvfb, with QT_QPA_PLATFORM=xcb"),
    pytest.mark.skipif(not (shutil.which("openbox") and shutil.which("xdotool")), reason="check.sh installs them"),
]
"""`pytestmark` of a module whose tests take the focus."""


@pytest.fixture(scope="session")
def window_manager() -> Iterator[None]:
    """Openbox, which makes windows active, on the display of the tests."""
    manager = subprocess.Popen(["openbox", "--sm-disable"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(_is_managed)
    yield
    manager.terminate()
    manager.wait()


def _is_managed() -> bool:
    """Whether a window manager answers."""
    return subprocess.run(["xdotool", "get_num_desktops"], capture_output=True, check=False).returncode == 0


def activate(window: QWidget, qtbot: QtBot) -> None:
    """Give `window` the keyboard, and wait until it has it."""
    with qtbot.waitActive(window, timeout=10_000):
        window.show()
        window.raise_()
        window.activateWindow()
