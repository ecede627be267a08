"""Widgets are built as the application builds them: themed, and deleted at the end of each test."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.domain.settings import ThemeChoice
from app.ui.chat_view import ChatView
from app.ui.main_window import MainWindow
from app.ui.question_card import QuestionCard
from app.ui.theme import Theme

W = TypeVar("W", bound=QWidget)


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    made = Theme(qapp, ThemeChoice.LIGHT)
    yield made
    made.deleteLater()


def shown(widget: W, qtbot: QtBot) -> W:
    """`widget` on the screen, to be closed at the end of the test."""
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """What Python has put there would be deleted twice when the offscreen platform ends."""
    yield
    qapp.clipboard().clear()


def question_card(view: ChatView, message_id: str) -> QuestionCard:
    """The card of a question that is near the screen."""
    card = view.card(message_id)
    assert isinstance(card, QuestionCard)
    return card


def drag(
    widget: QWidget, start: QPointF, end: QPointF, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Press at `start`, move to `end` and let go, wherever the platform believes the pointer to be."""
    left = Qt.MouseButton.LeftButton
    for kind, place in (
        (QEvent.Type.MouseButtonPress, start),
        (QEvent.Type.MouseMove, end),
        (QEvent.Type.MouseButtonRelease, end),
    ):
        QApplication.sendEvent(widget, QMouseEvent(kind, place, widget.mapToGlobal(place), left, left, keys))


@pytest.fixture
def window(qtbot: QtBot, theme: Theme) -> MainWindow:
    return shown(MainWindow(lambda _: Path("no thumbnail")), qtbot)
