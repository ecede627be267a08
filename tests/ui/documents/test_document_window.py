"""A document beside its text: linked, selected, corrected, copied."""

import io
import itertools
from collections.abc import Iterator
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QIcon, QPalette, QTextCharFormat, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.domain.documents.blocks import Block, BlockKind
from app.domain.documents.ocr_results import OcrResult
from app.domain.documents.pages import UNREAD, OcrPage
from app.domain.documents.pdf_options import AS_IT_IS, PdfOptions
from app.domain.documents.tables import Cell, Table
from app.domain.ids import Digest
from app.domain.images.geometry import Box, Point, TextLine, Word
from app.domain.settings.settings import ThemeChoice, UiLanguage
from app.ui.documents.document_window import DocumentWindow
from app.ui.documents.thumbnail_strip import MAX_PICTURES, ThumbnailStrip
from app.ui.widgets.i18n import set_language
from app.ui.widgets.theme import Theme
from tests.support.drops import answers_to_a_move, drop, files
from tests.support.on_screen import click, entry, mouse, seen
from tests.ui.conftest import shown


def line(text: str, top: float, right: float = 380) -> TextLine:
    return TextLine.between(text, (Point(20, top), Point(right, top), Point(right, top + 20), Point(20, top + 20)), 0.9)


BOX = Box(20, 100, 380, 160)
TABLE = Table(2, 2, (Cell(0, 0, "a", BOX), Cell(0, 1, "b", BOX), Cell(1, 0, "wide", BOX, 1, 2)), BOX, is_ruled=True)
PAGE = OcrPage(400, 300, (line("first words here", 20), line("sec0nd line", 50), line("Total: 5", 80)), "first words here\nsec0nd line\nTotal: 5", tables=(TABLE,))  # fmt: skip  # noqa: E501
READING = OcrResult(digest=Digest("ab"), number=0, page=PAGE)


def png() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(made, "PNG")
    return made.getvalue()


@pytest.fixture
def window(qtbot: QtBot) -> DocumentWindow:
    made = DocumentWindow()
    made.resize(1000, 600)
    shown(made, qtbot)
    made.begin("a.png", 1)
    made.show_picture(0, png())
    made.show_ocr_result(READING)
    return made


def on_screen(window: DocumentWindow, x: float, y: float) -> QPointF:
    """Where a pixel of the page is on its canvas, as long as it is not rotated."""
    area = window.canvas.picture_area()
    return QPointF(area.left() + x / PAGE.width * area.width(), area.top() + y / PAGE.height * area.height())


def on_line(window: DocumentWindow, number: int, share: float) -> QPointF:
    """A place on the screen, so far along a line."""
    box = PAGE.lines[number].box
    return on_screen(window, box.left + share * (box.right - box.left), (box.top + box.bottom) / 2)


def tinted(window: DocumentWindow) -> Box:
    """The box around all that is highlighted on the white page, in its pixels, to a few of them."""
    picture = window.canvas.grab().toImage()
    white = QColor("white").rgb()
    pixels = itertools.product(range(1, PAGE.width - 1, 2), range(1, PAGE.height - 1, 2))
    found = [(x, y) for x, y in pixels if picture.pixel(on_screen(window, x, y).toPoint()) != white]
    assert found, "nothing is highlighted"
    columns, rows = zip(*found, strict=True)
    return Box(min(columns), min(rows), max(columns), max(rows))


def is_around(found: Box, wanted: Box) -> bool:
    pairs = zip(astuple(found), astuple(wanted), strict=True)
    return all(abs(one - other) <= 4 for one, other in pairs)


def highlighted_lines(window: DocumentWindow) -> list[int]:
    """The lines of the text in the colour of a highlight."""
    tint = window.lines.palette().color(QPalette.ColorRole.Highlight)
    marks = window.lines.extraSelections()
    return [mark.cursor.blockNumber() for mark in marks if mark.format.background().color().rgb() == tint.rgb()]


