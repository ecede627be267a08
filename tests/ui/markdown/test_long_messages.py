"""Long and hostile messages in the chat view: each bubble is bounded, and what is finished is never laid out again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Author, Message, MessageState
from app.domain.chat.sections import MAX_CHARACTERS, MAX_SECTIONS
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import OcrPage
from app.domain.ids import Digest, MessageId
from app.domain.text.confidence import LowConfidenceSpan
from app.domain.text.markdown import DEEPEST_FORMULA, with_marks
from app.ui.chat.answer_bubble import AnswerBubble
from app.ui.chat.chat_view import ChatView
from app.ui.chat.question_bubble import QuestionBubble
from app.ui.documents.lines_edit import LinesEdit
from app.ui.documents.source_pane import SourcePane
from app.ui.markdown.copy_row import CopyRow
from app.ui.markdown.formulas import MAX_DRAWN, FormulaPainter
from app.ui.markdown.message_parts import MessageParts
from app.ui.markdown.safe_text_browser import MAX_MARKS, SafeTextBrowser
from app.ui.widgets.message_edit import MAX_CHARACTERS as MAX_QUESTION
from app.ui.widgets.message_edit import MessageEdit
from app.ui.widgets.theme import Theme
from tests.support.chats import answer, question
from tests.ui.conftest import question_bubble, shown

HANG_SECONDS = 60.0
"""Seconds of CPU that only a hang takes, also on a busy machine; before, each of these took from 12 to for ever."""
PARAGRAPH = "Words of a paragraph that go on for a while. " * 8 + "\n\n"

HOSTILE = {
    "one word": "a" * 1_000_000,
    "one line": "word " * 2_000_000,
    "short lines": "ab\n" * 300_000,
    "table": "| a | b | c |\n|---|---|---|\n" + "| one | two | three |\n" * 50_000,
    "wide table": "|" + "a|" * 2000 + "\n|" + "-|" * 2000 + "\n" + ("|" + "x|" * 2000 + "\n") * 20,
    "tags": "<div>&amp;" * 40_000,
    "boxes": "```json\n[" + '{"bbox_2d": [88, 400, 336, 560], "label": "B"},' * 30_000 + "]\n```",
    "nested formula": "$$" + r"\frac{1}{" * 100 + "x" + "}" * 100 + "$$",
    "formulas": "$x^2$ and " * 50_000,
    "lists": "- " * 10_000 + "x",
    "deep lists": "".join("  " * depth + "- x\n" for depth in range(400)),
    "quotes": ">" * 10_000 + " x",
    "code": "```python\n" + "x = f(1, 'a')\n" * 50_000 + "```",
    "brackets": "[" * 100_000,
    "emphasis": "*a **b _" * 20_000,
    "ticks": "`" * 100_000,
    "accents": "a" + "\u0301" * 200_000,
}


@pytest.fixture
def view(qtbot: QtBot, theme: Theme) -> ChatView:
    made = ChatView(lambda _: Path("no thumbnail"))
    made.resize(700, 400)
    return shown(made, qtbot)


@contextmanager
def no_hang() -> Iterator[None]:
    begin = time.process_time()
    yield
    assert time.process_time() - begin < HANG_SECONDS


def texts(view: ChatView) -> list[SafeTextBrowser]:
    """The texts of all bubbles that exist, from above."""
    found: list[SafeTextBrowser] = []
    for _, bubble in view.built():
        found += [bubble] if isinstance(bubble, SafeTextBrowser) else bubble.findChildren(SafeTextBrowser)
    return found


def passed(view: ChatView) -> dict[str, type[QWidget]]:
    """The kinds of all bubbles by their keys, as one scrolls down from the top."""
    bar = view.verticalScrollBar()
    bar.setValue(0)
    found: dict[str, type[QWidget]] = {}
    while True:
        found |= {key: type(bubble) for key, bubble in view.built()}
        if bar.value() == bar.maximum():
            return found
        bar.setValue(bar.value() + view.viewport().height())


def said(message: Message) -> Message:
    return replace(message, state=MessageState.STREAMING)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_opens_is_scrolled_and_made_narrower(view: ChatView, qtbot: QtBot, text: str) -> None:
    with no_hang():
        view.set_branch([question(), answer(text)])
        for place in (0.0, 0.5, 1.0):
            view.verticalScrollBar().setValue(round(view.verticalScrollBar().maximum() * place))
            qtbot.wait(1)
            assert all(len(shown.toPlainText()) < 2 * MAX_CHARACTERS for shown in texts(view))
            assert 0 < len(texts(view)) < 40
        view.resize(500, 400)
        qtbot.wait(1)
        qtbot.waitUntil(lambda: not view.findChildren(FormulaPainter)[0].is_drawing, timeout=round(HANG_SECONDS * 1000))


@pytest.mark.parametrize("name", ["one word", "table", "boxes", "code", "short lines"])
def test_a_hostile_answer_streams(view: ChatView, qtbot: QtBot, name: str) -> None:
    text = HOSTILE[name][:200_000]
    message = said(answer(""))
    with no_hang():
        view.set_branch([question(), message])
        for end in range(0, len(text), 10_000):
            view.put_message(replace(message, text=text[:end]))
            qtbot.wait(1)
        view.put_message(answer(text))
    assert view.answers[0].message.text == text


@pytest.mark.parametrize("author", [None, Author.READER], ids=["question", "reader"])
@pytest.mark.parametrize("text", ["a" * 1_000_000, "word " * 200_000, "ab\n" * 100_000], ids=["word", "words", "lines"])
def test_long_plain_text_opens(view: ChatView, qtbot: QtBot, text: str, author: Author | None) -> None:
    page = OcrPage(10, 10, (), "")
    asked = question(text) if author is None else question()
    with no_hang():
        view.set_branch([asked, replace(answer(text), author=author, page=page) if author else answer()])
        view.verticalScrollBar().setValue(0)
        qtbot.wait(1)
    assert all(len(shown.toPlainText()) <= MAX_CHARACTERS for shown in texts(view))


def count_layouts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of each text that is rendered from now on."""
    lengths: list[int] = []
    for name in ("show_markdown", "show_plain"):
        original = getattr(SafeTextBrowser, name)

        def counting(self: SafeTextBrowser, text: str, *rest: object, original: object = original) -> None:
            lengths.append(len(text))
            original(self, text, *rest)  # type: ignore[operator]

        monkeypatch.setattr(SafeTextBrowser, name, counting)
    return lengths


