"""From a captured area to the clipboard, and back by Undo."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.controllers.text_capture_controller import TextCaptureController
from app.domain.error_texts import chat_texts
from app.domain.errors import Problem
from app.ui.images.capture_toast import CaptureToast
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.theme import Theme
from tests.support.on_screen import click, the

PICTURE = b"the captured pixels"


class Reader(QObject):
    """Reads what the test says."""

    text_read = Signal(str, int)
    failed = Signal(Problem)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.images: list[bytes] = []
        self.stops = 0

    def read(self, content: bytes, name: str) -> None:
        self.images.append(content)

    def stop(self) -> None:
        self.stops += 1


class Harness:
    """A window that is hidden, and the desk between it and the reader."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.reader = Reader(window)
        self.controller = TextCaptureController(window, self.reader, window)  # type: ignore[arg-type]

    def capture(self, text: str, uncertain: int = 0) -> None:
        self.window.capture.text_captured.emit(PICTURE, "area.png")
        self.reader.text_read.emit(text, uncertain)


def toasts() -> list[CaptureToast]:
    return [it for it in QApplication.topLevelWidgets() if isinstance(it, CaptureToast) and it.isVisible()]


def said() -> str:
    (toast,) = toasts()
    return toast.box.sentence.text()


def press(name: str) -> None:
    (toast,) = toasts()
    click(the(toast, QPushButton, name))


@pytest.fixture
def harness(qtbot: QtBot, theme: Theme) -> Iterator[Harness]:
    window = MainWindow(lambda _: Path())
    qtbot.addWidget(window)
    yield Harness(window)
    for toast in toasts():
        toast.close()


def clipboard_text() -> str:
    return QGuiApplication.clipboard().text()


def test_the_text_is_on_the_clipboard_and_the_window_stays_away(harness: Harness) -> None:
    QGuiApplication.clipboard().setText("before")
    harness.capture("Two chairs\n258.00")
    assert harness.reader.images == [PICTURE]
    assert clipboard_text() == "Two chairs\n258.00"
    assert said() == "Text copied: “Two chairs 258.00”"
    assert not harness.window.isVisible()
    press("Undo")
    assert clipboard_text() == "before"
    assert said() == "The clipboard is as it was before."


def test_uncertain_lines_are_counted_and_long_texts_cut(harness: Harness) -> None:
    harness.capture("word " * 100, 2)
    assert said().endswith("…” 2 lines are uncertain.")
    assert len(said()) < 150
    assert clipboard_text() == "word " * 100


def test_undo_puts_all_formats_back(harness: Harness) -> None:
    mime = QMimeData()
    mime.setText("plain")
    mime.setHtml("<b>plain</b>")
    mime.setData("application/x-of-another-program", b"\0\1")
    QGuiApplication.clipboard().setMimeData(mime)
    harness.capture("read")
    press("Undo")
    found = QGuiApplication.clipboard().mimeData()
    assert (found.text(), found.html()) == ("plain", "<b>plain</b>")
    assert bytes(found.data("application/x-of-another-program").data()) == b"\0\1"


def test_undo_puts_an_image_back_and_an_empty_clipboard(harness: Harness) -> None:
    image = QImage(3, 2, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff0000"))
    QGuiApplication.clipboard().setImage(image)
    harness.capture("read")
    press("Undo")
    assert QGuiApplication.clipboard().image().pixelColor(2, 1) == QColor("#ff0000")
    QGuiApplication.clipboard().clear()
    harness.capture("read")
    press("Undo")
    assert clipboard_text() == ""
    assert QGuiApplication.clipboard().image().isNull()


def test_undo_keeps_what_was_copied_since(harness: Harness) -> None:
    QGuiApplication.clipboard().setText("before")
    harness.capture("read")
    QGuiApplication.clipboard().setText("since")
    press("Undo")
    assert clipboard_text() == "since"
    assert said() == "The clipboard has changed since, and was kept."


@pytest.mark.parametrize("text", ["", " \n"])
def test_without_text_the_clipboard_is_kept(harness: Harness, text: str) -> None:
    QGuiApplication.clipboard().setText("before")
    harness.capture(text)
    assert (clipboard_text(), said()) == ("before", "No text was found. The clipboard was kept.")


def test_a_failure_is_one_sentence_and_the_clipboard_is_kept(harness: Harness) -> None:
    QGuiApplication.clipboard().setText("before")
    problem = chat_texts.READER_KILLED.problem(signal=9)
    harness.window.capture.text_captured.emit(PICTURE, "area.png")
    harness.reader.failed.emit(problem)
    assert (clipboard_text(), said()) == ("before", problem.sentence)


def test_open_hands_the_pixels_to_the_window_and_they_are_forgotten_otherwise(harness: Harness, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(harness.window.image_data_dropped):
        harness.capture("first")
        with qtbot.waitSignal(harness.controller.ended):
            toasts()[0].close()
    assert not harness.controller.is_busy
    harness.capture("second")
    with qtbot.waitSignal(harness.window.image_data_dropped) as dropped:
        press("Open in Lorgnette")
    assert dropped.args == [PICTURE, "area.png"]
    assert harness.window.isVisible()
    assert toasts() == []


def test_a_second_capture_closes_the_toast_of_the_first(harness: Harness, qtbot: QtBot) -> None:
    harness.capture("first")
    harness.controller.start()
    assert toasts() == []
    harness.controller.start()  # While that one waits for its area, nothing happens.
    assert harness.reader.stops == 1
    with qtbot.waitSignal(harness.controller.ended):
        harness.window.capture.text_cancelled.emit()