def select(window: DocumentWindow, begin: QPointF, end: QPointF) -> None:
    mouse(window.canvas, QEvent.Type.MouseButtonPress, begin)
    mouse(window.canvas, QEvent.Type.MouseMove, end)
    mouse(window.canvas, QEvent.Type.MouseButtonRelease, end)


def test_a_corrected_line_is_copied_corrected_from_the_picture(window: DocumentWindow) -> None:
    window.canvas.highlight_line(1)
    before = tinted(window)
    window.show_ocr_result(READING.with_correction(1, "second line"))
    assert tinted(window) == before
    select(window, on_line(window, 1, 0.0), on_line(window, 1, 1.0))
    assert window.canvas.selected_text() == "second line"


def test_text_is_selected_on_the_picture_and_copied(window: DocumentWindow, qtbot: QtBot) -> None:
    select(window, on_line(window, 0, 0.0), on_line(window, 1, 1.0))
    assert window.canvas.selected_text() == "first words here\nsec0nd line"
    qtbot.keyClick(window.canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "first words here\nsec0nd line"


def test_what_is_copied_from_either_side_keeps_its_indentation(window: DocumentWindow, qtbot: QtBot) -> None:
    indented = replace(PAGE, text="first words here\n    sec0nd line\n\n        Total: 5", tables=())
    window.show_ocr_result(replace(READING, page=indented))
    for key in (Qt.Key.Key_A, Qt.Key.Key_C):
        qtbot.keyClick(window.canvas, key, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == indented.text
    QGuiApplication.clipboard().clear()
    window.lines.selectAll()
    window.lines.copy()
    assert QGuiApplication.clipboard().text() == indented.text


def test_parts_of_a_line_are_selected_in_both_directions(window: DocumentWindow) -> None:
    select(window, on_line(window, 0, 0.99), on_line(window, 0, 0.73))
    assert window.canvas.selected_text() == "here"


def test_a_double_click_selects_a_word(window: DocumentWindow) -> None:
    mouse(window.canvas, QEvent.Type.MouseButtonDblClick, on_line(window, 0, 0.5))
    assert window.canvas.selected_text() == "words"


def test_on_a_turned_page_text_is_selected_all_the_same(window: DocumentWindow) -> None:
    window.canvas.rotate()
    area, box = window.canvas.picture_area(), PAGE.lines[1].box
    assert area.height() > area.width()
    across = area.right() - (box.top + box.bottom) / 2 / PAGE.height * area.width()
    ends = [area.top() + x / PAGE.width * area.height() for x in (box.left, box.right)]
    select(window, QPointF(across, ends[0]), QPointF(across, ends[1]))
    assert window.canvas.selected_text() == "sec0nd line"


def test_beside_the_text_the_picture_is_moved(window: DocumentWindow) -> None:
    window.canvas.show_pixels()
    area = window.canvas.picture_area()
    place = QPointF(area.center().x(), area.bottom() - 10)
    select(window, place, place + QPointF(-30, -20))
    assert window.canvas.selected_text() == ""


def test_picture_and_text_are_linked_both_ways(window: DocumentWindow) -> None:
    mouse(window.canvas, QEvent.Type.MouseMove, on_line(window, 1, 0.3), Qt.MouseButton.NoButton)
    assert highlighted_lines(window) == [1]
    select(window, on_line(window, 2, 0.1), on_line(window, 2, 0.1))
    assert window.lines.textCursor().blockNumber() == 2
    window.lines.line_hovered.emit(0)
    assert is_around(tinted(window), PAGE.lines[0].box)


def test_a_correction_is_told_and_shown(window: DocumentWindow, qtbot: QtBot) -> None:
    window.lines.show_line(1)
    qtbot.keyClick(window.lines, Qt.Key.Key_Right)
    qtbot.keyClick(window.lines, Qt.Key.Key_Right)
    qtbot.keyClick(window.lines, Qt.Key.Key_Right)
    qtbot.keyClick(window.lines, Qt.Key.Key_Delete)
    with qtbot.waitSignal(window.line_corrected) as corrected:
        qtbot.keyClick(window.lines, Qt.Key.Key_O)
    assert corrected.args == [0, 1, "second line"]
    fixed = READING.with_correction(1, "second line")
    window.show_ocr_result(fixed)
    assert "second line" in window.markdown.text.toPlainText()
    assert "1" in window.status_label.text()
    assert window.lines.textCursor().positionInBlock() == 4  # The cursor stays.
    with qtbot.waitSignal(window.line_corrected) as taken_back:
        window.lines.undo_correction(1)
    assert taken_back.args is not None
    assert taken_back.args[1:] == [1, "sec0nd line"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Backspace])
def test_lines_are_neither_parted_nor_joined(window: DocumentWindow, qtbot: QtBot, key: Qt.Key) -> None:
    window.lines.show_line(1)
    with qtbot.assertNotEmitted(window.line_corrected):
        qtbot.keyClick(window.lines, key)
        window.lines.selectAll()
        qtbot.keyClick(window.lines, Qt.Key.Key_X)
        qtbot.keyClick(window.lines, Qt.Key.Key_Delete)
    assert window.lines.toPlainText() == PAGE.text


def test_what_is_pasted_stays_on_its_line(window: DocumentWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("two\nlines ")
    window.lines.show_line(1)
    window.lines.paste()
    assert window.lines.toPlainText().split("\n")[1] == "two linessec0nd line"


def test_the_text_is_copied_as_it_is_to_be_cleaned_up(window: DocumentWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.clean_up_changed):
        window.canvas.part_selected.emit(0.0, 0.0, 1.0, 0.15)
    window.copy.click()
    assert QGuiApplication.clipboard().text() == "sec0nd line\nTotal: 5"
    entry(window.clean_up_tool.menu(), "Clear ignored areas").trigger()
    window.copy.click()
    assert QGuiApplication.clipboard().text() == PAGE.text


def test_a_table_is_shown_with_its_spans_and_copied(window: DocumentWindow, qtbot: QtBot) -> None:
    assert window.tables.grid.columnSpan(1, 0) == 2
    window.tables.copy.click()
    assert QGuiApplication.clipboard().text() == "a\tb\nwide\t"
    assert 'colspan="2"' in QGuiApplication.clipboard().mimeData().html()
    window.tabs.setCurrentWidget(window.tables)
    assert is_around(tinted(window), BOX)


@pytest.mark.parametrize("zoom", [100, 200])
def test_cells_show_all_of_their_words(qtbot: QtBot, theme: Theme, zoom: int) -> None:
    """The table is filled while another tab is shown, and may be shown in another size than at first."""
    theme.choose(ThemeChoice.LIGHT, 100)
    window = DocumentWindow()
    shown(window, qtbot)
    lines = Cell(0, 0, "Bridges and\nother crossings\nof rivers", BOX)
    table = Table(1, 2, (lines, Cell(0, 1, "Bridges", BOX)), BOX, is_ruled=True)
    window.begin("a.png", 1)
    window.show_ocr_result(replace(READING, page=replace(PAGE, tables=(table,))))
    window.tabs.setCurrentWidget(window.tables)
    theme.choose(ThemeChoice.LIGHT, zoom)
    grid = window.tables.grid
    qtbot.waitUntil(lambda: grid.font().pixelSize() == 13 * zoom // 100)
    metrics = grid.fontMetrics()
    qtbot.waitUntil(lambda: grid.columnWidth(1) >= metrics.horizontalAdvance("Bridges"))
    assert grid.columnWidth(0) >= metrics.horizontalAdvance("other crossings")
    assert grid.rowHeight(0) >= 3 * metrics.height()


def test_reading_shows_its_progress_and_can_be_cancelled(window: DocumentWindow, qtbot: QtBot) -> None:
    assert window.cancel.isHidden()
    window.show_progress(0, 0.5)
    assert "50" not in window.status_label.text(), "nothing is being read"
    window.again.click()
    assert window.cancel.isVisible()
    window.show_progress(0, 0.5)
    assert window.status_label.text() == "Reading… 50 %"
    window.show_progress(1, 0.9)
    assert window.status_label.text() == "Reading… 50 %"
    with qtbot.waitSignal(window.reading_cancelled) as cancelled:
        window.cancel.click()
    assert cancelled.args == [0]
    assert "Read again" in window.status_label.text()
    assert window.cancel.isHidden()
    window.again.click()
    window.show_ocr_result(READING)
    assert window.cancel.isHidden()


def test_fields_show_where_they_stand(window: DocumentWindow) -> None:
    window.tabs.setCurrentWidget(window.values)
    window.values.grid.setCurrentCell(0, 1)
    assert is_around(tinted(window), PAGE.lines[2].box)


def test_another_pages_reading_is_not_shown(window: DocumentWindow) -> None:
    window.show_ocr_result(OcrResult(digest=Digest("ab"), number=5, page=OcrPage(1, 1, (), "other")))
    assert window.lines.toPlainText() == PAGE.text


def test_a_page_without_places_is_shown_and_not_corrected(window: DocumentWindow) -> None:
    window.show_ocr_result(
        OcrResult(digest=Digest("ab"), number=0, page=OcrPage(400, 300, (), "by the model"), model_name="Qwen")
    )
    assert window.lines.toPlainText() == "by the model"
    assert window.lines.isReadOnly()
    assert "Qwen" in window.status_label.text()


def test_a_rail_of_500_pages_holds_few_pictures(qtbot: QtBot) -> None:
    thumbnails = ThumbnailStrip()
    thumbnails.resize(132, 500)
    shown(thumbnails, qtbot)
    asked: list[int] = []
    thumbnails.wanted.connect(asked.append)
    thumbnails.set_count(500)
    qtbot.waitUntil(lambda: bool(asked))
    assert len(asked) < 15
    empty = thumbnails.item(499).icon().cacheKey()
    for number in range(500):
        thumbnails.set_picture(number, png())
    held = [number for number in range(500) if thumbnails.item(number).icon().cacheKey() != empty]
    assert len(held) <= MAX_PICTURES + 1


def test_the_selected_page_is_not_dyed(qtbot: QtBot) -> None:
    thumbnails = ThumbnailStrip()
    shown(thumbnails, qtbot)
    thumbnails.set_count(1)
    thumbnails.set_picture(0, png())
    picture = thumbnails.item(0).icon().pixmap(96, 120, QIcon.Mode.Selected).toImage()
    assert picture.pixelColor(5, 5) == QColor("white")


def test_a_page_is_chosen_on_the_rail(qtbot: QtBot) -> None:
    window = DocumentWindow()
    shown(window, qtbot)
    with qtbot.waitSignal(window.page_chosen) as chosen:
        window.begin("a.pdf", 5)
    assert chosen.args == [0]
    with qtbot.waitSignal(window.page_chosen) as chosen:
        window.thumbnails.setCurrentRow(3)
    assert chosen.args == [3]
    assert window.number == 3


def test_options_of_searchable_pdfs_are_ticked_in_the_menu(window: DocumentWindow) -> None:
    assert window.pdf_options == AS_IT_IS
    names = ("PDF for archives (PDF/A-2b)", "Deskew scans in the PDF", "Compress pictures in the PDF")
    for number, name in enumerate(names):
        entry(window.export.menu(), name).trigger()
        assert window.pdf_options == PdfOptions(*(place <= number for place in range(3)))


def test_an_unread_line_shows_its_picture_and_is_counted(window: DocumentWindow, qtbot: QtBot) -> None:
    unread = replace(line(UNREAD, 50), score=0.2)
    page = replace(PAGE, lines=(PAGE.lines[0], unread), text=f"first words here\n{UNREAD}", tables=())
    picture = Image.new("RGB", (400, 300), "white")
    picture.paste((200, 0, 0), (20, 50, 380, 70))
    made = io.BytesIO()
    picture.save(made, "PNG")
    window.show_picture(0, made.getvalue())
    result = replace(READING, page=page)
    window.show_ocr_result(result)
    qtbot.waitUntil(lambda: _has_red(window))
    assert "Uncertain lines to check: 1" in window.status_label.text()
    window.show_ocr_result(result.with_correction(1, "typed"))
    qtbot.waitUntil(lambda: not _has_red(window))
    assert "Uncertain" not in window.status_label.text()


def _has_red(window: DocumentWindow) -> bool:
    image = window.lines.viewport().grab().toImage()
    places = itertools.product(range(image.width()), range(min(60, image.height())))
    return any(QColor(image.pixel(x, y)).red() - QColor(image.pixel(x, y)).green() > 150 for x, y in places)


def test_uncertain_words_are_underlined_until_the_line_is_corrected(window: DocumentWindow) -> None:
    box = Box(20, 50, 100, 70)
    words = (Word("🧾sure", box, 0.99), Word("7", box, 0.4), Word("end", box, 0.98))
    doubtful = replace(line("🧾sure 7 end", 50), words=words)
    result = replace(READING, page=replace(PAGE, lines=(doubtful,), text=doubtful.text, tables=()))
    window.show_ocr_result(result)
    assert _underlined(window) == ["7"]
    window.show_ocr_result(result.with_correction(0, "sure 7 end"))
    assert _underlined(window) == []


def _underlined(window: DocumentWindow) -> list[str]:
    wave = QTextCharFormat.UnderlineStyle.WaveUnderline
    marks = window.lines.extraSelections()
    return [mark.cursor.selectedText() for mark in marks if mark.format.underlineStyle() is wave]


def test_ignored_lines_are_struck_out_in_the_text(window: DocumentWindow) -> None:
    def struck() -> list[int]:
        marks = window.lines.extraSelections()
        return [mark.cursor.blockNumber() for mark in marks if mark.format.fontStrikeOut()]

    window.canvas.part_selected.emit(0.0, 0.15, 1.0, 0.25)
    assert struck() == [1]
    window.lines.highlight_line(0)
    assert struck() == [1]
    entry(window.clean_up_tool.menu(), "Clear ignored areas").trigger()
    assert struck() == []


@pytest.mark.parametrize("zoom", [100, 200])
def test_nested_lists_are_shown_nested(qtbot: QtBot, theme: Theme, zoom: int) -> None:
    theme.choose(ThemeChoice.LIGHT, zoom)
    window = DocumentWindow()
    shown(window, qtbot)
    texts, lefts = ("• fruit", "– apples", "• bread", "and cheese"), (20, 60, 20, 20)
    lines = [replace(line(text, 20 + 30 * number), box=Box(left, 20 + 30 * number, 380, 40 + 30 * number)) for number, (text, left) in enumerate(zip(texts, lefts, strict=True))]  # fmt: skip  # noqa: E501
    kinds = (BlockKind.LIST_ITEM,) * 3 + (BlockKind.PARAGRAPH,)
    blocks = tuple(Block(kind, lines[number].box, (number,)) for number, kind in enumerate(kinds))
    page = replace(PAGE, lines=tuple(lines), text="\n".join(texts), tables=(), blocks=blocks)
    window.begin("a.png", 1)
    window.show_ocr_result(replace(READING, page=page))

    def indents() -> list[int]:
        document = window.lines.document()
        starts = [window.lines.cursorRect(QTextCursor(document.findBlockByNumber(row))).left() for row in range(4)]
        return [start - starts[0] for start in starts]

    font = window.lines.fontMetrics().height()
    assert indents()[0] == indents()[2] == indents()[3] == 0 < font < indents()[1]
    window.lines.show_line(1)
    with qtbot.waitSignal(window.line_corrected) as corrected:
        qtbot.keyClick(window.lines, Qt.Key.Key_Delete)
    assert corrected.args == [0, 1, " apples"]
    window.lines.undo()
    window.lines.undo()
    assert window.lines.toPlainText() == page.text, "only the correction can be undone"
    assert indents()[1] > font
    window.lines.selectAll()
    window.lines.copy()
    assert QGuiApplication.clipboard().text() == page.text
    window.lines.show_line(1)
    window.lines.moveCursor(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    window.lines.copy()
    assert QGuiApplication.clipboard().text() == "– apples"
    assert QGuiApplication.clipboard().mimeData().formats() == ["text/plain"]


def test_the_page_says_that_the_area_to_ignore_is_dragged_over(window: DocumentWindow, qtbot: QtBot) -> None:
    before = window.canvas.grab().toImage()
    entry(window.clean_up_tool.menu(), "Ignore an area of the page…").trigger()
    assert window.canvas.grab().toImage() != before
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.canvas.grab().toImage() == before


def test_a_line_of_another_page_is_highlighted_once_that_is_known(window: DocumentWindow) -> None:
    window.begin("two.pdf", 2)
    window.show_ocr_result(READING)
    window.show_line(1, 2)
    assert window.number == 1
    assert highlighted_lines(window) == []
    window.show_ocr_result(replace(READING, number=1))
    assert highlighted_lines(window) == [2]


def test_a_file_that_is_dropped_anywhere_in_the_window_is_opened(window: DocumentWindow, qtbot: QtBot) -> None:
    dropped: list[tuple[Path, ...]] = []
    window.files_dropped.connect(dropped.append)
    for target in (
        window,
        window.canvas,
        window.lines.viewport(),
        window.values.names,
        window.markdown.text.viewport(),
    ):
        assert drop(target, files([Path("/scans/b.pdf"), Path("/c.png")])), target
    assert dropped == [(Path("/scans/b.pdf"), Path("/c.png"))] * 5
    assert answers_to_a_move(window, files([Path("/a.pdf")])) == [Qt.DropAction.CopyAction] * 2
    assert window.lines.toPlainText().startswith("first words here")
    assert not window.values.names.text()


def test_a_picture_that_is_dropped_from_a_browser_is_refused_in_words(window: DocumentWindow) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.com/a.png")])
    mime.setData("image/png", QByteArray(png()))
    assert drop(window, mime)
    assert "web address" in window.notices.current[0].sentence


def test_a_question_is_about_the_page_or_where_there_are_several_about_the_document(
    window: DocumentWindow, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(window.page_asked_about) as asked:
        click(window.ask)
    assert asked.args == [0]
    window.begin("b.pdf", 3, number=2)
    menu = window.ask.menu()
    with qtbot.waitSignal(window.page_asked_about) as asked:
        entry(menu, "About this page").trigger()
    assert asked.args == [2]
    with qtbot.waitSignal(window.document_asked_about):
        entry(menu, "About this document").trigger()


def test_all_fields_are_copied_for_a_spreadsheet(window: DocumentWindow) -> None:
    window.tabs.setCurrentWidget(window.values)
    click(window.values.copy)
    assert QGuiApplication.clipboard().text() == "Total\t5"
    assert window.values.copy.text() == "Copied"


@pytest.fixture(params=[language for language in UiLanguage if language is not UiLanguage.SYSTEM])
def language(request: pytest.FixtureRequest) -> Iterator[UiLanguage]:
    set_language(request.param)
    yield request.param
    set_language(UiLanguage.ENGLISH)


@pytest.mark.parametrize("zoom", [100, 140, 200])
@pytest.mark.usefixtures("language")
def test_all_tabs_are_whole_in_a_narrow_window(theme: Theme, qtbot: QtBot, zoom: int) -> None:
    theme.choose(ThemeChoice.LIGHT, zoom)
    window = DocumentWindow()
    window.resize(500, 600)
    shown(window, qtbot)
    assert window.width() <= 800
    bar, bold = window.tabs.tabBar(), QFont(window.tabs.tabBar().font())
    bold.setWeight(QFont.Weight.DemiBold)
    for tab in range(bar.count()):
        window.tabs.setCurrentIndex(tab)
        qtbot.waitUntil(lambda: all(bar.rect().contains(bar.tabRect(it)) for it in range(bar.count())))
        assert bar.tabRect(tab).width() >= QFontMetrics(bold).horizontalAdvance(bar.tabText(tab))
    assert not seen(window.tabs, QToolButton)
