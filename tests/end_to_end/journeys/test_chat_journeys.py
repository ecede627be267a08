"""Reading, asking, changing a question, finding, renaming, deleting."""

import os
import signal
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QListView, QPushButton, QWidget

from app.domain.chat.chat import MessageState
from app.engine.process.backend_kinds import BackendKind
from app.ui.chat.answer_bubble import AnswerBubble
from app.ui.chat.question_bubble import QuestionBubble
from app.ui.shell.search_rows import HIT
from tests.end_to_end.conftest import RECEIPT
from tests.end_to_end.journeys.conftest import StartUser, User
from tests.support.active_window import NEEDS_WINDOWS

pytestmark = NEEDS_WINDOWS


def question_bubbles(user: User) -> list[QuestionBubble]:
    return [bubble for bubble in user.window.chat_view.findChildren(QuestionBubble) if bubble.isVisible()]


def button(parent: QWidget, name: str) -> QPushButton:
    (found,) = [each for each in parent.findChildren(QPushButton) if each.text() == name and each.isVisible()]
    return found


def row_of(side_list: QListView, row: int) -> QPoint:
    """The middle of a row, where one clicks."""
    return side_list.visualRect(side_list.model().index(row, 0)).center()


def test_drop_read_copy(user: User, receipt: Path) -> None:
    user.x11.drop_files(user.window, receipt)
    user.desktop.wait_for_images(1)
    user.x11.click(user.window.composer.read)
    user.wait_for_answer()
    (bubble,) = user.window.chat_view.findChildren(AnswerBubble)
    user.x11.click(bubble.copy)
    user.x11.wait(lambda: "Walnut cake" in QApplication.clipboard().text())
    assert QApplication.clipboard().text().splitlines() == list(RECEIPT)
    user.x11.click(user.window.composer.edit)
    user.x11.type("a draft")
    assert user.window.composer.edit.toPlainText() == "a draft"


def test_ask_stop_edit_and_page_through_versions(user: User, endless_model: Path) -> None:
    user.desktop.open_model(endless_model)
    user.x11.type("What does the receipt show?")  # Nothing was clicked: the composer has the focus.
    user.x11.key("Return")
    user.x11.wait(lambda: bool(user.desktop.branch) and len(user.desktop.branch[-1].text) > 20)
    user.x11.key("Escape")
    user.wait_for_answer()
    first = user.desktop.branch
    assert first[-1].state is MessageState.STOPPED

    user.x11.click(question_bubbles(user)[0].edit)
    user.x11.key("ctrl+a")
    user.x11.type("Describe the station.")
    user.x11.key("Return")
    user.x11.wait(lambda: user.desktop.branch[0].id != first[0].id and len(user.desktop.branch[-1].text) > 20)
    user.x11.key("Escape")
    user.wait_for_answer()
    second = user.desktop.branch
    assert [bubble.message.text for bubble in question_bubbles(user)] == ["Describe the station."]
    user.x11.wait(user.composer_has_focus)

    user.x11.click(question_bubbles(user)[0].versions.previous)
    user.x11.wait(lambda: user.desktop.branch == first)
    assert [bubble.message.text for bubble in question_bubbles(user)] == ["What does the receipt show?"]
    user.x11.click(question_bubbles(user)[0].versions.next)
    user.x11.wait(lambda: user.desktop.branch == second)
    assert [bubble.message.text for bubble in question_bubbles(user)] == ["Describe the station."]
    assert user.window.notices.current == ()

    user.x11.click(user.window.sidebar.new_chat)
    user.x11.wait(user.window.empty_state.isVisible)
    assert question_bubbles(user) == []
    user.x11.type("still here")
    assert user.window.composer.edit.toPlainText() == "still here"


def test_rename_delete_undo(start_user: StartUser) -> None:
    user = start_user()
    user.x11.type("Describe the station.")
    user.x11.key("Return")
    user.wait_for_answer()
    chats = user.window.sidebar.list
    user.x11.wait(lambda: chats.model().rowCount() == 2)  # A heading, and the chat.

    user.x11.choose(chats.viewport(), "Rename…", at=row_of(chats, 1), button=3)
    user.x11.wait(lambda: QApplication.activeModalWidget() is not None)
    user.x11.key("ctrl+a")
    user.x11.type("Stations")
    user.x11.key("Return")
    user.x11.wait(lambda: user.window.windowTitle() == "Stations — Lorgnette")

    user.x11.click(chats.viewport(), row_of(chats, 1))
    user.x11.key("Delete")
    user.x11.wait(lambda: chats.model().rowCount() == 0)
    (notice,) = user.window.notices.current
    assert "“Stations” deleted." in notice.sentence
    user.x11.click(button(user.window, "Undo"))
    user.x11.wait(lambda: chats.model().rowCount() == 2 and len(user.desktop.branch) == 2)
    assert user.window.windowTitle() == "Stations — Lorgnette"

    user.desktop.close()
    again = start_user()
    again.x11.wait(lambda: [message.text for message in again.desktop.branch][:1] == ["Describe the station."])


