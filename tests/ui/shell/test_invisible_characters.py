"""Names and messages of anybody's, with signs that act unseen: shown wherever the window shows them."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.chat.chat import Draft
from app.domain.chat.search import SearchHit
from app.domain.errors import Problem, ProblemKind
from app.domain.images.attachments import Attachment
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.i18n import tr
from app.ui.widgets.labels import MAX_CHARACTERS, ElidedLabel, label, tooltip
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
    window.composer.add_import("i1", EVIL)
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
    window.set_title(EVIL)
    window.sidebar.set_conversations([conversation(title=EVIL)])
    window.sidebar.search.setText("invoice")
    window.sidebar.set_hits("invoice", [SearchHit(conversation_id="c1", message_id="m", excerpt=EVIL, matches=())])
    text = said(window)
    assert text.count(SEEN) >= 3
    assert "\u202e" not in text
    row = window.sidebar.list.item(1)
    assert row.text() == SEEN
    assert SEEN in row.toolTip()
    assert "\u202e" not in row.toolTip() + window.sidebar.results.item(0).data(Qt.ItemDataRole.AccessibleTextRole)


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


def test_writing_from_right_to_left_stays(qtbot: QtBot) -> None:
    for name in ("فاتورة مارس.png", "חשבונית.pdf", "می\u200cخواهم.png"):
        assert shown(ElidedLabel(name), qtbot).text() == name


def test_labels_are_bounded(qtbot: QtBot) -> None:
    for made in (label("a" * 100_000), ElidedLabel("b " * 100_000)):
        qtbot.addWidget(made)
        assert len(made.text()) <= MAX_CHARACTERS + 1
