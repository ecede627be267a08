"""Asking about a part of an image, correcting a document, capturing the screen."""

from pathlib import Path

from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QWidget

from app.paths import RESOURCES, Paths
from app.ui.composer.attachment_chip import AttachmentChip
from app.ui.documents.document_window import DocumentWindow
from app.ui.images.capture_overlay import CaptureOverlay
from app.ui.shell.search_rows import HIT
from tests.end_to_end.conftest import peek
from tests.end_to_end.journeys.conftest import User
from tests.support.active_window import NEEDS_WINDOWS
from tests.support.x11_input import X11Input

pytestmark = NEEDS_WINDOWS

NOTE = RESOURCES / "samples" / "note.png"


def add_note(user: User) -> AttachmentChip:
    """Open the sample from the keyboard, as the file dialogue lets one."""
    user.x11.key("ctrl+o")
    user.x11.answer_file_dialog(NOTE)
    user.desktop.wait_for_images(1)
    (chip,) = user.window.composer.findChildren(AttachmentChip)
    return chip


def test_lasso_and_ask(user: User) -> None:
    chip = add_note(user)
    user.x11.click(chip.picture)
    canvas = user.window.viewer.canvas
    user.x11.wait(lambda: canvas.isVisible() and not canvas.picture_area().isEmpty())
    user.x11.pause(200)
    size = canvas.size()
    start, end = QPointF(size.width() * 0.05, size.height() * 0.3), QPointF(size.width() * 0.95, size.height() * 0.7)
    user.x11.drag(canvas, start, end, held="shift")
    user.x11.click(user.window.viewer.selection.ask)
    session = user.desktop.lorgnette.session
    user.x11.wait(lambda: [image.name for image in session.draft.attachments] == ["note (part).png"])
    (part,) = session.draft.attachments  # It has taken the place of the whole.
    user.x11.click(user.window.composer.edit)
    user.x11.type("Read the text.")
    user.x11.key("Return")
    user.wait_for_answer()
    assert user.desktop.branch[-1].text
    assert part in user.desktop.branch[0].attachments
    assert user.answers == [user.desktop.branch[-1].text.strip()]


def test_text_is_copied_from_the_image_as_soon_as_it_is_shown(user: User) -> None:
    chip = add_note(user)
    user.x11.click(chip.picture)
    canvas = user.window.viewer.canvas
    user.x11.wait(lambda: canvas.isVisible() and not canvas.picture_area().isEmpty())
    user.desktop.wait(lambda: any(canvas.line_at(place) == 0 for place in _places_across(canvas.rect())))
    first = next(place for place in _places_across(canvas.rect()) if canvas.line_at(place) == 0)
    user.x11.click(canvas, first.toPoint())
    user.x11.key("ctrl+a", "ctrl+c")
    user.x11.wait(lambda: QApplication.clipboard().text() == "Gate B14\nBoarding 09:35\nLuggage: 23 kg")
    user.x11.type("What is this?")
    user.x11.wait(lambda: user.window.composer.edit.toPlainText() == "What is this?")


def _places_across(area: QRect) -> list[QPointF]:
    return [QPointF(x, y) for y in range(area.top(), area.bottom(), 4) for x in range(area.left(), area.right(), 20)]


def test_places_go_with_the_version_that_named_them(user: User) -> None:
    add_note(user)
    user.x11.type("Where is Boarding?")
    user.x11.key("Return")
    viewer = user.window.viewer
    user.x11.wait(lambda: viewer.isVisible() and len(viewer.detections) == 1)
    user.wait_for_answer()
    user.x11.click(user.window.composer.edit)
    user.x11.key("Up", "ctrl+a")
    user.x11.type("Read the text.")
    user.x11.key("Return")
    user.x11.wait(lambda: user.desktop.branch[0].text == "Read the text.")
    user.wait_for_answer()
    assert (viewer.message_id, len(viewer.detections)) == ("", 0)


def test_document_correct_export(user: User, tmp_path: Path) -> None:
    user.x11.key("ctrl+shift+o")
    user.x11.answer_file_dialog(NOTE)
    windows: list[DocumentWindow] = []

    def is_open() -> bool:
        windows[:] = [each for each in QApplication.topLevelWidgets() if isinstance(each, DocumentWindow)]
        return bool(windows) and windows[0].isVisible() and "Boarding" in windows[0].lines.toPlainText()

    user.x11.wait(is_open)
    window = windows[0]
    user.x11.wait(window.isActiveWindow)
    lines = window.lines
    cursor = QTextCursor(lines.document().findBlockByNumber(1))
    user.x11.click(lines.viewport(), lines.cursorRect(cursor).center())
    user.x11.key("End")
    user.x11.type(" sharp")
    user.x11.wait(lambda: "Corrected lines: 1" in window.status_label.text())
    user.x11.choose(window.export, "Text")
    target = tmp_path / "out.txt"
    user.x11.answer_file_dialog(target)
    user.x11.wait(target.exists)
    assert target.read_text().splitlines() == ["Gate B14", "Boarding 09:35 sharp", "Luggage: 23 kg"]
    user.x11.key("alt+F4")
    user.x11.wait(lambda: not window.isVisible())
    user.x11.wait(user.window.isActiveWindow)


