"""Text on the picture in the viewer: selected, copied, and never in the way of the viewer's own tools."""

import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QPixmap
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.domain.documents.pages import OcrPage
from app.domain.documents.translation import Translation
from app.domain.images.codes import Code
from app.domain.images.geometry import Box, Point, TextLine
from app.domain.text.grounding import detections_in
from app.ui.images.image_viewer import ImageViewer
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.page_canvas import MAX_BESIDE, PageCanvas
from tests.support.on_screen import click, entry, mouse
from tests.ui.conftest import drag, shown
from tests.ui.images.test_image_viewer import IMAGE, OTHER, move_pointer, png, share, turn_wheel

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def line(text: str, top: float) -> TextLine:
    corners = (Point(200, top), Point(1800, top), Point(1800, top + 100), Point(200, top + 100))
    return TextLine.between(text, corners, 0.9)


CODE = Code("QR Code", "https://example.com", Box(1500, 750, 1900, 950))
PAGE = OcrPage(2000, 1000, (line("first words here", 100), line("second line", 400)), "first words here\nsecond line")


@pytest.fixture
def viewer(qtbot: QtBot) -> ImageViewer:
    """The viewer, with an image of which everything has been read; its picture has a fifth of the page's pixels."""
    made = ImageViewer()
    made.resize(460, 500)
    shown(made, qtbot)
    made.show_images((IMAGE, OTHER), IMAGE)
    made.show_text(IMAGE, PAGE)
    made.show_preview(IMAGE, png())
    return made


def on_line(viewer: ImageViewer, number: int, along: float) -> QPointF:
    """A place on the screen, so far along a line, as long as the picture is upright."""
    box = PAGE.lines[number].box
    return share(viewer.canvas, (box.left + along * box.width) / PAGE.width, box.centre.y / PAGE.height)


def menu_at(viewer: ImageViewer, place: QPointF) -> list[QMenu]:
    """What a right click there opens."""
    point = place.toPoint()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, viewer.canvas.mapToGlobal(point))
    QApplication.sendEvent(viewer.canvas, event)
    return [menu for menu in viewer.canvas.findChildren(QMenu) if menu.isVisible()]


def copied() -> str:
    return QGuiApplication.clipboard().text()


def test_a_drag_that_begins_just_beside_a_line_selects_it(viewer: ImageViewer) -> None:
    start = on_line(viewer, 0, 0.0) - QPointF(MAX_BESIDE - 2, 0)
    drag(viewer.canvas, start, on_line(viewer, 0, 1.0))
    assert viewer.canvas.selected_text() == "first words here"
    drag(viewer.canvas, start - QPointF(2 * MAX_BESIDE, 0), on_line(viewer, 0, 1.0))
    assert viewer.canvas.selected_text() == ""


def test_text_is_selected_by_a_drag_and_copied_by_a_key(viewer: ImageViewer, qtbot: QtBot) -> None:
    drag(viewer.canvas, on_line(viewer, 0, 0.0), on_line(viewer, 1, 1.0))
    assert viewer.canvas.selected_text() == "first words here\nsecond line"
    assert viewer.canvas.hasFocus()
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_C, CTRL)
    assert copied() == "first words here\nsecond line"


def test_a_text_that_is_read_late_can_be_selected_too(qtbot: QtBot) -> None:
    viewer = ImageViewer()
    viewer.resize(460, 500)
    shown(viewer, qtbot)
    viewer.show_images((IMAGE, OTHER), IMAGE)
    viewer.show_preview(IMAGE, png())
    drag(viewer.canvas, on_line(viewer, 0, 0.0), on_line(viewer, 1, 1.0))
    assert viewer.canvas.selected_text() == ""
    viewer.show_text(OTHER, PAGE)  # It was requested before.
    assert viewer.canvas.line_at(on_line(viewer, 0, 0.5)) == -1
    viewer.show_text(IMAGE, PAGE)
    mouse(viewer.canvas, QEvent.Type.MouseButtonDblClick, on_line(viewer, 0, 0.5))
    assert viewer.canvas.selected_text() == "words"
    viewer.show_images((IMAGE, OTHER), OTHER)
    viewer.show_preview(OTHER, png())
    assert viewer.canvas.selected_text() == ""
    assert viewer.canvas.line_at(on_line(viewer, 0, 0.5)) == -1


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_text_stays_on_its_words_if_the_picture_is_rotated_and_zoomed(viewer: ImageViewer, turns: int) -> None:
    for _ in range(turns):
        viewer.rotate.click()
    turn_wheel(viewer.canvas, share(viewer.canvas, 0.5, 0.5), 2)
    x, y = 0.5, 0.45  # The middle of the second line.
    place = {1: (1 - y, x), 2: (1 - x, 1 - y), 3: (y, 1 - x)}[turns]
    assert viewer.canvas.line_at(share(viewer.canvas, *place)) == 1


