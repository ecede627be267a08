"""Finds widgets as a user does, by what they are and what they are called, and acts on them by mouse and keys."""

import time
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLineEdit, QMenu, QWidget

from app.ui.composer.attachment_chip import AttachmentChip
from app.ui.composer.composer import Composer

W = TypeVar("W", bound=QWidget)
SECONDS = 10.0
"""For which `the` waits; layouts show what is added to them when the event loop turns."""


def seen(root: QWidget, kind: type[W], name: str = "") -> list[W]:
    """The visible widgets of a kind within `root`; only those with this text or accessible name, if any is given."""
    return [widget for widget in root.findChildren(kind) if widget.isVisible() and (not name or name in _names(widget))]


def the(root: QWidget, kind: type[W], name: str = "") -> W:
    """The only one, once it is there."""
    deadline = time.monotonic() + SECONDS
    while len(found := seen(root, kind, name)) != 1:
        assert time.monotonic() < deadline, f"{len(found)} × {kind.__name__} {name!r} in {root!r}"
        QTest.qWait(5)
    return found[0]


def click(widget: QWidget) -> None:
    """Click the middle of a widget, which must be there to be clicked."""
    assert widget.isVisible()
    assert widget.isEnabled()
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def mouse(
    widget: QWidget,
    kind: QEvent.Type,
    place: QPointF,
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press, move or let go at `place`, wherever the platform believes the pointer to be."""
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else button
    QApplication.sendEvent(widget, QMouseEvent(kind, place, widget.mapToGlobal(place), button, held, keys))


def entry(menu: QMenu, *names: str) -> QAction:
    """The entry of a menu, or of the menus below it, by what it is called."""
    *above, name = names
    for title in above:
        (menu,) = (child for child in menu.findChildren(QMenu) if child.title() == title)
    (found,) = (action for action in menu.actions() if action.text() == name)
    return found


def enter_text(root: QWidget, text: str) -> None:
    """Type in place of what stands in the dialog that asks for a text, and press Enter."""
    edit = the(the(root, QInputDialog), QLineEdit)
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def choose_file(path: Path) -> None:
    """Choose a file in the dialog that asks for one."""
    (dialog,) = (it for it in QApplication.topLevelWidgets() if isinstance(it, QFileDialog) and it.isVisible())
    dialog.selectFile(str(path))
    dialog.accept()


def chips(composer: Composer) -> list[AttachmentChip]:
    """The chips of the draft's images, in the order in which they were added."""
    return seen(composer, AttachmentChip)


def chip(composer: Composer, name: str) -> AttachmentChip:
    """The chip of an image, once it is there."""
    widget: QWidget | None = the(composer, QWidget, f"Remove {name}").parentWidget()
    assert isinstance(widget, AttachmentChip)
    return widget


def _names(widget: QWidget) -> set[str]:
    text = getattr(widget, "text", None)
    return {widget.accessibleName(), text() if callable(text) else ""}
