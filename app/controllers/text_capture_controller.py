"""From an area of the screen to text on the clipboard: capture, reading, and a toast that says so."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from app.domain.errors import Problem
from app.domain.launch_request import CaptureTarget
from app.services.images.text_capture import TextCapture
from app.ui.images.capture_toast import CaptureToast
from app.ui.images.screen_capture import CaptureUse
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.clipboard_contents import ClipboardContents
from app.ui.widgets.i18n import tr, tr_count
from app.ui.widgets.labels import one_line
from app.ui.widgets.notice import Action, Notice, Severity, notice_of

SHOWN_CHARACTERS = 80
"""Maximum characters of the text that the toast shows."""


class TextCaptureController(QObject):
    """Keeps the captured pixels only while their toast is shown: they are written nowhere unless they are opened.

    `ended` is emitted when a capture is over and its toast closed.
    """

    ended = Signal()

    def __init__(self, window: MainWindow, reading: TextCapture, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._reading = reading
        self._toast: CaptureToast | None = None
        self._image: tuple[bytes, str] = b"", ""
        self._before: ClipboardContents | None = None
        self._copied = ""
        window.tray.text_triggered.connect(self.start)
        window.menu_button.text_triggered.connect(self._start_from_window)
        window.capture.text_captured.connect(self._on_captured)
        window.capture.text_failed.connect(self._on_failed)
        window.capture.text_cancelled.connect(self._on_cancelled)
        reading.text_read.connect(self._on_text_read)
        reading.failed.connect(self._on_failed)

    @property
    def is_busy(self) -> bool:
        """Whether an area is being captured or read, or its toast is shown."""
        return self._window.capture.is_busy or bool(self._image[0]) or self._toast is not None

    @Slot()
    def start(self) -> None:
        """Let the user select an area; the window stays as it is."""
        self._start(CaptureUse.TEXT)

    def start_mode(self, target: CaptureTarget, delay: int) -> None:
        """Capture `target` after `delay` seconds; the window stays as it is."""
        self._start(CaptureUse.TEXT, target, delay)

    @Slot()
    def _start_from_window(self) -> None:
        self._start(CaptureUse.TEXT_FROM_WINDOW)

    def _start(self, use: CaptureUse, target: CaptureTarget = CaptureTarget.AREA, delay: int = 0) -> None:
        if self._window.capture.start_for_text(use, target, delay):
            self._reading.stop()
            self._clear()  # Its toast would be in the picture.

    @Slot(bytes, str)
    def _on_captured(self, content: bytes, name: str) -> None:
        self._image = content, name
        self._reading.read(content, name)

    @Slot(str, int)
    def _on_text_read(self, text: str, uncertain_lines: int) -> None:
        opening = Action(tr("Open in Lorgnette"), self._open)
        if not text.strip():
            self._show(Notice(Severity.INFO, tr("No text was found. The clipboard was kept."), actions=(opening,)))
            return
        self._before, self._copied = ClipboardContents(), text
        QGuiApplication.clipboard().setText(text)
        beginning = one_line(text)
        shown = beginning if len(beginning) <= SHOWN_CHARACTERS else f"{beginning[:SHOWN_CHARACTERS]}…"
        doubts = ""
        if uncertain_lines:
            doubts = tr_count("{count} line is uncertain.", "{count} lines are uncertain.", uncertain_lines)
        notice = Notice(
            Severity.SUCCESS, tr("Text copied: “{text}”", text=shown), doubts, (Action(tr("Undo"), self._undo), opening)
        )
        self._show(notice)

    @Slot(Problem)
    def _on_failed(self, problem: Problem) -> None:
        self._show(notice_of(problem))

    def _show(self, notice: Notice) -> None:
        self._close_toast()
        self._toast = CaptureToast(notice)
        self._toast.closed.connect(self._on_toast_closed)
        self._toast.appear()

    def _close_toast(self) -> None:
        toast, self._toast = self._toast, None
        if toast:
            toast.closed.disconnect(self._on_toast_closed)
            toast.close()

    @Slot()
    def _on_toast_closed(self) -> None:
        self._clear()
        self.ended.emit()

    @Slot()
    def _on_cancelled(self) -> None:
        self.ended.emit()

    def _clear(self) -> None:
        """Close the toast, and forget what was captured."""
        self._close_toast()
        self._image, self._before, self._copied = (b"", ""), None, ""

    def _undo(self) -> None:
        if self._before and QGuiApplication.clipboard().text() == self._copied:
            self._before.put_back()
            self._show(Notice(Severity.SUCCESS, tr("The clipboard is as it was before.")))
        else:
            self._show(Notice(Severity.INFO, tr("The clipboard has changed since, and was kept.")))

    def _open(self) -> None:
        content, name = self._image
        self._clear()
        self._window.come_forward()
        self._window.image_data_dropped.emit(content, name)
