"""Nothing that a model writes may load, open, or pass for the window's own words."""

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QHelpEvent, QImage, QTextDocument, QTextTable
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app.domain.settings.settings import ThemeChoice
from app.domain.text.confidence import LowConfidenceSpan
from app.ui.markdown.code_blocks import code_blocks, frame_of
from app.ui.markdown.copy_row import HEIGHT, PADDING, CopyRow
from app.ui.markdown.formulas import IMAGE, FormulaPainter, FormulaStyle, draw
from app.ui.markdown.markdown_tables import tables_in
from app.ui.markdown.safe_text_browser import SafeTextBrowser
from app.ui.widgets.theme import Theme
from tests.ui.conftest import shown


@pytest.fixture
def browser(qtbot: QtBot) -> SafeTextBrowser:
    made = SafeTextBrowser(FormulaPainter())
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


def test_columns_by_spaces_stand_below_one_another(browser: SafeTextBrowser) -> None:
    def is_fixed() -> bool:
        return browser.document().firstBlock().begin().fragment().charFormat().fontFixedPitch()

    browser.show_plain("Espresso      5.00\nWalnut cake   4.00\nTotal        12.80")
    assert is_fixed()
    browser.show_plain("Thank you, come again!")
    assert not is_fixed()


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


CODE = "So:\n```python\ndef f(x):\n    return 1  # 🙂 one\n```\nand\n```\nplain\n```\n"


def headers(browser: SafeTextBrowser) -> list[CopyRow]:
    return [row for row in browser.findChildren(CopyRow) if row.isVisible()]


