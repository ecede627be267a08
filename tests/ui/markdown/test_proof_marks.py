"""Answers show which of their values are on the image: marks, tooltips and clicks, while they are being written too."""

from collections.abc import Sequence

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QTextCharFormat, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app.domain.proofs.page_text import PageText
from app.domain.proofs.proofs import Proof, ProofSource, Verdict
from app.ui.markdown.formulas import FormulaPainter
from app.ui.markdown.safe_text_browser import SafeTextBrowser
from tests.support.batch_backends import page_of

SOURCE = ProofSource(PageText([page_of("Corner Bakery\nTotal 12.40")]))
LINES = {
    QTextCharFormat.UnderlineStyle.DotLine: Verdict.FOUND,
    QTextCharFormat.UnderlineStyle.WaveUnderline: Verdict.DIFFERS,
    QTextCharFormat.UnderlineStyle.DashUnderline: Verdict.MISSING,
}


@pytest.fixture
def browser(qtbot: QtBot) -> SafeTextBrowser:
    made = SafeTextBrowser(FormulaPainter())
    made.resize(500, 100)
    qtbot.addWidget(made)
    made.show()
    made.proof_marks.set_source(SOURCE)
    return made


def marks(browser: SafeTextBrowser) -> list[tuple[str, Verdict]]:
    selections = browser.extraSelections()
    return [(mark.cursor.selectedText(), LINES[mark.format.underlineStyle()]) for mark in selections]


def point_of(browser: SafeTextBrowser, text: str) -> QPoint:
    cursor = QTextCursor(browser.document())
    cursor.setPosition(browser.toPlainText().index(text) + len(text) // 2)
    return browser.cursorRect(cursor).center()


def shows(browser: SafeTextBrowser, qtbot: QtBot, wanted: Sequence[tuple[str, Verdict]]) -> None:
    qtbot.waitUntil(lambda: marks(browser) == list(wanted))


def test_each_value_is_marked_by_what_the_image_says(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    with qtbot.waitSignal(browser.proof_marks.counted) as counted:
        browser.show_markdown("The total of **Corner Bakery** is 12.40, not 12.60 😀 nor 999.00.")
    shows(
        browser,
        qtbot,
        [
            ("Corner Bakery", Verdict.FOUND),
            ("12.40", Verdict.FOUND),
            ("12.60", Verdict.DIFFERS),
            ("999.00", Verdict.MISSING),
        ],
    )
    assert counted.args == [2, 2]


def test_an_answer_that_is_being_written_keeps_its_marks(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    browser.show_markdown("It is 12.40")
    shows(browser, qtbot, [("12.40", Verdict.FOUND)])
    browser.show_markdown("It is 12.40 and 77")
    assert marks(browser) == [("12.40", Verdict.FOUND)]
    browser.show_markdown("It is 12.40 and 777")
    shows(browser, qtbot, [("12.40", Verdict.FOUND), ("777", Verdict.MISSING)])
    browser.show_markdown("It was 12.60")
    shows(browser, qtbot, [("12.60", Verdict.DIFFERS)])


def test_marks_go_with_their_source(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    browser.show_markdown("It is 12.40")
    shows(browser, qtbot, [("12.40", Verdict.FOUND)])
    browser.proof_marks.set_source(None)
    shows(browser, qtbot, [])


def test_a_click_tells_the_place_and_a_missing_value_has_none(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    browser.show_markdown("It is 12.40, not 999.00")
    shows(browser, qtbot, [("12.40", Verdict.FOUND), ("999.00", Verdict.MISSING)])
    clicked: list[Proof] = []
    browser.proof_clicked.connect(clicked.append)
    for text in ("999.00", "It is"):
        QTest.mouseClick(browser.viewport(), Qt.MouseButton.LeftButton, pos=point_of(browser, text))
    assert not clicked
    QTest.mouseClick(browser.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(480, 5))  # Beside the line's end.
    assert not clicked
    QTest.mouseClick(browser.viewport(), Qt.MouseButton.LeftButton, pos=point_of(browser, "12.40"))
    assert [proof.printed for proof in clicked] == ["12.40"]
    assert clicked[0].place


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("12.40", "On the image: “12.40”. Click to see it."),
        ("12.60", "The image says “12.40”. Click to see it."),
        ("999.00", "This was not found on the image."),
    ],
)
def test_a_tooltip_says_what_the_image_says(
    text: str, wanted: str, browser: SafeTextBrowser, qtbot: QtBot, qapp: QApplication
) -> None:
    browser.show_markdown(f"It is {text}")
    qtbot.waitUntil(lambda: len(marks(browser)) == 1)
    point = point_of(browser, text)
    qapp.sendEvent(browser.viewport(), QHelpEvent(QEvent.Type.ToolTip, point, browser.viewport().mapToGlobal(point)))
    assert wanted in QToolTip.text()


def test_the_pointer_is_a_hand_over_a_place(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    browser.show_markdown("It is 12.40 here")
    shows(browser, qtbot, [("12.40", Verdict.FOUND)])
    QTest.mouseMove(browser.viewport(), point_of(browser, "12.40"))
    qtbot.waitUntil(lambda: browser.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor)
    QTest.mouseMove(browser.viewport(), point_of(browser, "here"))
    qtbot.waitUntil(lambda: browser.viewport().cursor().shape() != Qt.CursorShape.PointingHandCursor)
