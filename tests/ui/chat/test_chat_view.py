from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Author, Message, MessageState
from app.domain.documents.pages import OcrPage
from app.domain.error_texts import server_texts
from app.domain.errors import Problem, ProblemKind
from app.domain.ids import MessageId
from app.domain.models.answer_stats import AnswerStats
from app.domain.models.engine_status import Stage
from app.domain.proofs.page_text import PageText
from app.domain.proofs.proofs import ProofSource
from app.ui.chat import chat_view
from app.ui.chat.chat_view import ChatView
from app.ui.markdown.safe_text_browser import SafeTextBrowser
from app.ui.widgets.message_edit import MAX_CHARACTERS
from app.ui.widgets.notice_box import NoticeBox
from app.ui.widgets.theme import Theme
from tests.support.batch_backends import page_of
from tests.support.chats import answer, attachment, message_ids, question
from tests.support.on_screen import click, seen, the
from tests.ui.conftest import question_bubble, shown


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> ChatView:
    made = ChatView(lambda _: Path("no thumbnail"))
    made.resize(700, 400)
    return shown(made, qtbot)


def many(count: int) -> list[Message]:
    return [
        question(f"Question {index}", f"q{index}") if index % 2 == 0 else answer("Answer " * 60, f"a{index}")
        for index in range(count)
    ]


def is_at_end(view: ChatView) -> bool:
    bar = view.verticalScrollBar()
    return bar.maximum() > 0 and bar.value() == bar.maximum()


