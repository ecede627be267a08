"""Drags and drops as Qt delivers them."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

_COPY, _LEFT, _NO_KEYS = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_MOVE = Qt.DropAction.MoveAction


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


def answers_to_a_move(target: QWidget, mime: QMimeData) -> list[Qt.DropAction]:
    """What `target` answers where a drag and a drop propose a move, after which the source deletes the files."""
    keys = Qt.KeyboardModifier.ShiftModifier
    enter = QDragEnterEvent(target.rect().center(), _COPY | _MOVE, mime, _LEFT, keys)
    leave = QDropEvent(target.rect().center().toPointF(), _COPY | _MOVE, mime, _LEFT, keys)
    for event in (enter, leave):
        assert event.proposedAction() is _MOVE
        QApplication.sendEvent(target, event)
        assert event.isAccepted()
    return [enter.dropAction(), leave.dropAction()]
