"""Looking closely: zoom, moving, paging, and places lit from both sides."""

import io
from dataclasses import replace

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPixmap,
    QPointingDevice,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.domain.ids import MessageId
from app.domain.text.grounding import detections_in
from app.ui.images.image_viewer import ImageViewer
from app.ui.shell.main_window import MainWindow
from app.ui.widgets import ui_text
from app.ui.widgets.image_canvas import STEP, ImageCanvas
from tests.support.chats import answer, attachment, question
from tests.support.on_screen import click, entry, seen
from tests.ui.conftest import drag, shown

BOXES = '[{"bbox_2d": [0, 0, 500, 500], "label": "big"},\n{"bbox_2d": [100, 100, 200, 200], "label": "small"}]'
IMAGE, OTHER = attachment(), attachment("other.png", "cd" * 32)


def png(width: int = 400, height: int = 200) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "#336699").save(made, "PNG")
    return made.getvalue()


def viewer_of(qtbot: QtBot) -> ImageViewer:
    viewer = ImageViewer()
    viewer.resize(460, 500)
    shown(viewer, qtbot)
    viewer.show_images((IMAGE, OTHER), IMAGE)
    viewer.show_preview(IMAGE, png())
    return viewer


def turn_wheel(canvas: ImageCanvas, place: QPointF, notches: int) -> None:
    event = QWheelEvent(
        place,
        canvas.mapToGlobal(place),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def move_pointer(widget: QWidget, place: QPointF) -> None:
    """Where the offscreen platform has left its own pointer, a move there would be none."""
    button, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, place, widget.mapToGlobal(place), button, button, keys)
    QApplication.sendEvent(widget, event)


def test_the_picture_fits_and_is_never_made_larger_by_itself(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    canvas = viewer.canvas
    assert canvas.scale == 1.0
    canvas.resize(200, 300)
    assert canvas.scale == 0.5
    area = canvas.picture_area()
    assert (area.left(), area.right(), area.center().y()) == (0, 200, 150)


def test_the_wheel_zooms_at_the_pointer_and_dragging_moves(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    canvas = viewer.canvas
    place = canvas.picture_area().topLeft() + QPointF(100, 50)  # A quarter of the picture from its corner.
    turn_wheel(canvas, place, 3)
    area = canvas.picture_area()
    assert canvas.scale > 1.9
    assert abs((place.x() - area.left()) / area.width() - 0.25) < 0.01
    assert abs((place.y() - area.top()) / area.height() - 0.25) < 0.01
    start = QPoint(200, 150)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(canvas, start + QPoint(-30, 10))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(-30, 10))
    moved = canvas.picture_area().topLeft() - area.topLeft()
    assert abs(moved.x() + 30) < 1
    assert abs(moved.y() - 10) < 1
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton)
    assert canvas.scale == 1.0
    turn_wheel(canvas, place, 200)
    assert canvas.scale == 16
    turn_wheel(canvas, place, -200)
    assert 0 < canvas.scale < 1