def test_a_stream_costs_what_is_new(view: ChatView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PARAGRAPH * 300
    message = said(answer(""))
    view.set_branch([question(), message])
    lengths = count_layouts(monkeypatch)
    pieces = 0
    for end in range(100, len(text), 100):
        view.put_message(replace(message, text=text[:end]))
        pieces += 1
    assert max(lengths) < 3_000
    assert len(lengths) < 1.2 * pieces  # The end again with each piece, and each finished section once.
    assert sum(lengths) < pieces * 3_000
    qtbot.wait(1)
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()


def test_a_stream_ends_as_one_text_that_can_be_selected_as_a_whole(view: ChatView) -> None:
    text = PARAGRAPH * 15
    view.set_branch([question(), said(answer(""))])
    view.put_message(said(answer(text)))
    assert len(texts(view)) > 2
    view.put_message(answer(text))
    assert len(texts(view)) == 2
    assert view.answers[0].text.toPlainText().count("Words") == 15 * 8


def test_who_reads_above_stays_there_while_sections_come_and_go(view: ChatView, qtbot: QtBot) -> None:
    text = PARAGRAPH * 15
    message = said(answer(""))
    view.set_branch([question(), answer(PARAGRAPH * 15, "a0"), question("Next", "q2"), message])
    view.put_message(replace(message, text=PARAGRAPH))
    view.verticalScrollBar().setValue(60)
    tops = {key: bubble.y() for key, bubble in view.built() if key in {"q1", "a0"}}
    for end in range(400, len(text), 400):
        view.put_message(replace(message, text=text[:end]))
        qtbot.wait(1)
    view.put_message(answer(text))
    qtbot.wait(1)
    assert {key: bubble.y() for key, bubble in view.built() if key in tops} == tops


def test_the_rest_is_shown_on_request_and_copied_at_once(view: ChatView, qtbot: QtBot) -> None:
    text = "ab\n" * 400 * (MAX_SECTIONS + 5)
    view.set_branch([question(), answer(text)])
    bubble = view.answers[0]
    qtbot.waitUntil(bubble.more.isVisible)
    assert MessageParts(answer(text)).rest == 5 * 400 * 3
    bubble.copy.click()
    assert QGuiApplication.clipboard().text() == text
    bubble.more.click()
    assert not view.answers[0].more.isVisible()
    assert len(passed(view)) == 1 + MAX_SECTIONS + 5


def test_a_long_table_and_long_code_are_copied_as_wholes(view: ChatView, qtbot: QtBot) -> None:
    table = "| a | b |\n|---|---|\n" + "".join(f"| {row} | x |\n" for row in range(300))
    code = "".join(f"x = {line}\n" for line in range(1500))
    text = f"{table}\n```python\n{code}```\nend"
    view.set_branch([question(), said(answer(text[:9000]))])
    view.put_message(answer(text))
    copied = set()
    for place in range(0, view.verticalScrollBar().maximum(), 300):
        view.verticalScrollBar().setValue(place)
        for row in view.findChildren(CopyRow):
            if row.isVisible():
                row.copy.click()
                copied.add(QGuiApplication.clipboard().text())
    lines = [f"{row}\tx" for row in range(300)]
    assert {whole.strip() for whole in copied} == {"\n".join(["a\tb", *lines]), code.strip()}


def test_a_long_question_is_shown_and_not_opened_for_writing(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question("x" * (MAX_QUESTION + 1)), answer()])
    bubble = question_bubble(view, "q1")
    qtbot.waitUntil(bubble.text.isVisible)
    assert not bubble.edit.isVisible()
    assert not bubble.reuse.isVisible()
    view.set_branch([question("short"), answer()])
    assert question_bubble(view, "q1").text.toPlainText() == "short"


