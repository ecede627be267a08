"""An answer that is nothing but places is shown as chips, with its data behind a button."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import MessageState
from app.ui.chat.answer_bubble import AnswerBubble
from app.ui.chat.chat_view import ChatView
from app.ui.widgets.theme import Theme
from tests.support.chats import answer, question
from tests.support.on_screen import click
from tests.ui.conftest import shown

PLACES = '```json\n[{"bbox_2d": [1, 2, 30, 40], "label": "Total"}, {"bbox_2d": [5, 6, 70, 80], "label": "Date"}]\n```'


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> ChatView:
    made = ChatView(lambda _: Path("no thumbnail"))
    made.resize(700, 400)
    return shown(made, qtbot)


@pytest.fixture
def placed(view: ChatView, qtbot: QtBot) -> AnswerBubble:
    """The bubble of an answer that is nothing but places."""
    view.set_branch([question("Where?"), answer(PLACES)])
    qtbot.waitUntil(lambda: view.bubble("a1") is not None)
    bubble = view.bubble("a1")
    assert isinstance(bubble, AnswerBubble)
    return bubble


def test_an_answer_of_places_shows_their_names_and_lights_their_boxes(
    view: ChatView, placed: AnswerBubble, qtbot: QtBot
) -> None:
    assert [chip.text() for chip in placed.chips.chips] == ["Total", "Date"]
    assert (placed.chips.count.text(), placed.text.isVisible()) == ("2 places", False)
    with qtbot.waitSignals([view.detections_clicked, view.detection_hovered]):
        click(placed.chips.chips[1])
    placed.copy_text()
    assert QGuiApplication.clipboard().text() == "Total\nDate"


def test_a_chip_with_the_focus_lights_its_box(view: ChatView, placed: AnswerBubble, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.detection_hovered) as lit:
        QApplication.sendEvent(placed.chips.chips[1], QEvent(QEvent.Type.Enter))
    assert lit.args == ["a1", 1]
    with qtbot.waitSignal(view.detection_hovered) as unlit:
        QApplication.sendEvent(placed.chips.chips[1], QEvent(QEvent.Type.Leave))
    assert unlit.args == ["a1", -1]


def test_the_data_of_places_is_shown_on_request_and_where_words_are_found(
    view: ChatView, placed: AnswerBubble, qtbot: QtBot
) -> None:
    click(placed.data)
    assert placed.text.isVisible()
    placed.copy_text()
    assert QGuiApplication.clipboard().text() == PLACES
    click(placed.data)
    assert not placed.text.isVisible()
    view.look_for("bbox")
    assert placed.text.isVisible()
    view.look_for("")
    assert not placed.text.isVisible()


def test_chips_of_places_come_one_by_one(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question("Where?")])
    first = answer(PLACES[: PLACES.index("}") + 1], state=MessageState.STREAMING)
    view.put_message(first)
    qtbot.waitUntil(lambda: view.bubble("a1") is not None)
    bubble = view.bubble("a1")
    assert isinstance(bubble, AnswerBubble)
    (chip,) = bubble.chips.chips
    view.put_message(replace(first, text=PLACES))
    qtbot.waitUntil(lambda: len(bubble.chips.chips) == 2)
    assert bubble.chips.chips[0] is chip
    view.put_message(replace(first, text=f"{PLACES}\nThe date is smudged."))
    qtbot.waitUntil(bubble.text.isVisible)
    assert not bubble.chips.isVisible()
