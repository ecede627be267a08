"""Paragraphs, headings, lists and quotations are told apart by the space around them."""

import pytest
from PySide6.QtGui import QColor, QTextBlock, QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.markdown.formulas import FormulaPainter
from app.ui.markdown.markdown_document import set_markdown
from app.ui.markdown.safe_text_browser import SafeTextBrowser
from app.ui.markdown.text_spacing import Quotation, bar_of, quotations


@pytest.fixture
def document(qapp: QApplication) -> QTextDocument:
    return QTextDocument()


def render(document: QTextDocument, text: str) -> list[QTextBlock]:
    set_markdown(document, text, lambda *_, **__: None, "#000000", QColor("grey"), 1.0)
    document.setTextWidth(500)
    return [document.findBlockByNumber(number) for number in range(document.blockCount())]


def gap(document: QTextDocument, above: QTextBlock, below: QTextBlock) -> float:
    layout = document.documentLayout()
    return layout.blockBoundingRect(below).top() - layout.blockBoundingRect(above).bottom()


def test_headings_paragraphs_and_lists_have_space_around_them(document: QTextDocument) -> None:
    one, two, heading, text, item, other, end = render(
        document, "one\n\ntwo\n\n## Head\ntext\n\n- item\n- other\n\nend"
    )
    between_paragraphs, between_items = gap(document, one, two), gap(document, item, other)
    assert gap(document, two, heading) > gap(document, heading, text) >= between_paragraphs > between_items > 0
    assert gap(document, text, item) == gap(document, other, end) == between_paragraphs


def test_lines_of_a_paragraph_stay_together(document: QTextDocument) -> None:
    assert [block.text() for block in render(document, "Gate **B14.**\nBoarding\n\n- an item\n  goes on\n- other")] == [
        "Gate B14.\N{LINE SEPARATOR}Boarding",
        "an item\N{LINE SEPARATOR}goes on",
        "other",
    ]


def test_code_within_a_line_has_a_ground_and_no_other_text_has(document: QTextDocument) -> None:
    (block,) = render(document, "Use `ocr` to read")
    part, grounds = block.begin(), []
    while not part.atEnd():
        grounds.append((part.fragment().text(), part.fragment().charFormat().background().color().alpha() < 255))
        part += 1
    assert grounds == [("Use ", False), ("ocr", True), (" to read", False)]


def test_a_quotation_has_a_bar_for_each_level(document: QTextDocument) -> None:
    render(document, "text\n\n> one\n>\n> two\n>> three\n\ntext\n\n> four")
    assert sorted(quotations(document), key=lambda it: (it.first, it.level)) == [
        Quotation(1, 3, 1),
        Quotation(3, 3, 2),
        Quotation(5, 5, 1),
    ]
    layout = document.documentLayout()
    outer, inner = bar_of(document, Quotation(1, 3, 1)), bar_of(document, Quotation(3, 3, 2))
    assert outer.top() == layout.blockBoundingRect(document.findBlockByNumber(1)).top()
    assert outer.bottom() == inner.bottom()
    assert outer.right() < inner.left()
    quoted = document.findBlockByNumber(3)
    assert inner.right() < quoted.layout().lineAt(0).x()


def test_the_bar_is_painted_beside_the_text(qtbot: QtBot) -> None:
    browser = SafeTextBrowser(FormulaPainter())
    qtbot.addWidget(browser)
    browser.resize(400, 100)
    browser.show()
    browser.show_markdown("> quoted")
    (quotation,) = quotations(browser.document())
    place = bar_of(browser.document(), quotation).center().toPoint()
    picture = browser.viewport().grab().toImage()
    ratio = picture.devicePixelRatio()
    shown = picture.pixelColor(round(place.x() * ratio), round(place.y() * ratio))
    assert shown.rgb() == browser.palette().mid().color().rgb()
