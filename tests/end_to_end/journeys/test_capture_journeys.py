"""Text from the screen to the clipboard while another program is being used."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication, QPushButton

from app.bootstrap import lock_folder
from app.paths import Paths
from app.ui.images.capture_toast import CaptureToast
from tests.end_to_end.journeys.conftest import User
from tests.end_to_end.journeys.test_image_journeys import wait_for_overlay
from tests.support.active_window import NEEDS_WINDOWS
from tests.support.on_screen import the
from tests.support.text_program import TITLE

pytestmark = NEEDS_WINDOWS

TEXT = "Two chairs, oak, 258.00"
CORNER = QPointF(62, 62)
"""Within the other program's window."""


class OtherProgram:
    """The window of another program, which is active."""

    def __init__(self, user: User, target: Path) -> None:
        self._x11 = user.x11
        self._target = target
        self.id = user.x11.find_window(TITLE)
        user.x11.activate(self.id)
        user.x11.wait(lambda: not user.window.isActiveWindow())

    def paste(self) -> str:
        """Select all, paste, and return what then stands in the window."""
        self._target.unlink(missing_ok=True)
        self._x11.key("ctrl+a", "ctrl+v")
        self._x11.wait(self._target.exists)
        self._x11.pause(100)
        return self._target.read_text(encoding="utf-8")


@pytest.fixture
def other(user: User, tmp_path: Path) -> Iterator[OtherProgram]:
    target = tmp_path / "pasted.txt"
    with subprocess.Popen([sys.executable, "-m", "tests.support.text_program", str(target), TEXT]) as process:
        try:
            yield OtherProgram(user, target)
        finally:
            process.kill()


@contextlib.contextmanager
def second_start(user: User, paths: Paths) -> Iterator[None]:
    """Start Lorgnette again, as a key of the desktop does; it ends by itself."""
    lock = lock_folder(paths)
    assert lock
    command = [sys.executable, "-m", "app", "--data", str(paths.data), "--capture", "--text"]
    process = subprocess.Popen(command)
    try:
        user.desktop.wait(lambda: user.window.capture.is_busy)  # It imports Qt before it sends its request.
        yield
        user.desktop.wait(lambda: process.poll() is not None)
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()
        lock.close()


def capture_text(user: User, paths: Paths, below: int = 0) -> None:
    """Drag over the other program's text, or so many pixels below it."""
    with second_start(user, paths):
        overlay = wait_for_overlay(user.x11)
        user.x11.drag(overlay, CORNER + QPointF(0, below), CORNER + QPointF(500, 90 + below))


def toast(user: User) -> CaptureToast:
    """The toast, once it is there."""
    found: list[CaptureToast] = []

    def is_there() -> bool:
        found[:] = [it for it in QApplication.topLevelWidgets() if isinstance(it, CaptureToast) and it.isVisible()]
        return len(found) == 1

    user.desktop.wait(is_there)
    return found[0]


def pictures(folder: Path) -> list[Path]:
    """The files below a folder with the head of a PNG anywhere in them."""
    return [path for path in folder.rglob("*") if path.is_file() and b"IHDR" in path.read_bytes()]


def test_text_is_captured_pasted_taken_back_and_opened(user: User, other: OtherProgram, paths: Paths) -> None:
    QApplication.clipboard().setText("before")
    capture_text(user, paths)
    shown = toast(user)
    assert QApplication.clipboard().text() == TEXT
    assert not user.window.isActiveWindow()
    assert other.paste() == TEXT, "the other program has the keyboard"
    user.x11.click(the(shown, QPushButton, "Undo"))
    user.x11.wait(lambda: QApplication.clipboard().text() == "before")
    assert other.paste() == "before"
    assert pictures(paths.data) == []

    other.paste()
    user.x11.key("ctrl+a")
    user.x11.type(TEXT)
    capture_text(user, paths)
    user.x11.click(the(toast(user), QPushButton, "Open in Lorgnette"))
    user.x11.wait(user.window.isActiveWindow)
    user.desktop.wait_for_images(1)
    (image,) = user.desktop.lorgnette.session.draft.attachments
    assert (abs(image.width - 500) <= 2, abs(image.height - 90) <= 2) == (True, True)
    assert pictures(paths.data) != []


def test_an_area_without_text_keeps_the_clipboard_and_escape_does_nothing(
    user: User, other: OtherProgram, paths: Paths
) -> None:
    QApplication.clipboard().setText("before")
    capture_text(user, paths, below=100)
    assert toast(user).box.sentence.text() == "No text was found. The clipboard was kept."
    assert QApplication.clipboard().text() == "before"
    with second_start(user, paths):
        wait_for_overlay(user.x11)
        user.x11.key("Escape")
    user.x11.wait(lambda: not user.window.capture.is_busy)
    assert QApplication.clipboard().text() == "before"
    assert not user.window.isActiveWindow()


def test_a_key_pressed_in_another_program_captures_its_text(user: User, other: OtherProgram) -> None:
    QApplication.clipboard().setText("before")
    user.desktop.lorgnette.preferences.change(capture_key="Ctrl+Alt+T")
    user.x11.key("ctrl+alt+t")
    overlay = wait_for_overlay(user.x11)
    user.x11.key("ctrl+alt+t")  # While one is being captured, the key does nothing.
    user.x11.drag(overlay, CORNER, CORNER + QPointF(500, 90))
    toast(user)
    assert QApplication.clipboard().text() == TEXT
    assert not user.window.isActiveWindow()
    assert other.paste() == TEXT
    user.desktop.lorgnette.preferences.change(capture_key="")