def test_it_opens_at_the_end_and_follows_the_stream(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch(many(20))
    qtbot.waitUntil(lambda: is_at_end(view))
    streaming = answer("", "a99", state=MessageState.STREAMING)
    for length in range(0, 400, 40):
        view.put_message(replace(streaming, text="word " * length))
        qtbot.waitUntil(lambda: is_at_end(view))


def test_who_has_scrolled_up_is_left_there(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch(many(20))
    qtbot.waitUntil(lambda: is_at_end(view))
    view.verticalScrollBar().setValue(100)
    view.put_message(answer("more " * 200, "a99", state=MessageState.STREAMING))
    qtbot.wait(50)
    assert view.verticalScrollBar().value() == 100
    view.put_message(question("My next question", "q100"))
    qtbot.waitUntil(lambda: is_at_end(view))


def test_only_bubbles_near_the_screen_exist(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch(many(2000))
    qtbot.waitUntil(lambda: is_at_end(view))
    assert len(dict(view.built())) < 30
    assert [message.id for message in view.messages] == [message.id for message in many(2000)]
    view.verticalScrollBar().setValue(0)
    assert next(view.built())[0] == "q0"
    assert len(dict(view.built())) < 30


def test_nothing_jumps_where_a_guess_was_wrong(view: ChatView, qtbot: QtBot) -> None:
    short_lines = "\n".join("word" for _ in range(40))
    table = "|a|b|\n|-|-|\n" + "|1|2|\n" * 12
    view.set_branch([answer((short_lines, table, "# Big\n\ntext")[index % 3], f"a{index}") for index in range(200)])
    qtbot.waitUntil(lambda: is_at_end(view))
    bar = view.verticalScrollBar()
    for _ in range(60):
        before = {key: bubble.y() for key, bubble in view.built()}
        bar.setValue(bar.value() - 150)
        moved = {bubble.y() - before[key] for key, bubble in view.built() if key in before}
        assert moved == {150}
    bubbles = [bubble for _, bubble in view.built()]
    assert all(above.geometry().bottom() < below.y() for above, below in pairwise(bubbles))


def test_cards_get_the_height_of_their_text_at_any_width(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question(), answer("word " * 200)])
    bubble = view.answers[0]
    for width in (700, 400, 1200):
        view.resize(width, 400)
        qtbot.waitUntil(lambda width=width: width - 50 <= view.viewport().width() <= width)  # type: ignore[misc]
        qtbot.waitUntil(lambda: bubble.text.height() >= bubble.text.document().size().height())
        assert bubble.geometry().bottom() <= bubble.y() + bubble.sizeHint().height() + 2 * 20
        assert bubble.width() <= 760
    qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() == 0)


def test_what_is_edited_stays_however_far_one_scrolls(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch(many(200))
    press(question_bubble(view, "q198").edit, qtbot)
    editor = question_bubble(view, "q198").editor
    assert editor is not None
    editor.edit.setPlainText("half a thought")
    view.verticalScrollBar().setValue(0)
    view.setFocus()
    assert view.bubble("a197") is None
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    assert question_bubble(view, "q198").editor is editor


def test_tab_goes_down_the_bubbles_and_leaves_at_their_end(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch(many(40))
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() // 2)  # Bubbles above are built after others.
    question_bubble(view, next(key for key, _ in view.built() if key.startswith("q"))).edit.setFocus()
    passed: list[tuple[int, int]] = []
    seen: set[QWidget] = set()
    while (focus := QApplication.focusWidget()) and focus is not view and focus not in seen:
        seen.add(focus)
        key, bubble = next((key, bubble) for key, bubble in view.built() if bubble.isAncestorOf(focus))
        passed.append((int(key[1:]), focus.mapTo(bubble, focus.rect().topLeft()).y()))
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert len(passed) > 10
    assert passed == sorted(passed)


def test_cards_that_stay_are_kept_and_others_go(view: ChatView) -> None:
    view.set_branch([question(), answer("first", "a1")])
    kept = question_bubble(view, "q1")
    view.set_branch([question(), answer("second", "a2")])
    assert question_bubble(view, "q1") is kept
    assert [bubble.message.text for bubble in view.answers] == ["second"]
    view.set_branch([])
    assert view.answers == ()


def test_an_answer_in_the_making(view: ChatView, qtbot: QtBot) -> None:
    message = answer("", state=MessageState.STREAMING)
    view.set_branch([question(), message])
    (bubble,) = view.answers
    qtbot.waitUntil(bubble.isVisible)

    view.set_activity(MessageId("a1"), Stage.ENCODING_IMAGE, 0.4)
    assert bubble.activity.isVisible()
    assert bubble.activity.text().startswith("Processing the image")
    assert bubble.progress.value() == 40
    view.put_message(replace(message, text="The **total**"))
    assert not bubble.activity.isVisible()
    assert not bubble.regenerate.isVisible()
    assert bubble.text.toPlainText() == "The total"
    stats = AnswerStats(
        prompt_tokens=9,
        visual_tokens=0,
        new_tokens=3,
        first_token_seconds=0.4,
        total_seconds=1,
        context_tokens=12,
    )
    stopped = replace(message, text="The **total** is 9.", state=MessageState.STOPPED, model_name="Qwen", stats=stats)
    view.put_message(stopped)
    assert bubble.footer.text() == "Qwen · Stopped"
    assert bubble.footer.toolTip().startswith("3 tokens · ")
    assert bubble.regenerate.isVisible()


def test_copy_takes_the_answer_as_it_was_written(view: ChatView) -> None:
    view.set_branch([question(), answer("The **total** is 9.")])
    view.answers[0].copy.click()
    assert QGuiApplication.clipboard().text() == "The **total** is 9."


def test_a_problem_has_its_button(view: ChatView, qtbot: QtBot) -> None:
    problem = Problem(ProblemKind.ENGINE, "The engine stopped.", "Kept.", "Restart it.")
    view.set_branch([question(), replace(answer("half"), problem=problem, state=MessageState.FAILED)])
    box = the(view.answers[0], NoticeBox)
    with qtbot.waitSignal(view.remedy_clicked) as clicked:
        click(the(box, QPushButton, "Restart engine"))
    assert clicked.args == [problem]
    assert view.answers[0].text.toPlainText() == "half"
    view.put_message(answer("whole"))
    assert not seen(view.answers[0], NoticeBox)


def test_an_error_of_a_server_offers_no_restart_of_the_engine(view: ChatView) -> None:
    problem = server_texts.ERROR_IN_ANSWER.problem(words="out of memory")
    view.set_branch([question(), replace(answer("half"), problem=problem, state=MessageState.FAILED)])
    assert not seen(the(view.answers[0], NoticeBox), QPushButton, "Restart engine")
    assert view.answers[0].regenerate.isVisible()


def test_what_was_read_is_shown_as_it_is_with_its_notice(view: ChatView, qtbot: QtBot) -> None:
    page = OcrPage(10, 10, (), "| not | a table |", notice="Much of this is unclear.")
    view.set_branch([question(), replace(answer("| not | a table |\n# 9"), author=Author.READER, page=page)])
    bubble = view.answers[0]
    qtbot.waitUntil(bubble.isVisible)
    assert bubble.text.toPlainText() == "| not | a table |\n# 9"
    assert (bubble.notice.isVisible(), bubble.notice.text()) == (True, "Much of this is unclear.")


def test_images_of_a_question_open(view: ChatView, qtbot: QtBot) -> None:
    image = attachment("receipt.png")
    view.set_branch([replace(question(), attachments=(image,))])
    from app.ui.widgets.thumbnails import ThumbnailButton  # noqa: PLC0415

    with qtbot.waitSignal(view.image_clicked) as clicked:
        view.findChildren(ThumbnailButton)[0].click()
    assert clicked.args == [image]


def test_regenerate_names_its_answer(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question(), answer()])
    with qtbot.waitSignal(view.regenerate_clicked) as clicked:
        view.answers[0].regenerate.click()
    assert clicked.args == ["a1"]


def press(widget: QPushButton, qtbot: QtBot) -> None:
    qtbot.waitUntil(widget.isVisible)
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_a_question_is_edited_in_place(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question("What is teh total?"), answer()])
    bubble = question_bubble(view, "q1")
    press(bubble.edit, qtbot)
    assert bubble.editor is not None
    assert bubble.editor.edit.toPlainText() == "What is teh total?"
    qtbot.keyClicks(bubble.editor.edit, "What is the total?")
    with qtbot.waitSignal(view.question_edited) as edited:
        qtbot.keyClick(bubble.editor.edit, Qt.Key.Key_Return)
    assert edited.args == ["q1", "What is the total?"]
    assert bubble.editor.edit.toPlainText() == "What is the total?"  # Kept until the new question is there.


@pytest.mark.parametrize("gives_up", ["Escape", "Cancel"])
def test_an_edit_is_given_up(view: ChatView, qtbot: QtBot, gives_up: str) -> None:
    view.set_branch([question("What is it?"), answer()])
    bubble = question_bubble(view, "q1")
    press(bubble.edit, qtbot)
    assert bubble.editor is not None
    qtbot.keyClicks(bubble.editor.edit, "Something else")
    with qtbot.assertNotEmitted(view.question_edited):
        if gives_up == "Escape":
            qtbot.keyClick(bubble.editor.edit, Qt.Key.Key_Escape)
        else:
            press(bubble.editor.cancel, qtbot)
    assert question_bubble(view, "q1").editor is None
    assert bubble.edit.isVisible()
    with qtbot.assertNotEmitted(view.question_edited):
        press(bubble.edit, qtbot)
        assert bubble.editor is not None
        bubble.editor.edit.clear()
        press(bubble.editor.send, qtbot)  # Nothing to ask.


def test_versions_are_counted_and_switched(view: ChatView, qtbot: QtBot) -> None:
    versions = {MessageId("q1"): message_ids("q1"), MessageId("a2"): message_ids("a1", "a2", "a3")}
    view.set_branch([question(), answer("second", "a2")], versions)
    assert not question_bubble(view, "q1").versions.isVisible()
    switch = view.answers[0].versions
    assert [part.text() for part in switch.findChildren(QLabel)] == ["2 / 3"]
    for arrow, chosen in ((switch.previous, "a1"), (switch.next, "a3")):
        with qtbot.waitSignal(view.version_chosen) as signal:
            press(arrow, qtbot)
        assert signal.args == [chosen]
    view.set_branch([question(), answer("third", "a3")], {MessageId("a3"): message_ids("a1", "a2", "a3")})
    assert not view.answers[0].versions.next.isEnabled()


@pytest.mark.parametrize("state", [MessageState.STOPPED, MessageState.CUT_OFF, MessageState.COMPLETE])
def test_the_last_answer_goes_on_if_it_was_cut_short(view: ChatView, qtbot: QtBot, state: MessageState) -> None:
    view.set_branch([question(), answer("Half an", state=state)])
    bubble = view.answers[0]
    qtbot.waitUntil(bubble.regenerate.isVisible)
    assert bubble.continue_button.isVisible() == (state is not MessageState.COMPLETE)
    if bubble.continue_button.isVisible():
        with qtbot.waitSignal(view.continue_clicked) as signal:
            press(bubble.continue_button, qtbot)
        assert signal.args == ["a1"]
    view.put_message(question("Next", "q2", "a1"))
    qtbot.waitUntil(question_bubble(view, "q2").isVisible)
    assert not bubble.continue_button.isVisible()


def test_a_message_that_was_looked_for_is_scrolled_to_and_marked(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch(many(30))
    view.show_message(MessageId("q10"))
    bubble = question_bubble(view, "q10")
    qtbot.waitUntil(lambda: 0 < bubble.y() < view.height())
    assert bubble.property("found")
    qtbot.waitUntil(lambda: not bubble.property("found"), timeout=5000)
    view.show_message(MessageId("not here"))


def test_a_marked_message_may_go(qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_view, "POINT_MILLISECONDS", 10)
    view = shown(ChatView(lambda _: Path("no thumbnail")), qtbot)
    view.set_branch(many(4))
    view.show_message(MessageId("q2"))
    assert question_bubble(view, "q2").property("found")
    view.set_branch([])
    qtbot.wait(50)
    view.set_branch(many(4))
    assert not question_bubble(view, "q2").property("found")


def test_what_is_selected_is_quoted(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question(), answer("One **bold** line")])
    (bubble,) = view.answers
    assert not bubble.quote.isVisible()
    bubble.text.selectAll()
    qtbot.waitUntil(bubble.quote.isVisible)
    with qtbot.waitSignal(view.quoted) as quoted:
        bubble.quote.click()
    assert quoted.args == ["One bold line"]


def test_a_question_is_reused_or_edited_from_the_keyboard(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question("First?", "q0"), answer("Yes.", "a0", "q0"), question("Second?"), answer()])
    with qtbot.waitSignal(view.reused) as reused:
        question_bubble(view, "q0").reuse.click()
    assert reused.args == ["First?"]
    view.edit_last_question()
    editor = question_bubble(view, "q1").editor
    assert editor
    assert editor.edit.toPlainText() == "Second?"
    view.edit_last_question()
    assert question_bubble(view, "q1").editor is editor


