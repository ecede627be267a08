"""Names and messages of anybody's, with signs that act unseen: shown wherever the window shows them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.batch.batch import ItemState
from app.domain.chat.chat import Draft
from app.domain.chat.search import SearchHit
from app.domain.error_texts import batch_texts, image_texts
from app.domain.errors import Problem, ProblemKind
from app.domain.ids import ConversationId, ImportId, MessageId
from app.domain.images.attachments import Attachment
from app.domain.models.engine_status import EngineState, EngineStatus
from app.domain.models.model_info import ModelInfo
from app.domain.text.confidence import LowConfidenceWord
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import ui_text
from app.ui.widgets.buttons import Role, button
from app.ui.widgets.i18n import set_language, tr
from app.ui.widgets.labels import MAX_CHARACTERS, ElidedLabel, label, tooltip
from app.ui.widgets.notice import Notice, Severity
from tests.support.chats import attachment, conversation, question
from tests.ui.conftest import shown

EVIL = "invoice\u202egnp.exe\x1b[2J"
SEEN = "invoice\\u202egnp.exe\\x1b[2J"


def said(widget: QWidget) -> str:
    """All that the widget and its parts show, say, and tell in tooltips."""
    parts = [widget, *widget.findChildren(QWidget)]
    texts = [part.text() for part in parts if isinstance(part, QLabel | QPushButton)]
    texts += [text for part in parts for text in (part.toolTip(), part.accessibleName(), part.windowTitle())]
    return "\n".join(texts)


@pytest.fixture
def evil() -> Attachment:
    return attachment(EVIL)


def test_in_chips(window: MainWindow, evil: Attachment) -> None:
    window.composer.set_draft(Draft(attachments=(evil,)))
    window.composer.add_import(ImportId("i1"), EVIL)
    text = said(window.composer)
    assert text.count(SEEN) >= 4
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_in_questions(window: MainWindow, evil: Attachment) -> None:
    window.chat_view.set_branch([replace(question(EVIL), attachments=(evil,))])
    text = said(window.chat_view)
    assert SEEN in text
    assert "\u202e" not in text


def test_in_titles_and_the_sidebar(window: MainWindow) -> None:
    window.set_chat(EVIL, is_temporary=False)
    window.sidebar.set_conversations((conversation(title=EVIL),))
    window.sidebar.search.setText("invoice")
    window.sidebar.set_hits(
        "invoice",
        (SearchHit(conversation_id=ConversationId("c1"), message_id=MessageId("m"), excerpt=EVIL, matches=()),),
    )
    text = said(window)
    assert text.count(SEEN) >= 3
    assert "\u202e" not in text
    row = window.sidebar.list.model().index(1, 0)
    assert row.data() == SEEN
    hint = row.data(Qt.ItemDataRole.ToolTipRole)
    assert SEEN in hint
    assert "\u202e" not in hint + window.sidebar.results.item(0).data(Qt.ItemDataRole.AccessibleTextRole)


def test_in_notices(window: MainWindow) -> None:
    window.notices.show_problem(Problem(ProblemKind.IMAGE, f"“{EVIL}” cannot be opened."))
    text = said(window.notices.bar)
    assert SEEN in text
    assert "\u202e" not in text


def test_in_the_viewer(window: MainWindow, evil: Attachment) -> None:
    window.viewer.show_images((evil,), evil)
    text = said(window.viewer)
    assert SEEN in text
    assert "\u202e" not in text


def test_in_sentences_and_tooltips() -> None:
    assert tr("Remove {name}", name=EVIL) == f"Remove {SEEN}"
    assert tooltip(f"{EVIL}\nmore") == f"<qt>{SEEN}<br>more</qt>"


@pytest.fixture
def arabic() -> Iterator[None]:
    set_language("ar")
    yield
    set_language("en")


@pytest.mark.usefixtures("arabic")
def test_isolates_of_a_translation_stay_and_those_of_a_name_are_shown(window: MainWindow) -> None:
    name = f"a\u2068b\u2069{EVIL}"
    made = f"\u2068a\\u2068b\\u2069{SEEN}\u2069"
    cause = image_texts.DAMAGED.problem(file=name)
    window.notices.show_problem(cause)
    window.notices.show_problem(batch_texts.NO_ANSWER.problem(file=name, cause=cause))
    window.notices.show_notice(Notice(Severity.SUCCESS, tr("Saved to “{file}”.", file=Path("x") / name)))
    window.notices.show_notice(Notice(Severity.WARNING, name, tr("Remove {name}", name=name)))
    texts = [box.sentence.text() for box in window.notices.boxes]
    assert [text.count(made) for text in texts] == [0, 1, 2, 1]
    assert f"a\\u2068b\\u2069{SEEN}" in texts[1]
    for text in texts:
        assert text.count("\u2068") == text.count("\u2069") == len(re.findall("\u2068[^\u2068\u2069]*\u2069", text))
        assert "\u202e" not in text
    for text in (button(name, Role.PLAIN).text(), label(name).text(), ElidedLabel(name).text(), tooltip(name)):
        assert "\u2068" not in text
        assert "\\u2068" in text


@pytest.mark.usefixtures("arabic")
def test_isolates_of_a_translation_stay_in_what_is_joined(qtbot: QtBot) -> None:
    word = LowConfidenceWord(0, 1, 0.2, (("b", 0.3), ("c\u2068", 0.1)))
    info = ModelInfo(
        name="T\u2069", folder="", scheme="W4A16", device="CPU", device_reason="no GPU", context_length=4096
    )
    for said in (
        ui_text.doubt(word),
        ui_text.item_state(ItemState.DONE, ("a\u202eb",)),
        ui_text.engine_details(EngineStatus(state=EngineState.READY, info=info)),
    ):
        elided = ElidedLabel(said)
        qtbot.addWidget(elided)
        for text in (label(said).text(), elided.text(), elided.toolTip(), tooltip(said)):
            assert text.count("\u2068") == text.count("\u2069") == said.count("\u2068") > 0
            assert "\u202e" not in text


def test_writing_from_right_to_left_stays(qtbot: QtBot) -> None:
    for name in ("فاتورة مارس.png", "חשבונית.pdf", "می\u200cخواهم.png"):
        assert shown(ElidedLabel(name), qtbot).text() == name


def test_labels_are_bounded(qtbot: QtBot) -> None:
    for made in (label("a" * 100_000), ElidedLabel("b " * 100_000)):
        qtbot.addWidget(made)
        assert len(made.text()) <= MAX_CHARACTERS + 1