def test_code_is_copied_as_it_was_written(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    browser.show_markdown(CODE)
    first, second = headers(browser)
    assert (first.caption.text(), second.caption.text()) == ("python", "")
    for header, code in ((first, "def f(x):\n    return 1  # 🙂 one"), (second, "plain")):
        qtbot.mouseClick(header.copy, Qt.MouseButton.LeftButton)
        assert QGuiApplication.clipboard().text() == code
    assert first.copy.text() == "Copied"
    browser.show_markdown("No code.")
    assert headers(browser) == []


def test_code_has_the_colours_of_its_language(browser: SafeTextBrowser) -> None:
    browser.show_markdown(CODE)
    line = browser.document().findBlockByNumber(2)
    colours = {
        line.text().encode("utf-16-le")[2 * span.start : 2 * (span.start + span.length)].decode("utf-16-le"): colour
        for span in line.layout().formats()
        if (colour := span.format.foreground().color().name()) != "#000000"
    }
    assert {"return", "1", "# 🙂 one"} <= set(colours)
    assert len({colours["return"], colours["1"], colours["# 🙂 one"]}) == 3
    browser.show_markdown("```no-such-language\nreturn 1\n```")
    assert browser.document().firstBlock().layout().formats() == []


def test_the_row_above_code_does_not_cover_text(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    browser.show_markdown(CODE)
    browser.resize(500, browser.heightForWidth(500))
    document = browser.document()
    rects = [
        document.documentLayout().blockBoundingRect(document.findBlockByNumber(number)).toRect()
        for number in range(document.blockCount())
    ]
    for header in headers(browser):
        assert not any(header.geometry().intersects(rect) for rect in rects)


def test_a_formula_is_drawn_and_copied_as_tex(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    browser.show_markdown("🙂 So $x^2$ and \\(\\frac{\\) cost $5.")
    assert browser.toPlainText() == "🙂 So $x^2$ and \\(\\frac{\\) cost $5."
    qtbot.waitUntil(lambda: IMAGE in browser.toPlainText(), timeout=20_000)
    assert browser.toPlainText() == f"🙂 So {IMAGE} and \\(\\frac{{\\) cost $5."
    browser.selectAll()
    copied = browser.createMimeDataFromSelection()
    assert copied.text() == "🙂 So $x^2$ and \\(\\frac{\\) cost $5."
    assert not copied.hasHtml()


@pytest.mark.parametrize("tex", ["x^2", "y", r"\frac{a}{b}", r"\int_0^1 x\,dx"])
def test_a_formula_is_drawn_in_the_colour_of_the_text(tex: str, qapp: QApplication) -> None:
    picture = draw(tex, FormulaStyle(8, "#ff0000", 2), is_display=False)
    assert picture is not None
    image = picture.image
    colours = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert colours == {"#ff0000"}


@pytest.mark.parametrize("tex", [r"\frac{", r"\begin{x}", "{" * 500])
def test_what_is_no_tex_is_not_drawn(tex: str, qapp: QApplication) -> None:
    assert draw(tex, FormulaStyle(8, "#ff0000", 1), is_display=True) is None


@pytest.mark.parametrize("words", ["two words", "a text of several words, which is broken"])
def test_a_narrow_table_of_short_cells_is_scrolled_rather_than_broken(browser: SafeTextBrowser, words: str) -> None:
    row = f"| 1234.56 | 105.00 | 99,999.00 | {words} | 12345678 |\n"
    browser.show_markdown("| A | B | C | D | E |\n" + "|--" * 5 + "|\n" + row * 2)
    browser.resize(120, 300)
    (table,) = tables_in(browser.document())
    lines = [table.cellAt(1, column).firstCursorPosition().block().layout().lineCount() for column in range(5)]
    is_short = len(words) <= 16
    assert (lines == [1] * 5) == is_short
    assert (browser.horizontalScrollBar().maximum() > 0) or not is_short


@pytest.mark.parametrize("zoom", [100, 200])
def test_numbers_beside_longer_texts_stay_whole(qtbot: QtBot, theme: Theme, zoom: int) -> None:
    theme.choose(ThemeChoice.LIGHT, zoom)
    browser = SafeTextBrowser(FormulaPainter())
    browser.resize(6 * zoom, 300)
    shown(browser, qtbot)
    texts = ("Walnut cake with cream", "on a longer line than the others", "1 234", "12.40")
    browser.show_markdown("| Item | Note | Quantity | Price |\n" + "|--" * 4 + "|\n" + f"| {' | '.join(texts)} |\n" * 3)

    def lines() -> list[list[str]]:
        (table,) = tables_in(browser.document())
        blocks = [table.cellAt(1, column).firstCursorPosition().block() for column in range(4)]
        found = [[block.layout().lineAt(line) for line in range(block.layout().lineCount())] for block in blocks]
        return [
            [block.text()[line.textStart() :][: line.textLength()].strip() for line in laid_out]
            for block, laid_out in zip(blocks, found, strict=True)
        ]

    wide = lines()
    assert wide[2:] == [["1 234"], ["12.40"]]
    for width in (2 * zoom, zoom):
        browser.resize(width, 300)
        assert lines()[2:] == [["1 234"], ["12.40"]]
        for words in lines()[:2]:
            assert max(len(line) for line in words) > 8, "longer texts keep a readable width"
            assert len(words) > 1
        assert browser.horizontalScrollBar().maximum() > 0
    browser.heightForWidth(20 * zoom)
    assert browser.horizontalScrollBar().maximum() > 0
    browser.resize(6 * zoom, 300)
    assert lines() == wide
    assert browser.horizontalScrollBar().maximum() == 0


def test_a_table_behind_code_has_its_head(browser: SafeTextBrowser) -> None:
    browser.show_markdown("```\ncode\n```\n| a | b |\n|---|---|\n| c | d |\n")
    (table,) = [frame for frame in browser.document().rootFrame().childFrames() if isinstance(frame, QTextTable)]
    cells = [table.cellAt(0, column).firstCursorPosition().block() for column in range(2)]
    assert [block.text() for block in cells] == ["a", "b"]
    weights = []
    for block in cells:
        (piece,) = block.textFormats()
        weights.append(piece.format.fontWeight())
    assert weights == [700, 700]


def test_places_behind_an_emoji_are_marked_where_they_are_named(browser: SafeTextBrowser) -> None:
    place = '{"bbox_2d": [10, 10, 20, 20], "label": "🙂 here"}'
    browser.show_markdown(f"🙂🙂 {place} end")
    browser.set_highlighted(0)
    (mark,) = browser.extraSelections()
    assert mark.cursor.selectedText() == place


def test_a_doubtful_word_is_tinted_and_says_what_it_nearly_was(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    text = "The **total** is 9.00"
    doubts = (LowConfidenceSpan(6, 11, 0.3, (("tota1", 0.2),)), LowConfidenceSpan(17, 21, 0.8))
    browser.show_markdown(text, doubts)
    marks = browser.extraSelections()
    assert [mark.cursor.selectedText() for mark in marks] == ["total", "9.00"]
    strengths = [mark.format.background().color().alpha() for mark in marks]
    assert strengths[0] > strengths[1] > 0

    place = browser.cursorRect(marks[0].cursor).center()
    event = QHelpEvent(QEvent.Type.ToolTip, place, browser.viewport().mapToGlobal(place))
    QApplication.sendEvent(browser.viewport(), event)
    assert "confidence: 30\u202f%" in QToolTip.text()
    assert "20\u202f%" in QToolTip.text()
    QToolTip.hideText()
    browser.show_markdown(text)
    assert browser.extraSelections() == []


@pytest.mark.parametrize("text", ["```\nalone\n```", "```\nfirst\n```\nthen", "then\n```\nlast\n```"])
def test_the_frame_of_code_is_whole_at_either_end(browser: SafeTextBrowser, qtbot: QtBot, text: str) -> None:
    browser.show_markdown(text)
    browser.resize(500, browser.heightForWidth(500))
    (code,) = code_blocks(browser.document())
    area = frame_of(browser.document(), code)
    assert area.top() >= 0
    assert area.bottom() <= browser.height()
    assert area.height() > HEIGHT + PADDING
    browser.show_markdown("no code")
    assert browser.document().rootFrame().frameFormat().topMargin() == 0


def test_a_table_is_copied_for_a_spreadsheet(browser: SafeTextBrowser, qtbot: QtBot) -> None:
    browser.show_markdown(
        "Here:\n\n| item | price |\n|---|--:|\n| a & **b** | 5.00 |\n| | 4 |\n\nand\n\n| x |\n|---|\n| y |\n"
    )
    first, second = headers(browser)
    qtbot.mouseClick(first.copy, Qt.MouseButton.LeftButton)
    data = QGuiApplication.clipboard().mimeData()
    assert data.text() == "item\tprice\na & b\t5.00\n\t4"
    assert "<tr><th>item</th><th>price</th></tr><tr><td>a &amp; b</td><td>5.00</td></tr>" in data.html()
    qtbot.mouseClick(second.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "x\ny"


def test_the_row_above_a_table_stands_between_it_and_the_text(browser: SafeTextBrowser) -> None:
    browser.show_markdown("above\n\n| a | b |\n|---|---|\n| c | d |")
    browser.resize(500, browser.heightForWidth(500))
    document = browser.document()
    (row,) = headers(browser)
    (table,) = tables_in(document)
    layout = document.documentLayout()
    cell = layout.blockBoundingRect(table.cellAt(0, 0).firstCursorPosition().block())
    assert layout.blockBoundingRect(document.firstBlock()).bottom() <= row.geometry().top()
    assert row.geometry().bottom() < cell.top()


def test_rows_are_as_high_as_their_buttons_at_any_zoom(browser: SafeTextBrowser, theme: Theme, qtbot: QtBot) -> None:
    browser.show_markdown("```python\na = 1\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |")
    rows = browser.findChildren(CopyRow)
    for zoom in (200, 100, 140):
        theme.choose(ThemeChoice.LIGHT, zoom)
        qtbot.waitUntil(lambda: browser.document().defaultFont() == browser.font())
        assert len(rows) == 2
        qtbot.waitUntil(lambda: all(row.height() >= row.copy.sizeHint().height() for row in rows))
        corners = [frame_of(browser.document(), code).top() for code in code_blocks(browser.document())]
        assert corners == [rows[0].y()], "the room above the code has grown with its row"
