"""Nothing that a model writes may load, open, or pass for the window's own words."""

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage, QTextDocument, QTextTable
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.safe_text_browser import SafeTextBrowser


@pytest.fixture
def browser(qtbot: QtBot) -> SafeTextBrowser:
    made = SafeTextBrowser()
    made.resize(500, 100)
    qtbot.addWidget(made)
    made.show()
    return made


def test_no_image_is_loaded_from_the_disk(browser: SafeTextBrowser, tmp_path: Path, qapp: QApplication) -> None:
    image = tmp_path / "private.png"
    QImage(300, 300, QImage.Format.Format_RGB32).save(str(image))

    browser.show_markdown(f"Look: ![x]({image.as_uri()}) ![y]({image})")
    qapp.processEvents()

    kind = QTextDocument.ResourceType.ImageResource.value
    shown = [browser.document().resource(kind, QUrl(target)) for target in (image.as_uri(), str(image))]
    assert [(picture.width(), picture.height()) for picture in shown] == [(1, 1), (1, 1)]
    assert browser.sizeHint().height() < 200


def test_html_is_text(browser: SafeTextBrowser) -> None:
    browser.show_markdown("<b>bold</b> <img src='file:///etc/passwd'> <style>p{}</style>")
    assert "<b>bold</b>" in browser.toPlainText()
    browser.show_plain("<b>not bold</b> & so on")
    assert browser.toPlainText() == "<b>not bold</b> & so on"


def test_a_link_is_reported_and_not_followed(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    browser.show_markdown("[click](https://example.org/secret)")
    with qtbot.waitSignal(browser.link_clicked) as clicked:
        browser.anchorClicked.emit(QUrl("https://example.org/secret"))
    assert clicked.args == ["https://example.org/secret"]
    assert "click" in browser.toPlainText()
    assert not browser.openLinks()


def test_tables_are_tables(browser: SafeTextBrowser) -> None:
    browser.show_markdown("| Item | Price |\n|---|--:|\n| Espresso | 5.00 |\n| Cake | 4.00 |\n")
    tables = [frame for frame in browser.document().rootFrame().childFrames() if isinstance(frame, QTextTable)]
    assert [(table.rows(), table.columns()) for table in tables] == [(3, 2)]


def test_it_is_as_tall_as_its_text(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    browser.show_plain("one line")
    short = browser.sizeHint().height()
    browser.show_plain("word " * 400)
    long = browser.sizeHint().height()
    browser.resize(250, 100)
    qtbot.waitUntil(lambda: browser.sizeHint().height() > long * 1.6)
    assert short * 4 < long
    assert not browser.verticalScrollBar().isVisible()


def test_lines_that_were_read_stay_lines(browser: SafeTextBrowser) -> None:
    browser.show_markdown("Harbour Lane 27\nOpen 08:30\n\n- one\n- two\n\n```\na\n  b\n```\n# Title\nend")
    shown = browser.toPlainText().replace("\N{LINE SEPARATOR}", "\n").split("\n")
    assert [line for line in shown if line] == [
        "Harbour Lane 27",
        "Open 08:30",
        "one",
        "two",
        "a",
        "  b",
        "Title",
        "end",
    ]


def test_code_within_a_line_does_not_swallow_the_lines_that_follow(browser: SafeTextBrowser) -> None:
    browser.show_markdown("```x``` is code\none\ntwo\n```json\na\nb\n``` not the end\nc\n```\nthree\nfour")
    assert browser.toPlainText().replace("\u2028", "\n").split("\n") == [
        "x is code", "one", "two", "a", "b", "``` not the end", "c", "three", "four"
    ]  # fmt: skip
