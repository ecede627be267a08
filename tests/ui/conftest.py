"""Widgets are built as the application builds them: themed, and deleted at the end of each test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.images.attachments import Attachment
from app.domain.settings.settings import ThemeChoice
from app.ui.chat.chat_view import ChatView
from app.ui.chat.question_bubble import QuestionBubble
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.theme import Theme
from tests.support.on_screen import mouse

W = TypeVar("W", bound=QWidget)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, ThemeChoice.LIGHT)
    yield made
    made.choose(ThemeChoice.LIGHT, 100)  # The application keeps its zoom, for the next tests, too.
    made.deleteLater()


def no_thumbnail(_: Attachment) -> Path:
    """A path at which there is no thumbnail."""
    return Path("no thumbnail")


def shown(widget: W, qtbot: QtBot) -> W:
    """`widget` on the screen, to be closed at the end of the test."""
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def mirror(qapp: QApplication) -> Iterator[Callable[[], None]]:
    """Has the application be as in a language that is written from the right."""
    yield lambda: qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """What Python has put there would be deleted twice when the offscreen platform ends."""
    yield
    qapp.clipboard().clear()


def question_bubble(view: ChatView, message_id: str) -> QuestionBubble:
    """The bubble of a question that is near the screen."""
    bubble = view.bubble(message_id)
    assert isinstance(bubble, QuestionBubble)
    return bubble


def drag(
    widget: QWidget, start: QPointF, end: QPointF, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Press at `start`, move to `end` and let go."""
    for kind, place in (
        (QEvent.Type.MouseButtonPress, start),
        (QEvent.Type.MouseMove, end),
        (QEvent.Type.MouseButtonRelease, end),
    ):
        mouse(widget, kind, place, keys=keys)


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> MainWindow:
    return shown(MainWindow(lambda _: Path("no thumbnail")), qtbot)
