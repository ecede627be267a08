"""From the screen to an image: the overlay, the desktop's portal, and both together on a real display."""

import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.domain.launch_request import CaptureTarget
from app.ui.images import screen_capture
from app.ui.images.active_window import active_window
from app.ui.images.capture_overlay import CaptureOverlay
from app.ui.images.screen_capture import HIDING_MILLISECONDS, NAME, CaptureUse, ScreenCapture
from app.ui.shell.main_window import MainWindow
from tests.support.active_window import NEEDS_WINDOWS, activate, window_manager
from tests.support.fake_portal import NOBODY
from tests.support.on_screen import mouse
from tests.ui.conftest import drag, shown


@pytest.fixture
def overlay(qtbot: QtBot) -> CaptureOverlay:
    still = QPixmap(800, 600)
    still.fill(QColor("#ffffff"))
    made = CaptureOverlay(QGuiApplication.primaryScreen(), still)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    return shown(made, qtbot)


def test_a_rectangle_is_dragged_from_any_corner(overlay: CaptureOverlay, qtbot: QtBot) -> None:
    with qtbot.waitSignal(overlay.chosen) as chosen:
        drag(overlay, QPointF(200, 150), QPointF(101, 51))
    assert chosen.args == [QRect(101, 51, 100, 100)]


