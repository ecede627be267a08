"""A user's input to a real screen: the mouse and the keys of an X server, moved by xdotool, and nothing else.

Where a thing is on the screen is asked of the widget; what happens to it comes through the X server and the window
manager as it does from a person, so that focus, active windows, popups and drags are real.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, QRect, QTimer
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from tests.support.drag_source import TITLE

PATIENCE = 30_000
"""Milliseconds to wait for what follows an input."""
STEPS = 12
"""Moves of the mouse in a drag."""


class X11Input:
    """Clicks, types and drags. Every call returns once the X server has delivered the input."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot

    def wait(self, condition: Callable[[], bool]) -> None:
        """Let the application work until `condition` holds; fails the test where it takes too long."""
        self.qtbot.waitUntil(condition, timeout=PATIENCE)

    def pause(self, milliseconds: int) -> None:
        """Let the application work for so long, as a person who looks does."""
        self.qtbot.wait(milliseconds)

    def click(self, widget: QWidget, at: QPoint | None = None, *, button: int = 1, count: int = 1) -> None:
        """Click on a widget once it is on the screen and enabled, in its middle or at a position of its own."""
        self.wait(lambda: widget.isVisible() and widget.isEnabled())
        self.pause(50)  # Layouts that were asked for meanwhile are done then.
        self._move(widget, at or widget.rect().center())
        self._xdotool("click", "--repeat", str(count), "--delay", "60", str(button))

    def key(self, *keys: str) -> None:
        """Press keys one after the other, such as "ctrl+k" or "Return"."""
        self._xdotool("key", "--delay", "30", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--delay", "8", text)

    def drag(self, widget: QWidget, start: QPointF, end: QPointF, held: str = "") -> None:
        """Press at a position of a widget, move to another in steps, let go; `held` is a key that is down meanwhile."""
        if held:
            self._xdotool("keydown", held)
        self._move(widget, start.toPoint())
        self._xdotool("mousedown", "1")
        for step in range(1, STEPS + 1):
            self._move(widget, (start + (end - start) * step / STEPS).toPoint())
        self._xdotool("mouseup", "1")
        if held:
            self._xdotool("keyup", held)

    def drag_item(self, view: QWidget, start: QPoint, end: QPoint) -> None:
        """Drag what Qt itself drags: its event loop returns at the end only, so all moves are one process."""
        ratio = view.devicePixelRatio()
        places = [view.mapToGlobal(start + (end - start) * step / STEPS) * ratio for step in range(STEPS + 1)]
        moves = [["mousemove", str(place.x()), str(place.y()), "sleep", "0.05"] for place in places]
        moves.insert(1, ["mousedown", "1", "sleep", "0.1"])
        command = ["xdotool", *(word for words in moves for word in words), "sleep", "0.2", "mouseup", "1"]
        with subprocess.Popen(command) as drag:
            self.wait(lambda: drag.poll() is not None)
        self.pause(100)

    def drop_files(self, window: QWidget, *files: Path) -> None:
        """Drag files out of another program's window and drop them into the middle of `window`."""
        place = window.mapToGlobal(window.rect().center())
        self.drop_files_at(place.x(), place.y(), *files)

    def drop_files_at(self, x: int, y: int, *files: Path) -> None:
        """Drag files out of another program's window and drop them at a place on the screen, in its pixels."""
        command = [sys.executable, "-m", "tests.support.drag_source", *map(str, files)]
        with subprocess.Popen(command) as source:
            try:
                self.find_window(TITLE)
                self.pause(400)
                self._xdotool("mousemove", "45", "45", "mousedown", "1")
                for step in range(1, 21):
                    self._xdotool("mousemove", *(str(45 + (place - 45) * step // 20) for place in (x, y)))
                    self.pause(20)
                self.pause(300)
                self._xdotool("mouseup", "1")
                self.pause(300)
            finally:
                source.kill()

    def find_window(self, title: str) -> str:
        """The X server's id of the one visible window with this title, once it is there."""
        search = ("search", "--onlyvisible", "--name", f"^{title}$")
        self.wait(lambda: self._ask(*search) != "")
        return self._ask(*search).split()[0]

    def centre_of(self, window_id: str) -> tuple[int, int]:
        """The middle of another program's window, in pixels of the screen."""
        left, top, width, height = self._geometry(window_id)
        return left + width // 2, top + height // 2

    def corner_of(self, window_id: str, right: int, up: int) -> tuple[int, int]:
        """A place near the lower left corner of another program's window, in pixels of the screen."""
        left, top, _, height = self._geometry(window_id)
        return left + right, top + height + up

    def click_at(self, x: int, y: int) -> None:
        """Click at a place on the screen, in its pixels."""
        self._xdotool("mousemove", str(x), str(y), "click", "1")

    def _geometry(self, window_id: str) -> tuple[int, int, int, int]:
        lines = self._ask("getwindowgeometry", "--shell", window_id).splitlines()
        found = {name: int(value) for name, _, value in (line.partition("=") for line in lines) if value.isdigit()}
        return found["X"], found["Y"], found["WIDTH"], found["HEIGHT"]

    def activate(self, window_id: str) -> None:
        """Bring another program's window to the front."""
        self._xdotool("windowactivate", "--sync", window_id)

    def choose(self, widget: QWidget, *names: str, at: QPoint | None = None, button: int = 1) -> None:
        """Open a widget's menu by a click and click through it, by the names of its entries.

        A menu may keep the click from returning until it is closed, so the rest is done by a timer.
        """
        wanted = list(names)
        timer = QTimer()
        timer.setInterval(100)

        def go_on() -> None:
            if wanted and (found := self._entry(wanted[0])):
                wanted.pop(0)
                popup, position = found
                place = popup.mapToGlobal(position) * popup.devicePixelRatio()
                subprocess.run(["xdotool", "mousemove", str(place.x()), str(place.y()), "click", "1"], check=True)

        timer.timeout.connect(go_on)
        timer.start()
        self.click(widget, at, button=button)
        self.wait(lambda: not wanted)
        timer.stop()
        self.pause(50)

    def answer_file_dialog(self, path: Path) -> None:
        """Type a path into the file dialogue that is open, and press Enter."""
        self.wait(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
        self.key("ctrl+a")
        self.type(str(path))
        self.key("Return")

    def visible_part(self, widget: QWidget) -> QRect:
        """What of a widget is inside its window, in the window's own coordinates."""
        window = widget.window()
        return QRect(widget.mapTo(window, QPoint()), widget.size()) & window.rect()

    def _entry(self, name: str) -> tuple[QMenu, QPoint] | None:
        for popup in QApplication.topLevelWidgets():
            if isinstance(popup, QMenu) and popup.isVisible():
                for action in popup.actions():
                    if action.text().replace("&", "") == name:
                        return popup, popup.actionGeometry(action).center()
        return None

    def _move(self, widget: QWidget, position: QPoint) -> None:
        place = widget.mapToGlobal(position) * widget.devicePixelRatio()
        self._xdotool("mousemove", str(place.x()), str(place.y()))

    def _xdotool(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], check=True)
        self.pause(30)

    def _ask(self, *arguments: str) -> str:
        return subprocess.run(["xdotool", *arguments], capture_output=True, text=True, check=False).stdout.strip()
