"""The reasoning before an answer: one quiet line, that mouse and keyboard unfold."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Message, MessageState
from app.domain.text.thoughts import Thought
from app.ui.chat.chat_view import ChatView
from app.ui.chat.thought_fold import ThoughtFold
from app.ui.widgets.theme import Theme
from tests.support.chats import answer, question
from tests.ui.conftest import shown

THOUGHT = Thought("Three lines of three euros each.\n\nSo nine.", 12.4)


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> ChatView:
    made = ChatView(lambda _: Path("no thumbnail"))
    made.resize(700, 500)
    return shown(made, qtbot)


def thinking(text: str = "", state: MessageState = MessageState.STREAMING, thought: Thought = THOUGHT) -> Message:
    return replace(answer(text, state=state), thought=thought)


def fold(view: ChatView) -> ThoughtFold:
    (found,) = (bubble for _, bubble in view.built() if isinstance(bubble, ThoughtFold))
    return found


def test_it_is_folded_and_unfolds_by_keyboard(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question(), thinking("Nine.", MessageState.COMPLETE)])
    found = fold(view)
    assert (found.toggle.accessibleName(), found.text.isVisible()) == ("Thought for 12 s", False)
    assert found.toggle.focusPolicy() & Qt.FocusPolicy.TabFocus
    folded = found.height()
    qtbot.keyClick(found.toggle, Qt.Key.Key_Space)
    assert found.text.isVisible()
    assert found.text.toPlainText() == THOUGHT.text
    assert found.toggle.accessibleDescription() == "Hide the reasoning"
    qtbot.waitUntil(lambda: found.height() > folded + 2 * found.fontMetrics().lineSpacing())
    qtbot.waitUntil(lambda: view.answers[0].y() >= found.geometry().bottom())
    qtbot.keyClick(found.toggle, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: found.height() == folded)


def test_it_grows_while_the_model_thinks(view: ChatView) -> None:
    view.set_branch([question(), answer("", state=MessageState.STREAMING)])
    assert not [bubble for _, bubble in view.built() if isinstance(bubble, ThoughtFold)]
    view.put_message(thinking(thought=Thought("Three ", 3.0)))
    found = fold(view)
    assert found.toggle.accessibleName() == "Thinking for 3 s…"
    assert not view.answers[0].activity.isVisible()
    found.toggle.click()
    view.put_message(thinking(thought=Thought("Three lines.", 4.0)))
    assert fold(view) is found
    assert found.text.toPlainText() == "Three lines."
    view.put_message(thinking("Nine"))
    assert found.toggle.accessibleName() == "Thought for 12 s"


def test_it_stands_above_a_long_answer(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([thinking("word " * 5000, MessageState.COMPLETE)])
    view.verticalScrollBar().setValue(0)
    qtbot.waitUntil(lambda: next(view.built())[0] == "a1#thought")
    assert len(list(view.built())) > 1


def test_a_copy_is_of_the_answer_alone(view: ChatView) -> None:
    view.set_branch([thinking("Nine.", MessageState.COMPLETE)])
    view.answers[0].copy_text()
    assert QGuiApplication.clipboard().text() == "Nine."


@pytest.mark.parametrize(
    ("state", "words", "can_continue"),
    [
        (MessageState.CUT_OFF, "still thinking", True),
        (MessageState.STOPPED, "still thinking", True),
        (MessageState.INTERRUPTED, "still thinking", True),
        (MessageState.COMPLETE, "gave no answer", False),
    ],
)
def test_an_answer_that_never_came_is_told(
    view: ChatView, state: MessageState, words: str, *, can_continue: bool
) -> None:
    view.set_branch([question(), thinking(state=state)])
    bubble = view.answers[0]
    assert words in bubble.notice.text()
    assert bubble.notice.isVisible()
    assert bubble.continue_button.isVisible() is can_continue
    assert not bubble.copy.isVisible()
