"""Journeys: whole jobs of a user in a real, active window, by mouse and keys alone.

They run under `packaging/check.sh`, which gives them a display; a window manager of their own makes windows active, so
that what goes wrong with the focus goes wrong here.
"""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.models.engine_status import EngineState
from app.ui.shell.main_window import MainWindow
from tests.end_to_end.conftest import Desktop, OpenDesktop
from tests.support.active_window import activate, window_manager
from tests.support.x11_input import X11Input


@pytest.fixture
def x11(qtbot: QtBot, window_manager: None) -> X11Input:
    return X11Input(qtbot)


class User:
    """One user before one window: what they do with their hands, and what they see."""

    def __init__(self, desktop: Desktop, x11: X11Input) -> None:
        self.desktop = desktop
        self.x11 = x11
        activate(self.window, x11.qtbot)
        self.wait_for_model()

    @property
    def window(self) -> MainWindow:
        return self.desktop.window

    @property
    def answers(self) -> list[str]:
        """The texts of the answers that are on the screen, from above."""
        return [bubble.text.toPlainText() for bubble in self.window.chat_view.answers if bubble.isVisible()]

    def wait_for_model(self) -> None:
        model = self.desktop.lorgnette.model
        self.desktop.wait(lambda: model.status.state is EngineState.READY)

    def wait_for_answer(self) -> None:
        """Wait until nothing is being written any more."""
        self.x11.wait(lambda: bool(self.desktop.branch))
        self.desktop.wait(lambda: not self.desktop.lorgnette.session.is_busy)

    def composer_has_focus(self) -> bool:
        return QApplication.focusWidget() is self.window.composer.edit


__all__ = ["window_manager"]

StartUser = Callable[[], User]


@pytest.fixture
def start_user(open_desktop: OpenDesktop, x11: X11Input) -> StartUser:
    """Start the application, and its user's hands."""
    return lambda: User(open_desktop(), x11)


@pytest.fixture
def user(start_user: StartUser) -> User:
    return start_user()
