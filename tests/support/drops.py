"""Drags and drops as Qt delivers them."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

_COPY, _LEFT, _NO_KEYS = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def files(paths: Iterable[Path]) -> QMimeData:
    """What a file manager lets one drag."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def drag_over(target: QWidget, mime: QMimeData) -> bool:
    """Enter the middle of `target` with a drag; whether it is welcome."""
    enter = QDragEnterEvent(target.rect().center(), _COPY, mime, _LEFT, _NO_KEYS)
    QApplication.sendEvent(target, enter)
    return enter.isAccepted()


def drop(target: QWidget, mime: QMimeData) -> bool:
    """Drag over `target` and drop there; whether the drag was welcome."""
    if not drag_over(target, mime):
        return False
    QApplication.sendEvent(target, QDropEvent(target.rect().center().toPointF(), _COPY, mime, _LEFT, _NO_KEYS))
    return True