def test_the_composer_takes_one_endless_word_and_no_more_than_it_can_hold(qtbot: QtBot, theme: Theme) -> None:
    edit = shown(MessageEdit(), qtbot)
    with no_hang():
        for _ in range(3):
            QGuiApplication.clipboard().setText("a" * 150_000)
            edit.paste()
            qtbot.wait(1)
        edit.insertPlainText("b")
        qtbot.wait(1)
    assert edit.toPlainText().strip("a") == "b"
    assert len(edit.toPlainText()) == MAX_QUESTION + 1


def test_an_endless_word_of_a_document_is_shown(qtbot: QtBot, theme: Theme) -> None:
    word = "a" * 200_000
    lines, source = shown(LinesEdit(), qtbot), shown(SourcePane("HTML"), qtbot)
    with no_hang():
        lines.set_ocr_result(OcrResult(digest=Digest(""), number=0, page=OcrPage(10, 10, (), word)))
        source.set_source(word)
        qtbot.wait(1)
    assert lines.toPlainText() == source.text.toPlainText() == word


def test_words_are_found_in_the_section_that_has_them(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question(), answer(f"{PARAGRAPH * 100}needle\n\n{PARAGRAPH * 100}")])
    view.look_for("needle")
    qtbot.waitUntil(lambda: any(text.extraSelections() for text in texts(view)))
    (marked,) = [text for text in texts(view) if text.extraSelections()]
    assert [mark.cursor.selectedText() for mark in marked.extraSelections()] == ["needle"]
    assert marked.mapTo(view, marked.rect().topLeft()).y() < view.height()