def test_the_smallest_region_under_the_pointer_is_highlighted(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    detections = detections_in(BOXES)
    viewer.show_detections("a1", detections)
    canvas = viewer.canvas
    small = canvas.detection_area(detections[1]).center()
    with qtbot.waitSignal(viewer.detection_hovered) as hovered:
        move_pointer(canvas, small)
    assert hovered.args == ["a1", 1]
    before = canvas.grab().toImage()
    canvas.set_highlighted(0)
    assert canvas.grab().toImage() != before


def test_places_are_drawn_where_they_are(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    canvas = viewer.canvas
    inside = canvas.picture_area().topLeft() + QPointF(60, 30)
    plain = canvas.grab().toImage().pixelColor(inside.toPoint())
    assert plain == QColor("#336699")
    viewer.show_detections("a1", detections_in('{"bbox_2d": [100, 100, 200, 200]}'))
    inside = share(canvas, 0.15, 0.15)
    assert canvas.grab().toImage().pixelColor(inside.toPoint()) != plain
    viewer.show_detections("a1", ())
    assert canvas.grab().toImage().pixelColor(inside.toPoint()) == plain


def test_images_are_paged_and_a_late_preview_is_dropped(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    assert not viewer.previous.isEnabled()
    with qtbot.waitSignal(viewer.wanted) as wanted:
        qtbot.mouseClick(viewer.next, Qt.MouseButton.LeftButton)
    assert wanted.args == [OTHER]
    viewer.show_preview(IMAGE, png())
    assert viewer.canvas.picture_area().isEmpty()
    viewer.show_failure("It is damaged.")
    assert seen(viewer, QLabel, "It is damaged.")
    viewer.show_preview(OTHER, png(100, 100))
    assert not seen(viewer, QLabel, "It is damaged.")
    said = [label.text().replace("\N{NARROW NO-BREAK SPACE}", "") for label in seen(viewer, QLabel)]
    assert any("displayed at 100 × 100" in sentence for sentence in said)
    with qtbot.waitSignal(viewer.read_clicked) as read:
        qtbot.mouseClick(viewer.read, Qt.MouseButton.LeftButton)
    assert read.args == [OTHER]


def test_the_image_stands_beside_the_chat_or_in_its_place(window: MainWindow, qtbot: QtBot) -> None:
    window.show_viewer()
    qtbot.waitUntil(lambda: window.viewer.isVisible() and window.composer.isVisible())
    window.resize(700, 600)
    qtbot.waitUntil(lambda: window.viewer.isVisible() and not window.composer.isVisible())
    window.hide_viewer()
    qtbot.waitUntil(lambda: window.composer.isVisible() and not window.viewer.isVisible())


def test_text_that_names_a_place_lights_it_and_is_lit_by_it(window: MainWindow, qtbot: QtBot) -> None:
    window.set_empty(False)
    window.chat_view.set_branch([question(), answer(f"Two things:\n```json\n{BOXES}\n```")])
    bubble = window.chat_view.answers[0]
    qtbot.waitUntil(bubble.text.isVisible)
    assert [detection.label for detection in bubble.detections] == ["big", "small"]
    window.chat_view.set_highlighted(MessageId("a1"), 1)
    (selection,) = bubble.text.extraSelections()
    assert '"small"' in selection.cursor.selectedText()
    middle = bubble.text.textCursor()
    middle.setPosition((selection.cursor.selectionStart() + selection.cursor.selectionEnd()) // 2)
    rectangle = bubble.text.cursorRect(middle)
    with qtbot.waitSignal(window.chat_view.detection_hovered) as hovered:
        move_pointer(bubble.text.viewport(), QPointF(rectangle.center()))
    assert hovered.args == ["a1", 1]
    window.chat_view.set_highlighted(MessageId("a1"), -1)
    assert bubble.text.extraSelections() == []
    with qtbot.waitSignal(window.chat_view.detections_clicked):
        qtbot.mouseClick(bubble.places, Qt.MouseButton.LeftButton)


def share(canvas: ImageCanvas, x: float, y: float) -> QPointF:
    area = canvas.picture_area()
    return QPointF(area.left() + x * area.width(), area.top() + y * area.height())


NO_KEYS, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CORNER = (0.25, 0.5, 0.5, 0.75)
"""Left, top, right, bottom."""


@pytest.mark.parametrize(
    ("turns", "start", "end"),
    [
        (0, (0.25, 0.5), (0.5, 0.75)),
        (1, (0.5, 0.25), (0.25, 0.5)),
        (2, (0.75, 0.5), (0.5, 0.25)),
        (3, (0.5, 0.75), (0.75, 0.5)),
    ],
)
def test_a_marked_part_is_in_pixels_of_the_upright_image(
    qtbot: QtBot, turns: int, start: tuple[float, float], end: tuple[float, float]
) -> None:
    viewer = viewer_of(qtbot)
    for _ in range(turns):
        viewer.rotate.click()
    viewer.part.click()
    drag(viewer.canvas, share(viewer.canvas, *start), share(viewer.canvas, *end), NO_KEYS)
    with qtbot.waitSignal(viewer.part_wanted) as wanted:
        click(viewer.selection.ask)
    assert wanted.args is not None
    image, part = wanted.args
    assert image == IMAGE
    assert (part.digest, part.name, part.turns) == (IMAGE.digest, IMAGE.name, turns)
    sides = (IMAGE.width, IMAGE.height) * 2
    found = (part.left, part.top, part.right, part.bottom)
    assert all(abs(at - side * at_share) <= 1 for at, side, at_share in zip(found, sides, CORNER, strict=True))
    assert not viewer.part.isChecked()


def test_shift_marks_and_a_mere_click_does_not(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    canvas = viewer.canvas
    drag(canvas, share(canvas, 0.2, 0.2), share(canvas, 0.6, 0.6), SHIFT)
    with qtbot.waitSignal(viewer.part_wanted):
        click(viewer.selection.ask)
    assert not viewer.selection.isVisible()
    viewer.part.click()
    drag(canvas, share(canvas, 0.2, 0.2), share(canvas, 0.201, 0.2), NO_KEYS)
    drag(canvas, share(canvas, 0.2, 0.2), share(canvas, 0.6, 0.6), NO_KEYS)
    assert not viewer.selection.isVisible()
    assert not viewer.part.isChecked()


@pytest.mark.parametrize("key", [True, False])
def test_a_selected_area_stays_marked_until_it_is_used_or_cancelled(qtbot: QtBot, key: bool) -> None:
    viewer = viewer_of(qtbot)
    canvas, bar = viewer.canvas, viewer.selection
    before = canvas.grab().toImage()
    drag(canvas, share(canvas, 0.2, 0.2), share(canvas, 0.6, 0.6), SHIFT)
    marked = canvas.grab(canvas.rect()).toImage()
    assert bar.isVisible()
    assert not bar.copy.isEnabled()  # Nothing has been read there.
    with qtbot.assertNotEmitted(viewer.part_wanted):
        if key:
            QTest.keyClick(bar.ask, Qt.Key.Key_Escape)
        else:
            click(bar.cancel)
    assert not bar.isVisible()
    qtbot.waitUntil(lambda: canvas.grab().toImage() == before)
    assert marked != before
    drag(canvas, share(canvas, 0.2, 0.2), share(canvas, 0.6, 0.6), SHIFT)
    with qtbot.waitSignal(viewer.part_read_clicked) as read:
        click(bar.read)
    assert read.args is not None
    assert (read.args[0], bar.isVisible()) == (IMAGE, False)
    drag(canvas, share(canvas, 0.2, 0.2), share(canvas, 0.6, 0.6), SHIFT)
    viewer.show_images((IMAGE, OTHER), OTHER)
    assert not bar.isVisible()


def test_places_turn_with_the_picture(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    viewer.show_detections("a1", detections_in('{"bbox_2d": [0, 0, 500, 250]}'))
    viewer.rotate.click()
    canvas = viewer.canvas
    area, detection = canvas.picture_area(), canvas.detection_area(viewer.detections[0])
    assert area.height() == 2 * area.width()
    assert detection.topRight() == area.topRight()
    assert (detection.width(), detection.height()) == (area.width() / 4, area.height() / 2)
    viewer.show_preview(IMAGE, png())
    assert canvas.quarter_turns == 0


def test_the_picture_with_its_places_has_its_own_pixels(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    viewer.rotate.click()
    assert not viewer.places.isVisible()
    viewer.show_detections("a1", detections_in('{"bbox_2d": [0, 0, 500, 500]}'))
    assert viewer.places.isVisible()
    image = viewer.canvas.picture().toImage()
    assert (image.width(), image.height()) == (400, 200)
    assert image.pixelColor(300, 150) == QColor("#336699")
    assert image.pixelColor(100, 50) != QColor("#336699")


def test_the_image_has_the_whole_screen_until_escape(window: MainWindow, qtbot: QtBot) -> None:
    window.viewer.show_images((IMAGE,), IMAGE)
    window.show_viewer()
    window.viewer.full_screen.click()
    qtbot.waitUntil(window.isFullScreen)
    assert not window.sidebar.isVisible()
    assert not window.composer.isVisible()
    with qtbot.assertNotEmitted(window.stop_triggered):
        qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.isFullScreen())
    assert window.composer.isVisible()
    assert window.sidebar.isVisible()


def test_a_film_can_be_looked_at_and_not_read_or_cut(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    video = replace(OTHER, media_type="video/mp4", seconds=3.0)
    viewer.show_images((IMAGE, video), video)
    assert viewer.part.isHidden()
    assert viewer.read.isHidden()
    viewer.show_images((IMAGE, video), IMAGE)
    assert not viewer.part.isHidden()


def test_two_fingers_on_a_touch_pad_zoom_where_they_are(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    canvas = viewer.canvas
    place = share(canvas, 0.25, 0.5)
    scale = canvas.scale
    fingers = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        place,
        place,
        canvas.mapToGlobal(place),
        0.5,
        QPointF(),
    )
    QApplication.sendEvent(canvas, fingers)
    assert canvas.scale == pytest.approx(1.5 * scale)
    assert (share(canvas, 0.25, 0.5) - place).manhattanLength() < 1


def test_buttons_and_keys_zoom_and_the_figure_tells_how_much(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    canvas, zoom = viewer.canvas, viewer.zoom
    viewer.pixels.click()
    assert zoom.figure.text() == ui_text.percent(1)
    zoom.larger.click()
    assert canvas.scale == pytest.approx(STEP)
    assert zoom.figure.text() == ui_text.percent(STEP)
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.scale == pytest.approx(STEP**2)
    zoom.smaller.click()
    QTest.keyClick(canvas, Qt.Key.Key_Minus)
    assert zoom.figure.text() == ui_text.percent(1)
    canvas.set_picture(QPixmap())
    assert (zoom.figure.text(), zoom.larger.isEnabled()) == ("", False)


def test_esc_ends_the_selecting_of_an_area_that_the_picture_asks_for(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    before = viewer.canvas.grab().toImage()
    viewer.part.click()
    assert viewer.canvas.grab().toImage() != before  # It says that one has to drag.
    with qtbot.assertNotEmitted(viewer.part_wanted):
        QTest.keyClick(viewer.canvas, Qt.Key.Key_Escape)
    assert not viewer.part.isChecked()
    assert viewer.canvas.grab().toImage() == before


def test_a_right_click_copies_the_picture_or_saves_its_file(qtbot: QtBot) -> None:
    viewer = viewer_of(qtbot)
    QApplication.sendEvent(viewer.canvas, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), QPoint(5, 5)))
    (menu,) = viewer.canvas.findChildren(QMenu)
    assert not entry(menu, "Copy all text").isEnabled()
    entry(menu, "Copy image").trigger()
    assert QApplication.clipboard().image().size() == viewer.canvas.picture().size()
    with qtbot.waitSignal(viewer.image_save_wanted) as wanted:
        entry(menu, "Save image…").trigger()
    assert wanted.args == [IMAGE]
    menu.close()
