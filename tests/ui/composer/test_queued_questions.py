"""The bubbles of the questions that wait."""

import pytest
from PySide6.QtWidgets import QFrame, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.chat.queued_questions import QueuedQuestion
from app.ui.composer.queued_questions import MAX_SHOWN, QueuedQuestions
from app.ui.widgets.theme import Theme
from tests.support.chats import attachment
from tests.support.on_screen import click, seen, the
from tests.ui.conftest import shown

QUESTIONS = tuple(QueuedQuestion(str(place), f"Question {place}?") for place in range(MAX_SHOWN + 2))
LONG = QueuedQuestion("long", "word " * 500, (attachment(),))


@pytest.fixture
def bubbles(qtbot: QtBot, theme: Theme) -> QueuedQuestions:
    made = QueuedQuestions()
    made.resize(500, 100)
    shown(made, qtbot)
    return made


def said(bubbles: QueuedQuestions) -> list[str]:
    return [bubble.accessibleName() for bubble in seen(bubbles, QFrame) if bubble.objectName() == "bubble"]


def test_the_next_questions_are_shown_and_the_others_counted(bubbles: QueuedQuestions, qtbot: QtBot) -> None:
    bubbles.show_questions(QUESTIONS, is_held=False)
    expected = ["Queued: Question 0?", "Queued: Question 1?", "Queued: Question 2?"]
    qtbot.waitUntil(lambda: said(bubbles) == expected)
    assert (bubbles.more.text(), bubbles.more.isVisible()) == ("and 2 more", True)
    bubbles.show_questions(QUESTIONS[1:2], is_held=False)
    qtbot.waitUntil(lambda: said(bubbles) == expected[1:2])
    assert not bubbles.more.isVisible()
    bubbles.show_questions((), is_held=False)
    assert not bubbles.isVisible()


def test_those_without_a_bubble_are_in_a_menu(bubbles: QueuedQuestions, qtbot: QtBot) -> None:
    bubbles.show_questions((*QUESTIONS, LONG), is_held=False)
    click(bubbles.more)
    (menu,) = bubbles.findChildren(QMenu)
    *others, long = menu.actions()
    assert [action.text() for action in others] == ["Question 3?", "Question 4?"]
    assert len(long.text()) < 100
    with qtbot.waitSignal(bubbles.edit_clicked) as edited:
        others[1].trigger()
    assert edited.args == ["4"]
    menu.close()


def test_a_question_is_taken_back_or_removed(bubbles: QueuedQuestions, qtbot: QtBot) -> None:
    bubbles.show_questions(QUESTIONS[:1], is_held=False)
    with qtbot.waitSignal(bubbles.edit_clicked) as edited:
        click(the(bubbles, QPushButton, "Edit the queued question"))
    with qtbot.waitSignal(bubbles.cancel_clicked) as cancelled:
        click(the(bubbles, QPushButton, "Remove the queued question"))
    assert (edited.args, cancelled.args) == (["0"], ["0"])


def test_after_a_failure_they_are_sent_by_a_button(bubbles: QueuedQuestions, qtbot: QtBot) -> None:
    bubbles.show_questions(QUESTIONS[:1], is_held=False)
    assert not bubbles.send.isVisible()
    bubbles.show_questions(QUESTIONS[:1], is_held=True)
    with qtbot.waitSignal(bubbles.send_clicked):
        click(bubbles.send)


def test_a_long_question_takes_one_line(bubbles: QueuedQuestions, qtbot: QtBot) -> None:
    bubbles.show_questions((QUESTIONS[0], LONG), is_held=False)
    short, long = (the(bubbles, QFrame, f"Queued: {question.text}") for question in (QUESTIONS[0], LONG))
    qtbot.waitUntil(lambda: 0 < long.width() <= bubbles.width())
    assert long.sizeHint().height() == short.sizeHint().height()
