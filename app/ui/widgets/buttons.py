"""Buttons in the application's roles."""

from enum import StrEnum
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.widgets.i18n import safe
from app.ui.widgets.icons import Icon, IconButton
from app.ui.widgets.labels import tooltip


class Role(StrEnum):
    """A button's prominence; the style sheet uses these values."""

    PRIMARY = "primary"
    SOFT = "soft"
    PLAIN = "plain"
    LINK = "link"
    ICON = "icon"


def button(label: str, role: Role, name: str = "", parent: QWidget | None = None) -> QPushButton:
    """Make a button with text. `name` says more than its label: it is read by screen readers and shown as a tooltip."""
    return _given(QPushButton(safe(label), parent), role, name, safe(name or label))


def icon_button(icon: Icon, name: str, parent: QWidget | None = None) -> IconButton:
    """Make a button with an icon, whose `name` is read by screen readers and shown as a tooltip."""
    return _given(IconButton(icon, parent), Role.ICON, name, safe(name))


_Button = TypeVar("_Button", bound=QPushButton)


def _given(made: _Button, role: Role, name: str, read: str) -> _Button:
    made.setProperty("role", role.value)
    made.setAccessibleName(read)
    made.setToolTip(tooltip(name))
    made.setAutoDefault(False)
    if role is Role.LINK:
        made.setCursor(Qt.CursorShape.PointingHandCursor)
    return made