def test_a_click_chooses_nothing_and_escape_gives_up(overlay: CaptureOverlay, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(overlay.chosen):
        drag(overlay, QPointF(200, 150), QPointF(201, 151))
    with qtbot.waitSignal(overlay.cancelled):
        qtbot.keyClick(overlay, Qt.Key.Key_Escape)
    with qtbot.waitSignal(overlay.cancelled):
        qtbot.mouseClick(overlay, Qt.MouseButton.RightButton, pos=QPoint(9, 9))


def test_what_is_chosen_is_bright(overlay: CaptureOverlay, qtbot: QtBot) -> None:
    qtbot.mousePress(overlay, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    mouse(overlay, QEvent.Type.MouseMove, QPointF(300, 300))
    picture = overlay.grab().toImage()
    assert picture.pixelColor(200, 200) == QColor("#ffffff")
    assert picture.pixelColor(400, 200).lightness() < 160


@pytest.mark.skipif(not shutil.which("dbus-run-session"), reason="needs a D-Bus daemon")
@pytest.mark.parametrize(
    ("answer", "content", "outcome"),
    [
        ("0", "the image", "the image"),
        ("1", "", "given up"),
        ("2", "", "failed"),
        ("0", "", "failed"),
        (NOBODY, "", "failed"),
    ],
)
def test_the_portal_is_asked_over_a_real_bus(tmp_path: Path, answer: str, content: str, outcome: str) -> None:
    file = tmp_path / "shot.png"
    if content:
        file.write_text(content)
    talk = [sys.executable, "-m", "tests.support.fake_portal", answer, str(file)]
    done = subprocess.run(["dbus-run-session", "--", *talk], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == outcome, done.stderr


def overlays() -> list[CaptureOverlay]:
    """Those that cover a screen."""
    return [
        found for found in QApplication.topLevelWidgets() if isinstance(found, CaptureOverlay) and found.isVisible()
    ]


@pytest.mark.window
def test_a_part_of_the_real_screen_is_captured_and_captured_again(qtbot: QtBot, qapp: QApplication) -> None:
    own, other = QWidget(), QWidget()
    for widget, colour, x in ((own, "#00ff00", 100), (other, "#ff0000", 300)):
        widget.setStyleSheet(f"background: {colour}")
        widget.setGeometry(x, 100, 400, 300)
        shown(widget, qtbot)
    own.raise_()
    capture = ScreenCapture(own)
    capture.start()
    qtbot.waitUntil(lambda: bool(overlays()))
    assert not own.isVisible()
    with qtbot.waitSignal(capture.captured) as captured:
        drag(overlays()[0], QPointF(350, 150), QPointF(449, 229))
    assert captured.args is not None
    content, name = captured.args
    assert name == f"{NAME}.png"
    image = Image.open(io.BytesIO(content)).convert("RGB")
    assert (image.size, image.getcolors()) == ((100, 80), [(8000, (255, 0, 0))])
    assert own.isVisible()

    with qtbot.waitSignal(capture.captured) as again:
        capture.repeat()
    assert again.args == captured.args
    capture.start()
    qtbot.waitUntil(lambda: bool(overlays()))
    qtbot.keyClick(overlays()[0], Qt.Key.Key_Escape)
    qtbot.waitUntil(own.isVisible)
    own.close()
    other.close()


@pytest.mark.parametrize(
    ("target", "delay", "milliseconds"),
    [
        (CaptureTarget.AREA, 0, HIDING_MILLISECONDS),
        (CaptureTarget.SCREEN, 0, HIDING_MILLISECONDS),
        (CaptureTarget.AREA, 3, 3000),
    ],
)
def test_it_waits_as_long_as_is_wanted_and_the_window_is_away(
    target: CaptureTarget, delay: int, milliseconds: int, qtbot: QtBot
) -> None:
    own = shown(QWidget(), qtbot)
    capture = ScreenCapture(own)
    capture.start_mode(target, delay)
    (timer,) = capture.findChildren(QTimer)
    assert (timer.isActive(), timer.interval(), own.isVisible(), capture.is_busy) == (True, milliseconds, False, True)
    timer.stop()


def test_the_menus_offer_the_other_modes(window: MainWindow) -> None:
    started: list[tuple[CaptureTarget, int]] = []
    for source in (window.tray, window.menu_button):
        source.mode_triggered.connect(lambda target, delay: started.append((target, delay)))
    window.tray.mode_triggered.disconnect(window.capture.start_mode)
    window.menu_button.mode_triggered.disconnect(window.capture.start_mode)
    (inner,) = [
        action.menu() for action in window.menu_button.menu().actions() if action.text() == "Capture the screen"
    ]
    tray = window.tray.contextMenu()
    for menu in (inner, tray):
        assert isinstance(menu, QMenu)
        for words in ("active window", "whole screen", "3 seconds"):
            (action,) = [action for action in menu.actions() if words in action.text()]
            action.trigger()
    modes = [(CaptureTarget.WINDOW, 0), (CaptureTarget.SCREEN, 0), (CaptureTarget.AREA, 3)]
    assert started == modes * 2


@pytest.mark.window
@pytest.mark.parametrize(("use", "stays"), [(CaptureUse.TEXT, True), (CaptureUse.TEXT_FROM_WINDOW, False)])
def test_for_its_text_the_window_stays_as_it_is_unless_it_was_asked_itself(
    use: CaptureUse, stays: bool, qtbot: QtBot
) -> None:
    own = shown(QWidget(), qtbot)
    capture = ScreenCapture(own)
    assert capture.start_for_text(use)
    assert not capture.start_for_text(use), "one at a time"
    qtbot.waitUntil(lambda: bool(overlays()))
    assert own.isVisible() is stays
    with qtbot.assertNotEmitted(capture.captured), qtbot.waitSignal(capture.text_captured):
        drag(overlays()[0], QPointF(350, 150), QPointF(449, 229))
    assert own.isVisible()
    assert capture.start_for_text(use)
    qtbot.waitUntil(lambda: bool(overlays()))
    with qtbot.waitSignal(capture.text_cancelled):
        qtbot.keyClick(overlays()[0], Qt.Key.Key_Escape)
    assert own.isVisible()
    assert not capture.is_busy
    own.close()


def marked_for_windows(function: Callable[..., None]) -> Callable[..., None]:
    for mark in NEEDS_WINDOWS:
        function = mark(function)
    return function


@marked_for_windows
def test_a_window_that_comes_forward_ends_the_capture(qtbot: QtBot, window_manager: None) -> None:
    """Images of a second start bring it forward, below the overlay, which then gets no keys."""
    own = shown(QWidget(), qtbot)
    capture = ScreenCapture(own)
    capture.start()
    qtbot.waitUntil(lambda: bool(overlays()) and overlays()[0].isActiveWindow(), timeout=10_000)
    activate(own, qtbot)
    qtbot.waitUntil(lambda: not capture.is_busy)
    qtbot.waitUntil(lambda: not overlays())
    assert own.isVisible(), window_manager


@marked_for_windows
def test_the_active_window_and_the_whole_screen_are_captured(qtbot: QtBot, window_manager: None) -> None:
    own, other = QWidget(), QWidget()
    for widget, colour in ((own, "#00ff00"), (other, "#ff0000")):
        widget.setStyleSheet(f"background: {colour}")
        widget.setGeometry(100, 100, 400, 300)
        shown(widget, qtbot)
    activate(other, qtbot)
    qtbot.waitUntil(lambda: active_window() == other.winId())
    capture = ScreenCapture(own)
    with qtbot.waitSignal(capture.text_captured) as captured:
        capture.start_for_text(CaptureUse.TEXT, CaptureTarget.WINDOW)
    assert captured.args is not None
    content, name = captured.args
    image = Image.open(io.BytesIO(content)).convert("RGB")
    assert (image.size, image.getcolors(), name) == ((400, 300), [(400 * 300, (255, 0, 0))], "Window.png")
    with qtbot.waitSignal(capture.text_captured) as captured:
        capture.start_for_text(CaptureUse.TEXT, CaptureTarget.SCREEN)
    assert captured.args is not None
    screen = own.screen().geometry().size()
    assert Image.open(io.BytesIO(captured.args[0])).size == (screen.width(), screen.height())
    assert overlays() == []
    own.close()
    other.close()


@marked_for_windows
def test_where_no_window_is_active_an_area_is_selected(
    qtbot: QtBot, window_manager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen_capture, "active_window", lambda: 0)
    own = shown(QWidget(), qtbot)
    capture = ScreenCapture(own)
    capture.start_mode(CaptureTarget.WINDOW, 0)
    qtbot.waitUntil(lambda: bool(overlays()))
    qtbot.keyClick(overlays()[0], Qt.Key.Key_Escape)
    qtbot.waitUntil(own.isVisible)
    own.close()


def test_without_x11_no_window_is_known() -> None:
    if QGuiApplication.platformName() != "xcb":
        assert active_window() == 0


__all__ = ["window_manager"]
