"""A start for the text of the screen alone: the window stays away, and no model is opened, until the window is wanted.

Lorgnette ends with the capture. Where programs hand the clipboard's content out themselves, as on X11 and Wayland, it
stays, without its reader process, until something else is on the clipboard.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from app.controllers.text_capture_controller import TextCaptureController
from app.services.engines.engine import Engine
from app.ui.shell.main_window import MainWindow
from app.ui.widgets.first_show import FirstShow


class WindowlessStart(QObject):
    """Calls `open_model` when `window` is first shown, or else quits the application when it is not needed any more."""

    def __init__(
        self,
        window: MainWindow,
        captures: TextCaptureController,
        reader: Engine,
        open_model: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._captures = captures
        self._reader = reader
        self._open_model = open_model
        self._first_show = FirstShow(window, self)
        self._first_show.shown.connect(self._on_shown)
        captures.ended.connect(self._on_ended)
        QGuiApplication.clipboard().dataChanged.connect(self._quit_if_free)

    @Slot()
    def _on_shown(self) -> None:
        self._captures.ended.disconnect(self._on_ended)
        QGuiApplication.clipboard().dataChanged.disconnect(self._quit_if_free)
        self._open_model()

    @Slot()
    def _on_ended(self) -> None:
        self._reader.close()
        self._quit_if_free()

    @Slot()
    def _quit_if_free(self) -> None:
        hands_out = QGuiApplication.platformName().startswith(("xcb", "wayland"))
        is_needed = hands_out and QGuiApplication.clipboard().ownsClipboard()
        if not is_needed and not self._captures.is_busy:
            QGuiApplication.quit()