def test_marks_of_what_is_looked_for_are_bounded(view: ChatView) -> None:
    view.set_branch([question(), answer("a " * 4_000)])
    view.look_for("a")
    assert len(view.answers[0].text.extraSelections()) == MAX_MARKS


def test_doubts_are_tinted_in_the_section_that_has_them(view: ChatView, qtbot: QtBot) -> None:
    text = f"{PARAGRAPH * 60}doubtful\n\nThe end."
    start = text.index("doubtful")
    view.set_branch([question(), replace(answer(text), doubts=(LowConfidenceSpan(start, start + 8, 0.4, ()),))])
    qtbot.waitUntil(view.answers[0].text.isVisible)
    (mark,) = view.answers[0].text.extraSelections()
    assert mark.cursor.selectedText() == "doubtful"


def test_places_are_numbered_through_all_sections(view: ChatView, qtbot: QtBot) -> None:
    box = '{{"bbox_2d": [{0}, 1, 900, 900], "label": "n{0}"}}\n\n'
    text = "".join(box.format(number) + PARAGRAPH for number in range(60))
    view.set_branch([question(), answer(text)])
    assert [detection.label for detection in view.detections(MessageId("a1"))] == [f"n{number}" for number in range(60)]
    view.set_highlighted(MessageId("a1"), 59)
    (mark,) = [mark for text in texts(view) for mark in text.extraSelections()]
    assert '"n59"' in mark.cursor.selectedText()


def test_deep_formulas_are_shown_as_they_were_written() -> None:
    def nested(depth: int) -> str:
        return "$" + r"\sqrt{" * depth + "x" + "}" * depth + "$"

    assert len(with_marks(nested(DEEPEST_FORMULA))[1]) == 1
    assert with_marks(nested(DEEPEST_FORMULA + 1)) == (nested(DEEPEST_FORMULA + 1), ())
    assert len(with_marks(r"$\leftarrow \left( \{ \frac{a}{b} \} \right) \rightarrow$")[1]) == 1


def test_formulas_that_are_drawn_are_bounded(qtbot: QtBot) -> None:
    asked: list[str] = []

    class Painter(FormulaPainter):
        def picture(self, tex: str, style: object, *, is_display: bool) -> None:
            asked.append(tex)

    browser = SafeTextBrowser(Painter())
    qtbot.addWidget(browser)
    browser.show_markdown(" and ".join(f"$x_{number}$" for number in range(300)))
    assert len(asked) == MAX_DRAWN


def test_a_formula_that_takes_for_ever_is_given_up(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.ui.markdown import formulas  # noqa: PLC0415

    def endless(*_: object, **__: object) -> None:
        while True:
            len("")

    monkeypatch.setattr(formulas, "MAX_SECONDS", 0.2)
    monkeypatch.setattr(formulas, "draw", endless)
    painter = FormulaPainter()
    style = formulas.FormulaStyle(8, "#000000", 1)
    painter.picture("x", style, is_display=False)
    qtbot.waitUntil(lambda: not painter.is_drawing)
    assert painter.picture("x", style, is_display=False) is None


def test_what_acts_unseen_is_shown_in_messages(view: ChatView, qtbot: QtBot) -> None:
    view.set_branch([question("\u202egnp.exe"), answer("**Evil** \u202egnp.exe \x1b[2J שלום \u200fمرحبا")])
    assert question_bubble(view, "q1").text.toPlainText() == "\\u202egnp.exe"
    assert view.answers[0].text.toPlainText() == "Evil \\u202egnp.exe \\x1b[2J שלום \u200fمرحبا"
    view.answers[0].copy.click()
    assert "\u202e" in QGuiApplication.clipboard().text()  # As it was written.


def test_cards_are_of_the_kinds_that_they_should_be(view: ChatView) -> None:
    view.set_branch([question("x" * 20_000), answer(PARAGRAPH * 60)])
    assert set(passed(view).values()) == {SafeTextBrowser, QuestionBubble, AnswerBubble}