def test_beside_text_a_drag_moves_the_picture_and_leaves_the_focus(window: MainWindow, qtbot: QtBot) -> None:
    viewer = window.viewer
    viewer.show_images((IMAGE,), IMAGE)
    window.show_viewer()
    qtbot.waitUntil(viewer.isVisible)
    viewer.show_text(IMAGE, PAGE)
    viewer.show_preview(IMAGE, png())
    drag(viewer.canvas, on_line(viewer, 0, 0.0), on_line(viewer, 0, 1.0))
    assert viewer.canvas.hasFocus()
    qtbot.keyClicks(viewer.canvas, "hi")
    assert window.composer.edit.toPlainText() == "hi"
    turn_wheel(viewer.canvas, share(viewer.canvas, 0.5, 0.9), 3)
    before, beside = viewer.canvas.picture_area(), share(viewer.canvas, 0.5, 0.9)
    drag(viewer.canvas, beside, beside + QPointF(20, -10))
    moved = viewer.canvas.picture_area().topLeft() - before.topLeft()
    assert (moved - QPointF(20, -10)).manhattanLength() < 1
    assert viewer.canvas.selected_text() == ""
    assert window.composer.edit.hasFocus()


@pytest.mark.parametrize(
    ("button", "keys"),
    [(Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier), (Qt.MouseButton.LeftButton, CTRL)],
)
def test_over_text_the_picture_is_moved_with_ctrl_or_the_middle_button(
    viewer: ImageViewer, button: Qt.MouseButton, keys: Qt.KeyboardModifier
) -> None:
    viewer.canvas.select_all()
    turn_wheel(viewer.canvas, on_line(viewer, 1, 0.5), 3)
    before, place = viewer.canvas.picture_area(), on_line(viewer, 1, 0.5)
    mouse(viewer.canvas, QEvent.Type.MouseButtonPress, place, button, keys)
    mouse(viewer.canvas, QEvent.Type.MouseMove, place + QPointF(-15, 5), button, keys)
    mouse(viewer.canvas, QEvent.Type.MouseButtonRelease, place + QPointF(-15, 5), button, keys)
    moved = viewer.canvas.picture_area().topLeft() - before.topLeft()
    assert (moved - QPointF(-15, 5)).manhattanLength() < 1
    assert viewer.canvas.selected_text() == PAGE.text


def test_over_text_an_area_is_still_selected_with_shift_and_by_the_tool(viewer: ImageViewer, qtbot: QtBot) -> None:
    drag(viewer.canvas, on_line(viewer, 0, 0.1), on_line(viewer, 1, 0.9), SHIFT)
    assert viewer.selection.isVisible()
    viewer.selection.cancel.click()
    viewer.part.click()
    drag(viewer.canvas, on_line(viewer, 0, 0.1), on_line(viewer, 1, 0.9))
    assert viewer.selection.isVisible()
    assert viewer.canvas.selected_text() == ""


def test_the_lines_in_a_selected_area_are_copied_and_it_stays_marked(viewer: ImageViewer) -> None:
    drag(viewer.canvas, viewer.canvas.picture_area().topLeft(), on_line(viewer, 0, 0.99) + QPointF(0, 8), SHIFT)
    marked = viewer.canvas.grab(viewer.canvas.rect()).toImage()
    click(viewer.selection.copy)
    assert QGuiApplication.clipboard().text() == PAGE.lines[0].text
    assert viewer.selection.copy.text() == "Copied"
    assert viewer.canvas.grab(viewer.canvas.rect()).toImage() == marked
    click(viewer.selection.cancel)
    assert not viewer.selection.isVisible()