def test_an_answer_is_copied_as_plain_text(view: ChatView) -> None:
    view.set_branch([question(), answer("One **bold** line")])
    view.answers[0].text.copy_plain()
    assert QGuiApplication.clipboard().text() == "One bold line"


def test_what_is_too_long_for_the_editor_is_told(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question()])
    view.edit_last_question()
    editor = question_bubble(view, "q1").editor
    assert editor is not None
    mime = QMimeData()
    mime.setText("a" * (MAX_CHARACTERS + 5))
    with qtbot.waitSignal(view.text_cut) as cut:
        editor.edit.insertFromMimeData(mime)
    assert cut.args == [MAX_CHARACTERS, 5]


def test_an_image_that_is_pasted_into_the_editor_is_not_lost(view: ChatView, qtbot: QtBot) -> None:
    """It is for the next question, as the images of this one stay."""
    view.set_branch([question()])
    view.edit_last_question()
    editor = question_bubble(view, "q1").editor
    assert editor is not None
    mime = QMimeData()
    mime.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    with qtbot.waitSignal(view.mime_pasted) as pasted:
        editor.edit.insertFromMimeData(mime)
    assert pasted.args
    assert pasted.args[0].hasImage()


def test_the_full_model_is_offered_where_the_open_one_refused(view: ChatView, qtbot: QtBot) -> None:
    refusal = "I can only read short text."
    read = replace(answer(refusal, "a2", "q1"), author=Author.READER)
    view.set_branch([question(), answer(f"It\n{refusal}"), answer("Nine.", "a3"), read])
    assert not seen(view, QPushButton, "Get the full model…")
    view.set_refusal(refusal)
    offer = the(view, QPushButton, "Get the full model…")
    with qtbot.waitSignal(view.full_model_clicked):
        click(offer)
    view.set_refusal("")
    assert not seen(view, QPushButton, "Get the full model…")
    view.set_refusal(refusal)
    view.put_message(answer("Another", "a4", "a3"))
    assert offer.isVisible()


