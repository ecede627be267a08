"""Files that are dropped on a window."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from app.domain.error_texts import image_texts
from app.domain.errors import Problem
from app.ui.widgets.mime_images import accept_copy, incoming_images


class FileDrops(QObject):
    """Takes drops anywhere on `window`, whose editable fields have `setAcceptDrops(False)` for that.

    `dropped(tuple[Path, ...])` carries files and folders, `refused(Problem)` why there are none or some are missing.
    """

    dropped = Signal(tuple)
    refused = Signal(Problem)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept files and folders, and emit them when they are dropped."""
        if isinstance(event, QDragEnterEvent):
            if event.mimeData().hasUrls():
                accept_copy(event)
            else:
                event.ignore()
            return True
        if event.type() is QEvent.Type.Drop and isinstance(event, QDropEvent):
            accept_copy(event)
            incoming = incoming_images(event.mimeData(), "")
            if incoming.files:
                self.dropped.emit(incoming.files)
            problem = incoming.problem or (None if incoming.files else image_texts.WEB_ADDRESS.problem())
            if problem:
                self.refused.emit(problem)
            return True
        return super().eventFilter(watched, event)