def test_the_pointer_is_a_beam_over_text_and_still_lights_the_boxes_of_an_answer(
    viewer: ImageViewer, qtbot: QtBot
) -> None:
    before = viewer.canvas.grab().toImage()
    move_pointer(viewer.canvas, on_line(viewer, 0, 0.5))
    assert viewer.canvas.cursor().shape() is Qt.CursorShape.IBeamCursor
    assert viewer.canvas.grab().toImage() == before  # A line is not tinted wherever the pointer goes.
    move_pointer(viewer.canvas, share(viewer.canvas, 0.5, 0.9))
    assert viewer.canvas.cursor().shape() is Qt.CursorShape.ArrowCursor
    viewer.show_detections("a1", detections_in('{"bbox_2d": [0, 0, 1000, 500]}'))
    with qtbot.waitSignal(viewer.detection_hovered) as hovered:
        move_pointer(viewer.canvas, on_line(viewer, 1, 0.5))
    assert hovered.args == ["a1", 0]


class CountingCanvas(PageCanvas):
    """Counts how often it is computed where something is on the screen."""

    count = 0

    def picture_area(self) -> QRectF:
        self.count += 1
        return super().picture_area()


@pytest.mark.parametrize("turns", range(4))
def test_on_a_page_of_a_thousand_lines_the_pointer_costs_what_is_below_it(qtbot: QtBot, turns: int) -> None:
    canvas = shown(CountingCanvas(), qtbot)
    canvas.resize(600, 600)
    canvas.set_picture(QPixmap(500, 500))
    quads = [
        (Point(200, top), Point(1800, top), Point(1800, top + 10), Point(200, top + 10)) for top in range(10, 9010, 9)
    ]
    lines = tuple(TextLine.between(f"line {number}", quad, 0.9) for number, quad in enumerate(quads))
    canvas.set_page(OcrPage(2000, 9020, lines, ""))
    for _ in range(turns):
        canvas.rotate()
    middle, canvas.count = share(canvas, 0.5, 0.5), 0
    assert abs(canvas.line_at(middle) - 500) <= 1
    beside = {0: (0.02, 0.5), 1: (0.5, 0.02), 2: (0.98, 0.5), 3: (0.5, 0.98)}[turns]
    drag(canvas, middle, share(canvas, *beside))
    assert canvas.selected_text().startswith("line ")
    assert canvas.count < 100


def test_a_right_click_copies_what_is_selected_or_everything(viewer: ImageViewer) -> None:
    viewer.show_text(IMAGE, OcrPage(2000, 1000, PAGE.lines, PAGE.text, codes=(CODE,)))
    (menu,) = menu_at(viewer, on_line(viewer, 0, 0.5))
    assert not entry(menu, "Copy").isEnabled()
    entry(menu, "Copy all text").trigger()
    assert copied() == f"{PAGE.text}\n\nQR Code: https://example.com"
    menu.close()
    drag(viewer.canvas, on_line(viewer, 1, 0.0), on_line(viewer, 1, 1.0))
    mouse(viewer.canvas, QEvent.Type.MouseButtonPress, on_line(viewer, 1, 0.5), Qt.MouseButton.RightButton)
    (menu,) = menu_at(viewer, on_line(viewer, 1, 0.5))
    entry(menu, "Copy").trigger()
    assert copied() == "second line"


def test_a_translation_covers_the_text(viewer: ImageViewer) -> None:
    viewer.canvas.select_all()
    viewer.show_translation(Translation(attachment=IMAGE, page_width=2000, paragraphs=(), texts=(), language="French"))
    assert viewer.canvas.line_at(on_line(viewer, 0, 0.5)) == -1
    assert viewer.canvas.selected_text() == ""
    viewer.translate.original.trigger()
    assert viewer.canvas.line_at(on_line(viewer, 0, 0.5)) == 0