def test_search_by_keys_alone(user: User) -> None:
    for question in ("Describe the station.", "Describe the lounge."):
        user.x11.key("ctrl+n")
        user.x11.type(question)
        user.x11.key("Return")
        user.wait_for_answer()
    user.x11.key("ctrl+k")
    user.x11.type("describe")
    results = user.window.sidebar.results
    user.x11.wait(lambda: results.isVisible() and results.count() > 1)
    user.x11.key(*["Down"] * results.count(), "Return")
    chosen = results.item(results.count() - 1).data(HIT).conversation_id
    user.x11.wait(lambda: [message.conversation_id for message in user.desktop.branch[:1]] == [chosen])
    user.x11.key("ctrl+k", "Escape")
    user.x11.wait(user.window.sidebar.list.isVisible)
    assert user.window.sidebar.search.text() == ""
    user.x11.wait(user.composer_has_focus)


def test_search_in_a_narrow_window(user: User) -> None:
    user.x11.type("Describe the station.")
    user.x11.key("Return")
    user.wait_for_answer()
    user.window.resize(600, 700)
    user.x11.wait(lambda: not user.window.sidebar.isVisible())
    user.x11.key("ctrl+k")
    user.x11.wait(user.window.sidebar.search.hasFocus)
    user.x11.type("station")
    user.x11.wait(user.window.sidebar.results.isVisible)
    user.x11.key("Escape")
    user.x11.wait(user.composer_has_focus)
    assert user.window.composer.edit.toPlainText() == ""


def test_what_is_asked_meanwhile_is_queued_edited_and_sent(user: User, endless_model: Path) -> None:
    user.desktop.open_model(endless_model)
    session, queue = user.desktop.lorgnette.session, user.desktop.lorgnette.queue
    user.x11.type("Describe the station.")
    user.x11.key("Return")
    user.x11.wait(lambda: bool(user.desktop.branch) and len(user.desktop.branch[-1].text) > 20)
    pid = user.desktop.lorgnette.engines[BackendKind.MODEL].pid
    assert pid
    os.kill(pid, signal.SIGSTOP)  # While one types, an answer that repeats itself would be ended.
    for question in ("Describe the lounge.", "Describe the gate."):
        user.x11.type(question)
        user.x11.key("Return")
    user.x11.wait(lambda: len(queue.questions(session.conversation_id)) == 2)
    bubbles = user.window.queued

    def edits() -> list[QPushButton]:
        return [each for each in bubbles.findChildren(QPushButton) if each.text() == "Edit" and each.isVisible()]

    lounge, gate = queue.questions(session.conversation_id)
    user.x11.wait(lambda: len(edits()) == 2)  # New bubbles appear when the event loop turns.
    first, second = edits()
    assert first.mapTo(bubbles, QPoint()).y() < second.mapTo(bubbles, QPoint()).y()
    user.x11.click(second)
    user.x11.wait(user.composer_has_focus)
    assert user.window.composer.edit.toPlainText() == gate.text
    user.x11.key("End")
    user.x11.type(" Twice.")

    os.kill(pid, signal.SIGCONT)
    user.x11.key("Escape")  # Ends the first answer; the next question follows.
    user.x11.wait(lambda: len(user.desktop.branch) == 4 and len(user.desktop.branch[-1].text) > 20)
    assert [message.text for message in user.desktop.branch[::2]] == ["Describe the station.", lounge.text]
    assert not bubbles.isVisible()
    assert user.window.composer.edit.toPlainText() == f"{gate.text} Twice."

    user.x11.click(user.window.composer.send)
    user.x11.wait(bubbles.isVisible)
    user.desktop.close()
    kept = user.desktop.lorgnette.library[session.conversation_id].draft
    assert kept.text == f"{gate.text} Twice."