def test_capture_a_part_of_the_screen(user: User) -> None:
    other = QWidget()
    other.setStyleSheet("background: #ffffff")
    other.setWindowTitle("Another program")
    other.setGeometry(10, 10, 500, 300)
    other.show()
    user.x11.wait(other.isVisible)
    user.window.activateWindow()
    user.x11.wait(user.window.isActiveWindow)
    user.x11.key("ctrl+shift+s")
    overlay = wait_for_overlay(user.x11)
    user.x11.drag(overlay, QPointF(100, 100), QPointF(300, 220))
    user.desktop.wait_for_images(1)
    (image,) = user.desktop.lorgnette.session.draft.attachments
    assert (abs(image.width - 200) <= 2, abs(image.height - 120) <= 2) == (True, True)
    user.x11.wait(user.window.isVisible)
    user.x11.wait(user.window.isActiveWindow)
    user.x11.wait(user.composer_has_focus)
    other.close()

    user.x11.key("ctrl+shift+s")
    wait_for_overlay(user.x11)
    user.x11.key("Escape")
    user.x11.wait(user.window.isVisible)
    assert len(user.desktop.lorgnette.session.draft.attachments) == 1


def wait_for_overlay(x11: X11Input) -> CaptureOverlay:
    found: list[CaptureOverlay] = []

    def is_up() -> bool:
        found[:] = [each for each in QApplication.topLevelWidgets() if isinstance(each, CaptureOverlay)]
        return bool(found) and found[0].isVisible()

    x11.wait(is_up)
    x11.pause(300)
    return found[0]


def test_find_an_image_by_a_word_on_it(user: User, paths: Paths) -> None:
    add_note(user)
    user.x11.type("What is this?")
    user.x11.key("Return")
    user.wait_for_answer()
    chat = user.desktop.lorgnette.session.conversation_id
    user.desktop.wait(lambda: "Luggage" in "".join(peek(paths, "text", "reading_text")))
    user.x11.key("ctrl+n", "ctrl+k")
    results, viewer = user.window.sidebar.results, user.window.viewer
    user.x11.type("luggage")
    user.x11.wait(lambda: results.isVisible() and results.item(0).data(HIT) is not None)
    user.x11.key("Down", "Return")
    user.x11.wait(lambda: viewer.isVisible() and len(viewer.canvas.detections) == 1)
    assert user.desktop.lorgnette.session.conversation_id == chat
    user.x11.key("ctrl+k", "Escape")
    user.x11.wait(user.composer_has_focus)


def test_a_dropped_image_stands_large_and_is_asked_about_without_typing(user: User) -> None:
    user.x11.drop_files(user.window, NOTE)
    look = user.window.first_look
    user.x11.wait(look.isVisible)
    user.x11.wait(lambda: look.picture.picture_area.height() > 100)  # Its thumbnail is smaller.
    place = look.suggestions.buttons[2]
    user.desktop.wait(lambda: place.isVisible() and place.text().startswith("Where is "))  # The reader has seen it.
    user.x11.wait(user.composer_has_focus)
    question = place.text()
    user.x11.click(place)
    user.wait_for_answer()
    assert [message.text for message in user.desktop.branch[:1]] == [question]
    user.x11.wait(user.composer_has_focus)

    user.x11.key("ctrl+n")
    user.x11.wait(user.window.empty_state.isVisible)
    user.x11.drop_files(user.window, NOTE)
    user.x11.wait(look.isVisible)
    user.x11.key("Return")
    user.wait_for_answer()
    assert user.desktop.branch[0].text == "Read the text."
    assert user.window.chat_view.isVisible()


def test_a_value_of_an_answer_shows_its_place_on_the_image(user: User) -> None:
    add_note(user)
    user.x11.click(user.window.composer.edit)
    user.x11.type("Read the text.")
    user.x11.key("Return")
    user.wait_for_answer()
    (answer,) = user.window.chat_view.answers
    shown = answer.text.toPlainText()
    assert "09:35" in shown
    user.desktop.wait(lambda: bool(answer.text.extraSelections()))
    cursor = QTextCursor(answer.text.document())
    cursor.setPosition(shown.index("09:35") + 2)
    user.x11.click(answer.text.viewport(), answer.text.cursorRect(cursor).center())
    viewer = user.window.viewer
    user.x11.wait(lambda: viewer.isVisible() and len(viewer.canvas.detections) == 1)
    (place,) = viewer.canvas.detections
    assert 400 < (place.top + place.bottom) / 2 < 600, "the middle one of three lines"
    assert not answer.unproven.isVisible()