@pytest.mark.parametrize("width", [400, 620, 831, 1200])
def test_what_is_shown_comes_to_rest(view: ChatView, qtbot: QtBot, width: int) -> None:
    """Layouts that ask about other widths than the shown one must not make it lay itself out again without end."""
    view.resize(width, 600)
    view.set_branch([replace(question(), attachments=(attachment(),)), answer("word " * 200)])
    asked = LayoutRequests()
    view.viewport().installEventFilter(asked)
    qtbot.waitUntil(asked.is_quiet)
    for _, bubble in view.built():
        (text,) = bubble.findChildren(SafeTextBrowser)
        assert round(text.document().textWidth()) == text.viewport().width()


def test_a_question_is_as_wide_as_its_text(view: ChatView, qtbot: QtBot) -> None:
    view.resize(900, 600)
    texts = ("Why?", "Which of these lines says what it costs?", "word " * 200)
    view.set_branch([question(text, f"q{number}") for number, text in enumerate(texts)])
    bubbles = [question_bubble(view, f"q{number}") for number in range(3)]
    qtbot.waitUntil(lambda: all(bubble.text.isVisible() for bubble in bubbles))
    widths = [bubble.text.width() for bubble in bubbles]
    assert widths[0] < widths[1] < widths[2]
    assert [bubble.text.document().lineCount() for bubble in bubbles[:2]] == [1, 1]
    assert len({bubble.text.mapTo(view, bubble.text.rect().topRight()).x() for bubble in bubbles}) == 1
    press(bubbles[0].edit, qtbot)
    qtbot.waitUntil(lambda: bubbles[0].editor is not None and bubbles[0].editor.width() >= widths[2])


class LayoutRequests(QObject):
    """Counts the layouts that are asked for."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.LayoutRequest
        return super().eventFilter(watched, event)

    def is_quiet(self) -> bool:
        before = self.count
        for _ in range(20):
            QApplication.processEvents()
        return self.count == before


def test_an_answer_says_how_many_values_are_not_on_the_image_unless_it_has_several_bubbles(
    view: ChatView, qtbot: QtBot
) -> None:
    source = ProofSource(PageText([page_of("Total 12.40")]))
    view.set_branch([question("Total?", "q"), answer("It is 12.40, not 99.99 nor 88.88.", "a")])
    view.set_proof_sources({MessageId("a"): source})
    (bubble,) = view.answers
    qtbot.waitUntil(lambda: bubble.unproven.text() == "2 values were not found on the image. Please check them.")
    qtbot.waitUntil(bubble.unproven.isVisible)
    paragraphs = "\n\n".join(f"It is 99.{number:02} here. " + "word " * 40 for number in range(99))
    view.put_message(answer(paragraphs, "a"))
    wanted = "What is marked in amber was not found on the image. Please check it."
    qtbot.waitUntil(lambda: view.answers[-1].unproven.text() == wanted)
