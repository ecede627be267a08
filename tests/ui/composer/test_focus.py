"""Widgets that have the focus when they go, in a window that is really active: only there does Qt hand the focus on."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Draft, Message, MessageState
from app.domain.errors import Problem, ProblemKind
from app.domain.ids import MessageId
from app.ui.documents.document_window import DocumentWindow
from app.ui.markdown.safe_text_browser import SafeTextBrowser
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.theme import Theme
from tests.support.active_window import NEEDS_WINDOWS, activate, window_manager
from tests.support.chats import answer, attachment, conversation, question
from tests.support.on_screen import chip, chips, the
from tests.ui.conftest import question_bubble

__all__ = ["window_manager"]
pytestmark = [*NEEDS_WINDOWS, pytest.mark.usefixtures("window_manager")]

FIRST = (question("First?", "q1"), answer("One.", "a1", "q1"))
SECOND = (question("Second?", "q2", "a1"), answer("Two.", "a2", "q2"))
EDITED = (question("Third?", "q3", "a1"), answer("Three.", "a3", "q3"))
VERSIONS = dict.fromkeys(map(MessageId, ("q2", "q3")), (MessageId("q2"), MessageId("q3")))


@pytest.fixture
def main(window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    activate(window, qtbot)
    window.set_empty(False)
    yield window
    window.close()


def shown(main: MainWindow) -> list[str]:
    """The texts of all bubbles that exist and are seen, from above."""
    bubbles = [bubble for _, bubble in main.chat_view.built() if bubble.isVisible()]
    return [the(bubble, SafeTextBrowser).toPlainText() for bubble in bubbles]


def texts(*messages: Message) -> list[str]:
    return [message.text for message in messages]


def focus_of(main: MainWindow) -> QWidget | None:
    assert main.isActiveWindow()
    return QApplication.focusWidget()


def press(button: QPushButton, qtbot: QtBot) -> None:
    """Tab to the button and press it: it has the focus when what it does happens."""
    qtbot.waitUntil(button.isVisible)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert QApplication.focusWidget() is button
    qtbot.keyClick(button, Qt.Key.Key_Space)


def test_a_question_is_edited_and_the_chat_goes_on(main: MainWindow, qtbot: QtBot) -> None:
    view = main.chat_view
    view.question_edited.connect(lambda _, __: view.set_branch((*FIRST, *EDITED), VERSIONS))
    view.set_branch((*FIRST, *SECOND))
    press(question_bubble(view, "q2").edit, qtbot)
    editor = question_bubble(view, "q2").editor
    assert editor is not None
    assert focus_of(main) is editor.edit
    qtbot.keyClicks(editor.edit, "Third?")
    qtbot.keyClick(editor.edit, Qt.Key.Key_Return)

    assert shown(main) == texts(*FIRST, *EDITED)
    assert focus_of(main) is main.composer.edit
    other = (question("Elsewhere?", "q9"), answer("There.", "a9", "q9"))
    view.set_branch(other)
    assert shown(main) == texts(*other)


def test_versions_of_a_question_are_paged_through(main: MainWindow, qtbot: QtBot) -> None:
    view = main.chat_view
    branches = {"q2": (*FIRST, *SECOND), "q3": (*FIRST, *EDITED)}
    view.version_chosen.connect(lambda key: view.set_branch(branches[key], VERSIONS))
    view.set_branch(branches["q3"], VERSIONS)
    for _ in range(3):
        press(question_bubble(view, "q3").versions.previous, qtbot)
        assert shown(main) == texts(*branches["q2"])
        assert focus_of(main) is main.composer.edit
        press(question_bubble(view, "q2").versions.next, qtbot)
        assert shown(main) == texts(*branches["q3"])


@pytest.mark.parametrize("others", [(), EDITED, (*FIRST, *EDITED)])
def test_a_chat_goes_while_one_of_its_bubbles_has_the_focus(
    main: MainWindow, qtbot: QtBot, others: tuple[Message, ...]
) -> None:
    view = main.chat_view
    view.set_branch((*FIRST, *SECOND))
    bubble = view.bubble("a2")
    assert bubble is not None
    focused = view.answers[-1].text
    qtbot.waitUntil(focused.isVisible)
    focused.setFocus()
    assert focus_of(main) is focused
    view.set_branch(others)
    assert shown(main) == texts(*others)
    assert focus_of(main) is main.composer.edit


def test_an_empty_chat_takes_the_place_of_one_that_has_the_focus(main: MainWindow, qtbot: QtBot) -> None:
    main.chat_view.set_branch((*FIRST, *SECOND))
    qtbot.waitUntil(main.chat_view.answers[-1].copy.isVisible)
    main.chat_view.answers[-1].copy.setFocus()
    main.chat_view.set_branch(())
    main.set_empty(True)
    assert focus_of(main) is main.composer.edit


def test_an_answer_goes_on_by_its_own_button(main: MainWindow, qtbot: QtBot) -> None:
    view = main.chat_view
    half = answer("Half an", "a2", "q2", MessageState.STOPPED)
    view.continue_clicked.connect(lambda _: view.put_message(replace(half, state=MessageState.STREAMING)))
    view.set_branch((*FIRST, SECOND[0], half))
    press(view.answers[-1].continue_button, qtbot)
    assert focus_of(main) is main.composer.edit
    assert not view.answers[-1].continue_button.isVisible()


def test_an_edit_that_is_given_up_leaves_the_focus_where_it_began(main: MainWindow, qtbot: QtBot) -> None:
    main.chat_view.set_branch(FIRST)
    bubble = question_bubble(main.chat_view, "q1")
    press(bubble.edit, qtbot)
    assert bubble.editor is not None
    qtbot.keyClick(bubble.editor.edit, Qt.Key.Key_Escape)
    assert focus_of(main) is bubble.edit


def test_a_notice_that_is_dismissed_leaves_the_focus_to_the_composer(main: MainWindow, qtbot: QtBot) -> None:
    for number in range(3):
        main.notices.show_problem(Problem(ProblemKind.IMAGE, f"Problem {number}."))
    box = main.notices.boxes[1]
    press(box.close_button, qtbot)
    assert [notice.text for notice in main.notices.current] == ["Problem 2.", "Problem 0."]
    assert focus_of(main) is main.composer.edit
    press(main.notices.bar.dismiss_all, qtbot)
    assert main.notices.current == ()
    assert focus_of(main) is main.composer.edit


def test_an_image_that_is_taken_out_leaves_the_focus_to_the_composer(main: MainWindow, qtbot: QtBot) -> None:
    images = (attachment("one.png", "aa" * 32), attachment("two.png", "bb" * 32), attachment("three.png", "cc" * 32))
    composer = main.composer
    composer.image_removed.connect(
        lambda gone: composer.set_draft(Draft(attachments=tuple(image for image in images if image != gone)))
    )
    composer.set_draft(Draft(attachments=images))
    press(chip(composer, "two.png").remove, qtbot)
    assert [chip.attachment.name for chip in chips(composer)] == ["one.png", "three.png"]
    assert focus_of(main) is composer.edit


def test_an_image_that_is_closed_leaves_the_focus_to_the_composer(main: MainWindow, qtbot: QtBot) -> None:
    images = (attachment("one.png", "aa" * 32), attachment("two.png", "bb" * 32))
    main.viewer.closed.connect(main.hide_viewer)
    main.viewer.show_images(images, images[0])
    main.show_viewer()
    press(main.viewer.next, qtbot)
    assert main.viewer.attachment == images[1]
    assert focus_of(main) is main.composer.edit  # "Next" leads nowhere any more; whole screen would come next.
    press(main.viewer.close_button, qtbot)
    assert not main.viewer.isVisible()
    assert focus_of(main) is main.composer.edit


def test_searching_and_finding_give_the_focus_back(main: MainWindow, qtbot: QtBot) -> None:
    main.chat_view.set_branch((*FIRST, *SECOND))
    main.sidebar.set_conversations((conversation(),))
    qtbot.keyClick(main.composer.edit, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert focus_of(main) is main.sidebar.search
    main.panes.set_sidebar_wanted(False)
    assert focus_of(main) is main.composer.edit
    qtbot.keyClick(main.composer.edit, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert focus_of(main) is main.find_bar.edit
    qtbot.keyClicks(main.find_bar.edit, "two")
    press(main.find_bar.close_button, qtbot)
    assert focus_of(main) is main.composer.edit


def test_a_dialog_above_the_window_keeps_its_focus(main: MainWindow, qtbot: QtBot, theme: Theme) -> None:
    main.chat_view.set_branch((*FIRST, *SECOND))
    main.chat_view.answers[-1].copy.setFocus()
    other = DocumentWindow()
    qtbot.addWidget(other)
    activate(other, qtbot)
    other.copy.setFocus()
    main.chat_view.set_branch(())
    assert QApplication.focusWidget() is other.copy


def test_a_notice_of_a_document_does_not_leave_the_focus_to_reading_again(
    qtbot: QtBot, theme: Theme, tmp_path: Path
) -> None:
    window = DocumentWindow()
    qtbot.addWidget(window)
    activate(window, qtbot)
    window.notices.show_problem(Problem(ProblemKind.IMAGE, "Something."))
    press(window.notices.boxes[0].close_button, qtbot)
    focus = QApplication.focusWidget()
    assert focus is not None
    assert focus is window.tabs or window.tabs.isAncestorOf(focus)
